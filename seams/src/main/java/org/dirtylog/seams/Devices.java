// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;

/**
 * Opens what a mirror stands on. Whoever opens something owns it: a second opening of the same file or device, under
 * whatever name, is refused with {@link InUseException} (protocol rule P40). Safe for use by many threads.
 */
public interface Devices {

    /**
     * Opens a leg. It must exist.
     *
     * @param name a path, or {@code scheme:rest} where a {@link LegType} has that scheme
     * @return the device, owned by the caller until it closes it
     * @throws InUseException if somebody has it
     * @throws IOException    if it cannot be opened; the message names it
     */
    BlockDevice openLeg(String name) throws IOException;

    /**
     * Opens the medium of a log.
     *
     * @param path    a file or block device
     * @param bytes   the least size of it that will do
     * @param missing what to do if nothing is there
     * @return the device, owned by the caller until it closes it
     * @throws InUseException if somebody has it
     * @throws IOException    if it cannot be opened or is too small; the message names it
     */
    BlockDevice openMedium(String path, long bytes, Missing missing) throws IOException;

    /**
     * Opens a file or device to look at it, also while somebody has it. What this process owns is read through its owner's
     * channel and never opened again by path: closing a second descriptor would drop the owner's lock (P40).
     *
     * @param path a file or block device
     * @return a device on which {@code write}, {@code zero} and {@code force} throw, and whose {@code close} leaves the owner
     *         alone. What is read while an owner writes may be a mixture
     * @throws java.nio.file.NoSuchFileException if nothing is there
     * @throws IOException                       if it cannot be read; the message names it
     */
    BlockDevice openReadOnly(String path) throws IOException;

    /**
     * Opens the place of a mirror's records.
     *
     * @return a folder that stays the same over restarts
     */
    RecordFolder records();

    /** What to do about a file that is not there. */
    enum Missing {
        /** Throw {@link java.nio.file.NoSuchFileException}. */
        REFUSE,
        /** Make it, of the size asked for and preallocated; it reads as zeroes, and it is there after a crash. */
        CREATE,
        /** Throw {@link java.nio.file.NoSuchFileException}; a file that is there and too short is made longer, likewise. */
        LENGTHEN
    }
}
