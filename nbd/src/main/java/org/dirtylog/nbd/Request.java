// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;
import java.util.Set;

/** A request as it stands on the wire. One object a connection is filled again and again; handed-over ones get a copy. */
final class Request {
    int flags;
    int type;
    long cookie;
    long position;
    /** How much of the export it is about; {@link Long#MAX_VALUE} for all that is longer. */
    long length;
    /** How much of it has been done. */
    long done;
    /** Bytes that follow the header. */
    long payload;
    /** The contexts that a question for block status is about; {@code null} for all that were chosen. */
    Set<Integer> contexts;

    /** Takes a header; answers whether it begins with its magic. */
    boolean take(ByteBuffer in, Headers headers) {
        boolean extended = headers == Headers.EXTENDED;
        int magic = in.getInt();
        flags = Short.toUnsignedInt(in.getShort());
        type = Short.toUnsignedInt(in.getShort());
        cookie = in.getLong();
        position = in.getLong();
        contexts = null;
        done = 0;
        if (!extended) {
            length = Integer.toUnsignedLong(in.getInt());
            payload = type == Wire.CMD_WRITE ? length : 0;
            return magic == Wire.REQUEST_MAGIC;
        }
        length = in.getLong();
        // No export is that long, so it need not be told from others that are too long.
        length = length < 0 ? Long.MAX_VALUE : length;
        payload = has(Wire.PAYLOAD_LEN) ? length : 0;
        return magic == Wire.EXTENDED_REQUEST_MAGIC;
    }

    Request copy() {
        Request copy = new Request();
        copy.flags = flags;
        copy.type = type;
        copy.cookie = cookie;
        copy.position = position;
        copy.length = length;
        copy.done = done;
        copy.payload = payload;
        copy.contexts = contexts;
        return copy;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
