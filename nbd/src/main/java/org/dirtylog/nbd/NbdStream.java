// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The bytes between a client and the server. One thread reads, one at a time writes, any may end it.
 */
@ConsumerType
public interface NbdStream extends AutoCloseable {

    /**
     * Waits for bytes and takes what is there.
     *
     * @param into receives between 1 byte and all it has room for
     * @return how many; -1 if no more will come
     * @throws IOException if the stream broke
     */
    int read(ByteBuffer into) throws IOException;

    /**
     * Waits for room and sends some or all of the bytes.
     *
     * @param from  buffers, sent one after the other; their positions tell what was sent
     * @param count how many of them, from the first
     * @throws IOException if the stream broke
     */
    void write(ByteBuffer[] from, int count) throws IOException;

    /**
     * Sends what goes without waiting; what does not go is lost. For a farewell that nobody may be held up by.
     *
     * @param from what is sent; by default nothing is
     * @throws IOException if the stream broke
     */
    default void offer(ByteBuffer from) throws IOException {}

    /** Makes reads, also the one that waits, return -1. What is written still goes out. */
    void endInput();

    /** Breaks the stream: whoever waits in it gets an exception or -1. Calling it again has no effect. */
    @Override
    void close();
}
