// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.UUID;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.seams.BlockDevice;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One mirror that serves. It is registered as an OSGi service from the moment clients may use it until they no longer may.
 * Safe for use by many threads.
 */
@ProviderType
public interface MirrorTarget {

    /** Receives runs of bytes in one condition. */
    @FunctionalInterface
    interface RunVisitor {
        /**
         * Receives one run; runs are in ascending order and leave nothing out.
         *
         * @param bytes     its length, 1 or more
         * @param condition of its regions
         * @return whether to go on; {@code false} if what follows is of no use
         */
        boolean run(long bytes, RegionCondition condition);
    }

    /**
     * Names the mirror.
     *
     * @return its name: letters, digits, {@code .}, {@code _} and {@code -}, at most 64
     */
    String name();

    /**
     * Names the mirror to clients.
     *
     * @return the export name, by default {@link #name()}
     */
    String exportName();

    /**
     * Identifies the mirror.
     *
     * @return the id made when it was created
     */
    UUID id();

    /**
     * How it is cut into regions.
     *
     * @return the geometry
     */
    RegionGeometry geometry();

    /**
     * What clients read and write. While the mirror is suspended its operations wait. Closing it has no effect.
     *
     * @return the same device on every call
     */
    BlockDevice device();

    /**
     * Tells the condition of regions. Neighbouring regions in one condition make one run.
     *
     * @param positionBytes where to begin
     * @param bytes         how many, 1 or more, within the target
     * @param visitor       receives runs that add up to {@code bytes}, or as many as it wants
     */
    void conditions(long positionBytes, long bytes, RunVisitor visitor);

    /**
     * Looks at the mirror. Never waits behind a log or a leg.
     *
     * @return its state now
     */
    MirrorStatus status();
}
