// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;

/** A request as it stands on the wire. One object a connection is filled again and again; handed-over ones get a copy. */
final class Request {
    int flags;
    int type;
    long cookie;
    long position;
    long length;

    /** Takes the 28 bytes of a header; answers whether they begin with the magic. */
    boolean take(ByteBuffer in) {
        boolean known = in.getInt() == Wire.REQUEST_MAGIC;
        flags = Short.toUnsignedInt(in.getShort());
        type = Short.toUnsignedInt(in.getShort());
        cookie = in.getLong();
        position = in.getLong();
        length = Integer.toUnsignedLong(in.getInt());
        return known;
    }

    Request copy() {
        Request copy = new Request();
        copy.flags = flags;
        copy.type = type;
        copy.cookie = cookie;
        copy.position = position;
        copy.length = length;
        return copy;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
