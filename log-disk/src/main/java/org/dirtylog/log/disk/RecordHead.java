// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.dirtylog.log.DirtyLogException;

/** The first 1024 bytes of a record: header, two identity slots, and bytes that are kept as they are. */
final class RecordHead {
    /** One slot a sector, so that a torn write of one leaves the other. */
    static final List<Integer> SLOTS_AT = List.of(256, 768);

    private final String path;
    private final ByteBuffer bytes;

    /** Copies the bytes. */
    RecordHead(String path, ByteBuffer from) {
        this.path = path;
        this.bytes = ByteBuffer.allocate(RecordLayout.HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, from, from.position(), RecordLayout.HEAD_BYTES);
    }

    RecordHeader header() {
        return RecordHeader.read(bytes);
    }

    Optional<IdentitySlot> slot(int index) throws DirtyLogException.Corrupt {
        return IdentitySlot.read(bytes, SLOTS_AT.get(index), path);
    }

    /** The slot that counts: the valid one with the highest sequence number. */
    Optional<IdentitySlot> newest() throws DirtyLogException.Corrupt {
        Optional<IdentitySlot> a = slot(0);
        Optional<IdentitySlot> b = slot(1);
        boolean bCounts =
                b.isPresent() && (a.isEmpty() || b.get().sequence() > a.get().sequence());
        return bCounts ? b : a;
    }

    /** Puts a slot where the one that counts is not, which stays valid until the new one is whole. */
    void putSlot(IdentitySlot slot) throws DirtyLogException.Corrupt {
        Optional<IdentitySlot> newest = newest();
        boolean firstCounts = newest.isPresent() && newest.equals(slot(0));
        slot.write(bytes, SLOTS_AT.get(firstCounts ? 1 : 0));
    }

    void putHeader(RecordHeader header) {
        header.write(bytes);
    }

    void eraseSlots() {
        for (int at : SLOTS_AT) {
            bytes.put(at, new byte[IdentitySlot.BYTES]);
        }
    }

    RecordHead copy() {
        return new RecordHead(path, bytes);
    }

    /** The first difference to another head, from a position on; the length of a head if there is none. */
    int firstDifference(RecordHead other, int from) {
        int at = bytes.slice(from, RecordLayout.HEAD_BYTES - from)
                .mismatch(other.bytes.slice(from, RecordLayout.HEAD_BYTES - from));
        return at < 0 ? RecordLayout.HEAD_BYTES : from + at;
    }

    long wordAt(int position) {
        return bytes.getLong(position);
    }
}
