// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The negotiation of one connection: fixed newstyle. Memory is bounded: an option longer than the limit is skipped. No byte is
 * read beyond the option that is answered, so that nothing that was sent bare is taken for something sent with TLS.
 */
final class Handshake {
    private static final int MAX_OPTION_BYTES = 64 * 1024;

    private NbdStream stream;
    private final Supplier<Map<String, NbdExport>> exports;
    private final Starttls starttls;
    private final Ending ending;
    private final Patience receiving;
    private final Patience sending;
    private final ByteBuffer in = ByteBuffer.allocate(MAX_OPTION_BYTES + 16);
    private boolean noZeroes;
    private Headers headers = Headers.SIMPLE;
    private final ChosenContexts contexts = new ChosenContexts();

    /** What was agreed. */
    record Agreed(NbdExport export, Headers headers, Map<Integer, MetaContext> contexts) {}

    Handshake(
            NbdStream stream,
            Supplier<Map<String, NbdExport>> exports,
            Starttls starttls,
            Ending ending,
            Patience receiving,
            Patience sending) {
        this.stream = stream;
        this.exports = exports;
        this.starttls = starttls;
        this.ending = ending;
        this.receiving = receiving;
        this.sending = sending;
    }

    /** What the connection goes over: the stream that came in, or since TLS began, the one above it. */
    NbdStream stream() {
        return stream;
    }

    /** Negotiates; empty if the client leaves in good order. */
    Optional<Agreed> negotiate() throws IOException {
        ByteBuffer hello = ByteBuffer.allocate(18);
        hello.putLong(Wire.INIT_MAGIC).putLong(Wire.OPTION_MAGIC);
        hello.putShort((short) (Wire.FLAG_FIXED_NEWSTYLE | Wire.FLAG_NO_ZEROES));
        send(hello);
        int flags = need(4, false).getInt();
        if ((flags & ~(Wire.FLAG_FIXED_NEWSTYLE | Wire.FLAG_NO_ZEROES)) != 0) {
            throw new IOException("client flags " + Integer.toHexString(flags) + " are unknown");
        }
        boolean fixed = (flags & Wire.FLAG_FIXED_NEWSTYLE) != 0;
        noZeroes = (flags & Wire.FLAG_NO_ZEROES) != 0;
        while (true) {
            ByteBuffer head = need(16, false);
            if (head.getLong() != Wire.OPTION_MAGIC) {
                throw new IOException("an option does not begin with IHAVEOPT");
            }
            int option = head.getInt();
            long length = Integer.toUnsignedLong(head.getInt());
            int refusal = refusal(option, length);
            if (!fixed && option != Wire.OPT_EXPORT_NAME) {
                throw new IOException("option " + Integer.toUnsignedString(option)
                        + " of a client that does not speak fixed newstyle, and cannot be answered");
            }
            if (refusal != 0) {
                refuse(option, length, refusal);
                continue;
            }
            ByteBuffer data = need((int) length, true);
            if (option == Wire.OPT_ABORT) {
                reply(option, Wire.REP_ACK, ByteBuffer.allocate(0));
                return Optional.empty();
            }
            Optional<Agreed> agreed = option(option, data);
            if (agreed.isPresent()) {
                return agreed;
            }
        }
    }

    /** What an option is refused for, whatever is in it; or 0. */
    private int refusal(int option, long length) {
        if (ending.hasBegun() && option != Wire.OPT_ABORT) {
            return Wire.REP_ERR_SHUTDOWN;
        }
        if (starttls.comesBefore(option)) {
            return Wire.REP_ERR_TLS_REQD;
        }
        return length > MAX_OPTION_BYTES ? Wire.REP_ERR_TOO_BIG : 0;
    }

    private void refuse(int option, long length, int refusal) throws IOException {
        String why = switch (refusal) {
            case Wire.REP_ERR_SHUTDOWN -> "the server is being stopped";
            case Wire.REP_ERR_TLS_REQD -> "this server demands TLS";
            default -> "option of " + length + " bytes, at most " + MAX_OPTION_BYTES;
        };
        if (option == Wire.OPT_EXPORT_NAME) {
            // The one option that has no answer for errors.
            throw new IOException("an export was asked for by EXPORT_NAME: " + why);
        }
        skip(length);
        reply(option, refusal, text(why));
    }

    private Optional<Agreed> option(int option, ByteBuffer data) throws IOException {
        switch (option) {
            case Wire.OPT_EXPORT_NAME -> {
                return Optional.of(exportName(data));
            }
            case Wire.OPT_GO, Wire.OPT_INFO -> {
                return info(option, data);
            }
            case Wire.OPT_LIST -> list(option, data);
            case Wire.OPT_STARTTLS -> startTls(option, data);
            case Wire.OPT_STRUCTURED_REPLY -> headers(option, Headers.STRUCTURED, data);
            case Wire.OPT_EXTENDED_HEADERS -> headers(option, Headers.EXTENDED, data);
            case Wire.OPT_LIST_META_CONTEXT, Wire.OPT_SET_META_CONTEXT -> metaContext(option, data);
            default -> unsupported(option);
        }
        return Optional.empty();
    }

