// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.time.Duration;
import java.util.Objects;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.runtime.TableLine;

/**
 * What a mirror is asked to be.
 *
 * @param name          letters, digits, {@code .}, {@code _} and {@code -}
 * @param exportName    its name to clients
 * @param table         legs, log and geometry
 * @param otherWriter   what to do about a log that somebody else wrote
 * @param adoptLog      whether a log of another mirror is taken over at the first opening, with every region dirty
 * @param failOnLogLoss whether writes that need a mark fail when the log has failed; else they wait
 * @param patience      how long a blocking call to the log may take
 * @param cleanAfter    how long after its last write a region is cleaned, at least half of it
 * @param hotRegions    how many regions may become dirty before touched ones are cleaned too
 * @param legs          what to do about legs that are absent, slow, or somebody else's
 * @param recovery      how fast to copy
 */
public record MirrorConfig(
        String name,
        String exportName,
        TableLine table,
        OtherWriter otherWriter,
        boolean adoptLog,
        boolean failOnLogLoss,
        Duration patience,
        Duration cleanAfter,
        long hotRegions,
        LegPolicy legs,
        RecoveryPolicy recovery) {

    /** How long after its last write a region is cleaned, unless the configuration says otherwise. */
    public static final Duration DEFAULT_CLEAN_AFTER = Duration.ofSeconds(4);

    /** How many regions may become dirty before touched ones are cleaned too, unless the configuration says otherwise. */
    public static final long DEFAULT_HOT_REGIONS = 1024;

    /** Refuses null. */
    public MirrorConfig {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(exportName, "exportName");
        Objects.requireNonNull(table, "table");
        Objects.requireNonNull(otherWriter, "otherWriter");
        Objects.requireNonNull(legs, "legs");
        Objects.requireNonNull(recovery, "recovery");
    }

    /**
     * The defaults.
     *
     * @param name  of the mirror, and of its export
     * @param table legs, log and geometry
     * @return a configuration
     */
    public static MirrorConfig of(String name, TableLine table) {
        return new MirrorConfig(
                name,
                name,
                table,
                OtherWriter.DIRTY,
                false,
                false,
                LogSpec.DEFAULT_PATIENCE,
                DEFAULT_CLEAN_AFTER,
                DEFAULT_HOT_REGIONS,
                LegPolicy.DEFAULT,
                RecoveryPolicy.DEFAULT);
    }

    /**
     * The same with another table line.
     *
     * @param line with other legs, or another length
     * @return a configuration
     */
    public MirrorConfig withTable(TableLine line) {
        return new MirrorConfig(
                name,
                exportName,
                line,
                otherWriter,
                adoptLog,
                failOnLogLoss,
                patience,
                cleanAfter,
                hotRegions,
                legs,
                recovery);
    }

    /**
     * The same with another policy for legs.
     *
     * @param policy to go by
     * @return a configuration
     */
    public MirrorConfig withLegs(LegPolicy policy) {
        return new MirrorConfig(
                name,
                exportName,
                table,
                otherWriter,
                adoptLog,
                failOnLogLoss,
                patience,
                cleanAfter,
                hotRegions,
                policy,
                recovery);
    }

    /**
     * The same with other rates of recovery.
     *
     * @param policy to go by
     * @return a configuration
     */
    public MirrorConfig withRecovery(RecoveryPolicy policy) {
        return new MirrorConfig(
                name,
                exportName,
                table,
                otherWriter,
                adoptLog,
                failOnLogLoss,
                patience,
                cleanAfter,
                hotRegions,
                legs,
                policy);
    }

    /**
     * The same with another time until regions are cleaned.
     *
     * @param after the last write
     * @return a configuration
     */
    public MirrorConfig withCleanAfter(Duration after) {
        return new MirrorConfig(
                name,
                exportName,
                table,
                otherWriter,
                adoptLog,
                failOnLogLoss,
                patience,
                after,
                hotRegions,
                legs,
                recovery);
    }

    /**
     * The same with another answer to the loss of the log.
     *
     * @param fail whether writes that need a mark fail
     * @return a configuration
     */
    public MirrorConfig withFailOnLogLoss(boolean fail) {
        return new MirrorConfig(
                name, exportName, table, otherWriter, adoptLog, fail, patience, cleanAfter, hotRegions, legs, recovery);
    }
}
