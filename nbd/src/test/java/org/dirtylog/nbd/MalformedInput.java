// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one client sends after the greeting, and what has to come of it: the answers to options in their order, the errors of
 * requests by cookie, and whether the server ends the connection at the end of it.
 */
final class MalformedInput {
    /** Stands for any error, where the text leaves the choice. */
    static final int ANY_ERROR = Integer.MIN_VALUE;
    /** Stands for a reply that succeeds, with data of no interest. */
    static final int SUCCESS = 0;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final StringBuilder story = new StringBuilder();

    /** Of each option: its number, and the type of its last answer. */
    final List<int[]> answers = new ArrayList<>();
    /** Of each request: cookie, and error. */
    final Map<Long, Integer> errors = new LinkedHashMap<>();

    Headers headers = Headers.SIMPLE;
    /** Whether the server has to end the connection; it must not otherwise. */
    boolean closed;

    MalformedInput tell(String what) {
        story.append(story.length() == 0 ? "" : ", ").append(what);
        return this;
    }

    MalformedInput raw(byte... added) {
        bytes.writeBytes(added);
        return this;
    }

    /** What cannot be gone on from. */
    MalformedInput fatal(String what) {
        closed = true;
        return tell(what);
    }

    MalformedInput option(String what, int option, int type, byte... data) {
        tell(what);
        answers.add(new int[] {option, type});
        return raw(optionHead(option, data.length)).raw(data);
    }

    static byte[] optionHead(int option, int length) {
        return ByteBuffer.allocate(16)
                .putLong(Wire.OPTION_MAGIC)
                .putInt(option)
                .putInt(length)
                .array();
    }

    /** A request, whose cookie is that of no other. */
    MalformedInput request(String what, int error, int flags, int type, long position, long length, byte... payload) {
        tell(what);
        long cookie = 0x4000 + errors.size();
        errors.put(cookie, error);
        return raw(head(headers, flags, type, cookie, position, length)).raw(payload);
    }

    static byte[] head(Headers headers, int flags, int type, long cookie, long position, long length) {
        boolean extended = headers == Headers.EXTENDED;
        ByteBuffer head = ByteBuffer.allocate(headers.requestBytes);
        head.putInt(extended ? Wire.EXTENDED_REQUEST_MAGIC : Wire.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(position);
        return (extended ? head.putLong(length) : head.putInt((int) length)).array();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    @Override
    public String toString() {
        return headers + ": " + story;
    }
}