    private void unsupported(int option) throws IOException {
        reply(option, Wire.REP_ERR_UNSUP, text("option " + Integer.toUnsignedString(option) + " is not supported"));
    }

    // ---- options ----------------------------------------------------------------------------------------------------

    private void headers(int option, Headers wanted, ByteBuffer data) throws IOException {
        if (data.hasRemaining()) {
            reply(option, Wire.REP_ERR_INVALID, text("this option has no data"));
        } else if (wanted.compareTo(headers) < 0) {
            reply(option, Wire.REP_ERR_EXT_HEADER_REQD, text("extended headers are agreed on, there is no way back"));
        } else {
            headers = wanted;
            reply(option, Wire.REP_ACK, ByteBuffer.allocate(0));
        }
    }

    private void startTls(int option, ByteBuffer data) throws IOException {
        int answer = starttls.answer(data.hasRemaining());
        if (answer == Wire.REP_ERR_UNSUP) {
            unsupported(option);
        } else if (answer != Wire.REP_ACK) {
            reply(option, answer, text("this option has no data, and is used once"));
        } else {
            reply(option, answer, ByteBuffer.allocate(0));
            stream = starttls.begin(stream);
            forget();
        }
    }

    /** Somebody between us and the client may have said what was said before TLS: none of it counts. */
    private void forget() {
        headers = Headers.SIMPLE;
        contexts.forget();
    }

    private Agreed exportName(ByteBuffer data) throws IOException {
        if (headers == Headers.EXTENDED) {
            throw new IOException("extended headers were agreed on, which EXPORT_NAME does not go with; GO does");
        }
        Optional<String> name = string(data, data.remaining());
        NbdExport export =
                name.flatMap(this::find).orElseThrow(() -> new IOException("no export of the name asked for"));
        ByteBuffer answer = ByteBuffer.allocate(10 + 124);
        answer.putLong(export.device().sizeBytes()).putShort((short) transmissionFlags(export));
        answer.position(noZeroes ? 10 : 134);
        send(answer);
        return agreed(export);
    }

    private int transmissionFlags(NbdExport export) {
        return export.transmissionFlags(
                headers, headers == Headers.EXTENDED && !contexts.of(export).isEmpty());
    }

    private Agreed agreed(NbdExport export) {
        return new Agreed(export, headers, contexts.of(export));
    }

    private Optional<NbdExport> find(String name) {
        Map<String, NbdExport> all = exports.get();
        NbdExport found = all.get(name);
        if (found == null && name.isEmpty() && all.size() == 1) {
            found = all.values().iterator().next();
        }
        return Optional.ofNullable(found);
    }

    private Optional<Agreed> info(int option, ByteBuffer data) throws IOException {
        Optional<String> name = Optional.empty();
        boolean wellFormed = false;
        try {
            name = string(data, data.getInt());
            int count = Short.toUnsignedInt(data.getShort());
            wellFormed = name.isPresent() && data.remaining() == 2 * count;
        } catch (BufferUnderflowException e) {
            wellFormed = false;
        }
        if (!wellFormed) {
            reply(option, Wire.REP_ERR_INVALID, text("malformed option"));
            return Optional.empty();
        }
        Optional<NbdExport> export = find(name.get());
        if (export.isEmpty()) {
            reply(option, Wire.REP_ERR_UNKNOWN, text("there is no export of that name"));
            return Optional.empty();
        }
        NbdExport found = export.get();
        ByteBuffer size = ByteBuffer.allocate(12).putShort((short) Wire.INFO_EXPORT);
        size.putLong(found.device().sizeBytes()).putShort((short) transmissionFlags(found));
        reply(option, Wire.REP_INFO, size.flip());
        while (data.hasRemaining()) {
            int wanted = Short.toUnsignedInt(data.getShort());
            if (wanted == Wire.INFO_NAME) {
                reply(option, Wire.REP_INFO, textInfo(wanted, found.name()));
            } else if (wanted == Wire.INFO_DESCRIPTION && !found.description().isEmpty()) {
                reply(option, Wire.REP_INFO, textInfo(wanted, found.description()));
            }
        }
        ByteBuffer blocks = ByteBuffer.allocate(14).putShort((short) Wire.INFO_BLOCK_SIZE);
        blocks.putInt(1).putInt(Wire.PREFERRED_BLOCK_BYTES).putInt(Wire.MAX_PAYLOAD_BYTES);
        reply(option, Wire.REP_INFO, blocks.flip());
        reply(option, Wire.REP_ACK, ByteBuffer.allocate(0));
        return option == Wire.OPT_GO ? Optional.of(agreed(found)) : Optional.empty();
    }

