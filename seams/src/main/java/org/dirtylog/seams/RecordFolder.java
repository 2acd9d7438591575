// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;
import java.util.Optional;

/**
 * A folder of small files, with the steps that make replacing one safe: write another, force it, rename it over the first,
 * force the folder (protocol rule P20). Safe for use by many threads, as long as each file has one writer at a time.
 */
public interface RecordFolder {

    /**
     * Reads a whole file.
     *
     * @param name a plain file name
     * @return its bytes, or empty if there is no such file
     * @throws IOException if it is there and cannot be read
     */
    Optional<byte[]> read(String name) throws IOException;

    /**
     * Makes or overwrites a file, and forces its contents. If we crash within, the file may be missing, short or whole.
     *
     * @param name  a plain file name
     * @param bytes its new contents
     * @throws IOException if it cannot be written or forced
     */
    void write(String name, byte[] bytes) throws IOException;

    /**
     * Gives a file another name, in the place of the file that had it. If we crash before the folder is forced, either file
     * may be found under that name.
     *
     * @param from the file
     * @param to   its new name
     * @throws IOException if it was not renamed
     */
    void rename(String from, String to) throws IOException;

    /**
     * Removes a file, if it is there.
     *
     * @param name a plain file name
     * @throws IOException if it is still there
     */
    void delete(String name) throws IOException;

    /**
     * Returns when all renamings and removals are on stable storage.
     *
     * @throws IOException if that could not be had: they may or may not outlive a crash
     */
    void force() throws IOException;
}
