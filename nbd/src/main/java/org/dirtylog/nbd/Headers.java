// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

/** How messages of the transmission begin, as client and server have agreed: {@code doc/proto.md}, "Transmission". */
enum Headers {
    /** One reply for a request, its data right behind it. */
    SIMPLE(28, 16),
    /** Replies in chunks that tell their length. */
    STRUCTURED(28, 20),
    /** Requests and chunks with 64 bits of length. */
    EXTENDED(32, 32);

    /** Bytes of a request's header. */
    final int requestBytes;
    /** Bytes of the header of a reply, or of each of its chunks. */
    final int replyBytes;

    Headers(int requestBytes, int replyBytes) {
        this.requestBytes = requestBytes;
        this.replyBytes = replyBytes;
    }

    /** Whether replies come in chunks, so that questions for block status can be answered. */
    boolean chunked() {
        return this != SIMPLE;
    }
}