    private static ByteBuffer textInfo(int type, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + bytes.length)
                .putShort((short) type)
                .put(bytes)
                .flip();
    }

    private void list(int option, ByteBuffer data) throws IOException {
        if (data.hasRemaining()) {
            reply(option, Wire.REP_ERR_INVALID, text("this option has no data"));
            return;
        }
        for (NbdExport export : exports.get().values()) {
            byte[] name = export.name().getBytes(StandardCharsets.UTF_8);
            byte[] description = export.description().getBytes(StandardCharsets.UTF_8);
            ByteBuffer entry = ByteBuffer.allocate(4 + name.length + description.length);
            entry.putInt(name.length).put(name).put(description);
            reply(option, Wire.REP_SERVER, entry.flip());
        }
        reply(option, Wire.REP_ACK, ByteBuffer.allocate(0));
    }

    private void metaContext(int option, ByteBuffer data) throws IOException {
        boolean set = option == Wire.OPT_SET_META_CONTEXT;
        if (set) {
            contexts.forget();
        }
        if (!headers.chunked()) {
            reply(option, Wire.REP_ERR_INVALID, text("structured replies or extended headers come first"));
            return;
        }
        List<String> queries = new ArrayList<>();
        Optional<String> name;
        try {
            name = string(data, data.getInt());
            // As many as no option has room for end at the end of the data.
            long count = Integer.toUnsignedLong(data.getInt());
            for (long i = 0; i < count && name.isPresent(); i++) {
                Optional<String> query = string(data, data.getInt());
                name = query.isPresent() ? name : Optional.empty();
                query.ifPresent(queries::add);
            }
        } catch (BufferUnderflowException e) {
            name = Optional.empty();
        }
        if (name.isEmpty() || data.hasRemaining()) {
            reply(option, Wire.REP_ERR_INVALID, text("malformed option"));
            return;
        }
        Optional<NbdExport> export = find(name.get());
        if (export.isEmpty()) {
            reply(option, Wire.REP_ERR_UNKNOWN, text("there is no export of that name"));
            return;
        }
        answerContexts(option, set, export.get(), queries);
    }

    private void answerContexts(int option, boolean set, NbdExport export, List<String> queries) throws IOException {
        Map<Integer, MetaContext> found = ChosenContexts.matching(export, set, queries);
        for (Map.Entry<Integer, MetaContext> context : found.entrySet()) {
            byte[] name = context.getValue().name().getBytes(StandardCharsets.UTF_8);
            ByteBuffer told = ByteBuffer.allocate(4 + name.length);
            told.putInt(set ? context.getKey() : 0).put(name);
            reply(option, Wire.REP_META_CONTEXT, told.flip());
        }
        if (set) {
            contexts.choose(export, found);
        }
        reply(option, Wire.REP_ACK, ByteBuffer.allocate(0));
    }

    // ---- bytes ------------------------------------------------------------------------------------------------------

    /** A string of so many bytes; empty if there are not that many, it is too long, or no UTF-8. */
    private static Optional<String> string(ByteBuffer data, int length) {
        if (length < 0 || length > data.remaining() || length > Wire.MAX_STRING_BYTES) {
            return Optional.empty();
        }
        ByteBuffer bytes = data.slice(data.position(), length);
        data.position(data.position() + length);
        try {
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static ByteBuffer text(String message) {
        return ByteBuffer.wrap(message.getBytes(StandardCharsets.UTF_8));
    }

    private void reply(int option, int type, ByteBuffer data) throws IOException {
        ByteBuffer reply = ByteBuffer.allocate(20 + data.remaining());
        reply.putLong(Wire.OPTION_REPLY_MAGIC)
                .putInt(option)
                .putInt(type)
                .putInt(data.remaining())
                .put(data);
        send(reply);
    }

    private void send(ByteBuffer written) throws IOException {
        written.flip();
        sending.begin();
        try {
            stream.write(new ByteBuffer[] {written}, 1);
        } finally {
            sending.end(0);
        }
        sending.next();
    }

    /** Reads so many bytes and no more: what follows the negotiation belongs to the transmission. */
    private ByteBuffer need(int count, boolean begun) throws IOException {
        in.clear().limit(count);
        while (in.hasRemaining()) {
            if (begun || in.position() > 0) {
                receiving.begin();
            }
            int received = 0;
            try {
                received = stream.read(in);
            } finally {
                receiving.end(received);
            }
            if (received < 0) {
                throw new EOFException("the client left in the middle of the negotiation");
            }
        }
        receiving.next();
        return in.flip();
    }

    private void skip(long count) throws IOException {
        for (long left = count; left > 0; ) {
            int part = (int) Math.min(left, in.capacity());
            need(part, true);
            left -= part;
        }
    }
}
