// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** What a log is asked to be. Immutable. What changes from one opening to the next is in {@link Opening}. */
public final class LogSpec {

    /** How long a blocking call may take unless the configuration says otherwise. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(30);

    /** What to believe about the legs when a log is opened for the first time. */
    public enum InitialSync {
        /** The record; without one, the legs differ everywhere. */
        AS_RECORDED(""),
        /**
         * Without a record, the legs are equal; a record is believed. The kernel's {@code nosync}, which overrides
         * recorded dirt there; here it does not (invariant I17).
         */
        ASSUME_IN_SYNC("nosync"),
        /** The legs differ everywhere, whatever the record says. The kernel's {@code sync}. */
        FORCE_RESYNC("sync");

        private final String kernelWord;

        InitialSync(String kernelWord) {
            this.kernelWord = kernelWord;
        }

        /**
         * The word for this setting in a device-mapper table.
         *
         * @return the word, or an empty string where the kernel has none
         */
        public String kernelWord() {
            return kernelWord;
        }
    }

    private final UUID mirrorId;
    private final RegionGeometry geometry;
    private final InitialSync initialSync;
    private final List<String> arguments;
    private final Duration patience;

    private LogSpec(
            UUID mirrorId,
            RegionGeometry geometry,
            InitialSync initialSync,
            List<String> arguments,
            Duration patience) {
        this.mirrorId = mirrorId;
        this.geometry = geometry;
        this.initialSync = initialSync;
        this.arguments = arguments;
        this.patience = patience;
    }

    /**
     * Starts from the defaults: believe the record, no arguments, thirty seconds of patience.
     *
     * @param mirrorId names the mirror across restarts and nodes
     * @param geometry the regions to cover
     * @return a specification to refine with the {@code with} methods
     */
    public static LogSpec of(UUID mirrorId, RegionGeometry geometry) {
        return new LogSpec(
                Objects.requireNonNull(mirrorId, "mirrorId"),
                Objects.requireNonNull(geometry, "geometry"),
                InitialSync.AS_RECORDED,
                List.of(),
                DEFAULT_PATIENCE);
    }

    /**
     * Sets the sync word of the table line.
     *
     * @param newInitialSync the setting
     * @return a changed copy
     */
    public LogSpec withInitialSync(InitialSync newInitialSync) {
        return new LogSpec(
                mirrorId, geometry, Objects.requireNonNull(newInitialSync, "initialSync"), arguments, patience);
    }

    /**
     * Sets the arguments that only the log type understands.
     *
     * @param newArguments for example the path of a log device
     * @return a changed copy
     */
    public LogSpec withArguments(List<String> newArguments) {
        return new LogSpec(mirrorId, geometry, initialSync, List.copyOf(newArguments), patience);
    }

    /**
     * Sets how long a blocking call may take.
     *
     * @param newPatience more than zero
     * @return a changed copy
     * @throws IllegalArgumentException if it is not
     */
    public LogSpec withPatience(Duration newPatience) {
        if (newPatience.isNegative() || newPatience.isZero()) {
            throw new IllegalArgumentException("patience " + newPatience + ", must be more than zero");
        }
        return new LogSpec(mirrorId, geometry, initialSync, arguments, newPatience);
    }

    /**
     * Names the mirror.
     *
     * @return the mirror's id, made when it was created
     */
    public UUID mirrorId() {
        return mirrorId;
    }

    /**
     * The regions to cover.
     *
     * @return the geometry
     */
    public RegionGeometry geometry() {
        return geometry;
    }

    /**
     * The sync word of the table line, as the operator wrote it; for status lines. What to do is in
     * {@link Opening#initialSync()}.
     *
     * @return the setting
     */
    public InitialSync initialSync() {
        return initialSync;
    }

    /**
     * The arguments that only the log type understands.
     *
     * @return an unmodifiable list, without region size and sync word, which are spelt out above
     */
    public List<String> arguments() {
        return arguments;
    }

    /**
     * How long a blocking call may take.
     *
     * @return a positive duration
     */
    public Duration patience() {
        return patience;
    }

    /**
     * All arguments as a table line has them: the type's own, the region size, the sync word if there is one.
     *
     * @return the words for {@link LogStatus#arguments()}
     */
    public List<String> tableArguments() {
        List<String> words = new ArrayList<>(arguments);
        words.add(Long.toString(geometry.regionSectors()));
        if (initialSync != InitialSync.AS_RECORDED) {
            words.add(initialSync.kernelWord());
        }
        return List.copyOf(words);
    }
}
