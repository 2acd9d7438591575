// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.LetGoException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of one connection. One receive brings in all that are queued; what is quick is done on this thread, with the
 * payload where it lies; what would wait is handed over, if others wait behind it; replies leave together once no complete
 * request is left in the buffer.
 *
 * <p>The thread waits for its client and for the device, and for nothing that other clients could keep from it. If the device lets
 * it go, another thread serves on, in other memory, with what was received and not answered.
 */
final class Transmission implements BlockDevice.Successor {
    private static final Logger LOG = LoggerFactory.getLogger(Transmission.class);
    /** From here on others write while the next request comes in, if the device says that it takes its time. */
    private static final int LARGE_BYTES = 128 * 1024;
    /** What is too large for the buffers, and finds no other memory, is cut at multiples of this. */
    private static final int PIECE_BYTES = 128 * 1024;

    /** Has another thread serve on. */
    @FunctionalInterface
    interface Heirs {
        void start(Transmission heir);
    }

    /** Where the device is called from. */
    private enum Call {
        READ,
        WRITE,
        OTHER,
        HANDED_OVER
    }

    private final NbdStream stream;
    private final Headers headers;
    private final Shared shared;
    private final Lent lent;
    private final ByteBuffer in;
    private final Ending ending;
    private final Patience receiving;
    private final Replies replies;
    private final Commands commands;
    private final Share share;
    private final HandOvers handOvers;
    private final Heirs heirs;
    private final Request request;
    /** Whether the client was seen to send requests before earlier ones were answered. */
    private boolean pipelined;

    // What a heir has to know, for the device is being called.
    private Call call;
    private int inAt;
    private int inLimit;
    private int replyAt;
    private HandedOver handed;
    private volatile boolean inherited;

    /** Whose thread was let go, or {@code null}. */
    private final Transmission held;
    /** How that call ended. */
    private final long heldDone;

    private final IOException heldFailure;

    Transmission(
            NbdStream stream,
            Handshake.Agreed agreed,
            Shared shared,
            Ending ending,
            Patience receiving,
            Patience sending,
            Heirs heirs)
            throws IOException {
        this.stream = stream;
        headers = agreed.headers();
        this.shared = shared;
        this.ending = ending;
        this.receiving = receiving;
        this.heirs = heirs;
        lent = Lent.take(shared.connections());
        in = lent.in;
        replies = new Replies(stream, headers, sending, lent.gathered);
        commands = new Commands(agreed.export(), agreed.contexts(), replies);
        share = new Share(shared.payloads(), shared.limits().connectionBytes());
        handOvers = new HandOvers(stream, shared, commands, replies, share, lent.handedOver);
        request = new Request();
        held = null;
        heldDone = 0;
        heldFailure = null;
    }

    /** Serves on in place of one whose thread was let go. */
    private Transmission(Transmission held, long done, IOException failure) {
        this.held = held;
        heldDone = done;
        heldFailure = failure;
        stream = held.stream;
        headers = held.headers;
        shared = held.shared;
        ending = held.ending;
        receiving = held.receiving;
        heirs = held.heirs;
        lent = Lent.takeAnother(shared.connections());
        in = lent.in;
        in.clear();
        in.put(held.in.duplicate().clear().limit(held.inLimit).position(held.inAt))
                .flip();
        replies = held.replies;
        replies.moveTo(lent.gathered, held.replyAt);
        commands = held.commands;
        share = held.share;
        handOvers = held.handOvers;
        request = held.request.copy();
        pipelined = held.pipelined;
        handed = held.handed;
    }

    /**
     * Serves until the client leaves, or does what ends its connection; all replies are out when it returns.
     *
     * @return whether the connection has ended; else another thread serves on
     */
    boolean run() throws IOException {
        boolean asked = false;
        boolean ours = true;
        try {
            if (held != null) {
                goOnWithHeld();
            }
            while (!asked && next()) {
                asked = !goOn();
            }
        } catch (LetGoException e) {
            LOG.debug("A thread has come back from the device of an export: {}", e.getMessage());
            ours = !inherited;
        } finally {
            try {
                if (ours) {
                    end(asked);
                }
            } finally {
                lent.release();
            }
        }
        return ours;
    }

    private void end(boolean asked) throws IOException {
        if (!asked) {
            // Who leaves without a word, or is sent away, waits for nothing; who asks to leave, for all.
            abandon();
        }
        try {
            replies.flush();
        } finally {
            handOvers.end();
            for (Transmission one = this; one != null; one = one.held) {
                one.lent.release();
            }
        }
    }

    // ---- threads that the device lets go ----------------------------------------------------------------------------

    /** To be called right before the device is. The buffers may be the device's, so what is in them is noted. */
    private void note(Call next, int replyBytes) {
        call = next;
        inAt = in.position();
        inLimit = in.limit();
        replyAt = replyBytes;
    }

    /** The thread of this one does not come back from a call. */
    @Override
    public void goOn(long doneBytes, IOException failure) {
        try {
            heirs.start(new Transmission(this, doneBytes, failure));
            inherited = true;
        } catch (RuntimeException | Error e) {
            LOG.warn(
                    "A connection ends, for nobody can serve on while the device of its export hangs: {}",
                    e.toString());
            stream.close();
        }
    }

    private void goOnWithHeld() throws IOException {
        int error = heldFailure == null ? 0 : commands.error(heldFailure);
        switch (held.call) {
            case READ -> {
                if (error != 0) {
                    done(error);
                } else {
                    read();
                }
            }
            case WRITE -> {
                request.done += heldDone;
                in.position(in.position() + (int) heldDone);
                writeFromBuffer(error);
            }
            case OTHER -> {
                request.done += heldDone;
                done(error != 0 ? error : carryOutRest());
            }
            case HANDED_OVER -> handOvers.goOn(handed, heldDone, heldFailure);
        }
    }

    /** Long requests end after the piece that they are in. Safe for use by any thread. */
    void abandon() {
        commands.abandon();
    }

    /** Brings a header into the buffer; answers {@code false} at the end. */
    private boolean next() throws IOException {
        while (in.remaining() < headers.requestBytes) {
            replies.flush();
            boolean begun = in.hasRemaining();
            in.compact();
            int count;
            try {
                // Between requests a client may stand still for ever.
                count = receive(in, begun);
            } finally {
                in.flip();
            }
            if (count < 0) {
                if (begun) {
                    throw new EOFException("the client left in the middle of a request");
                }
                return false;
            }
        }
        receiving.next();
        if (!request.take(in, headers)) {
            throw new IOException("a request does not begin with the magic");
        }
        return true;
    }

    private int receive(ByteBuffer into, boolean begun) throws IOException {
        if (begun) {
            receiving.begin();
        }
        int count = 0;
        try {
            count = stream.read(into);
        } finally {
            receiving.end(count);
        }
        return count;
    }

    private boolean goOn() throws IOException {
        if (request.type == Wire.CMD_DISC) {
            return false;
        }
        if (request.payload > Wire.MAX_PAYLOAD_BYTES) {
            // What follows cannot be told from requests without reading all of it.
            throw new IOException("a payload of " + request.payload + " bytes, at most " + Wire.MAX_PAYLOAD_BYTES);
        }
        pipelined |= in.remaining() > request.payload;
        if (request.payload > 0 && request.type != Wire.CMD_WRITE && !takeContexts()) {
            return true;
        }
        int refusal = ending.hasBegun() ? Wire.ESHUTDOWN : commands.refusal(request);
        if (request.type == Wire.CMD_WRITE) {
            write(refusal);
        } else if (refusal != 0) {
            done(refusal);
        } else if (request.type == Wire.CMD_BLOCK_STATUS) {
            commands.blockStatus(request, replies.gather(commands.blockStatusBytes(request)));
        } else if (commands.isLong(request) || pipelined && !commands.isQuick(request)) {
            slow();
        } else {
            carryOut();
        }
        return true;
    }

    private void done(int error) throws IOException {
        replies.putDone(replies.gather(Replies.headBytes()), request, error);
    }

    /** Lets requests behind this one overtake it, if there is room. */
    private void slow() throws IOException {
        HandedOver work = handOvers.tryTake(request, request.type == Wire.CMD_READ ? (int) request.length : 0);
        if (work != null) {
            start(work);
            return;
        }
        // What is answered already need not wait for this.
        replies.flush();
        carryOut();
    }

    /** Has a task carry it out, or does it here. */
    private void start(HandedOver work) throws IOException {
        if (handOvers.start(work)) {
            return;
        }
        handed = work;
        try {
            replies.flush();
        } finally {
            note(Call.HANDED_OVER, 0);
            handOvers.carryOut(work, this);
        }
    }

    private void carryOut() throws IOException {
        if (request.type == Wire.CMD_READ) {
            read();
        } else {
            done(carryOutRest());
        }
    }

    private int carryOutRest() throws LetGoException {
        note(Call.OTHER, replies.gatheredBytes());
        return commands.carryOut(request, this);
    }

    // ---- payloads ---------------------------------------------------------------------------------------------------

    /** Takes the choice of contexts that follows a question for block status; anything else is read past and refused. */
    private boolean takeContexts() throws IOException {
        if (commands.choosesContexts(request)) {
            fill((int) request.payload);
            receiving.next();
            if (commands.takeContexts(request, in)) {
                return true;
            }
            done(Wire.EINVAL);
        } else {
            write(Wire.EINVAL);
        }
        return false;
    }

    private void write(int refusal) throws IOException {
        int length = (int) request.payload;
        boolean slow = refusal == 0 && (pipelined || length >= LARGE_BYTES) && !commands.isQuick(request);
        if (slow) {
            HandedOver work = handOvers.tryTake(request, length);
            if (work != null) {
                take(work.payload());
                start(work);
                return;
            }
            replies.flush();
        }
        writeFromBuffer(refusal);
    }

    /** Takes what is left of the payload where it lies, in pieces; after an error it is only read past. */
    private void writeFromBuffer(int errorBefore) throws IOException {
        int most = in.capacity() - headers.requestBytes;
        int error = errorBefore;
        while (request.done < request.payload) {
            long position = request.position + request.done;
            long left = request.payload - request.done;
            int piece = left <= most ? (int) left : PIECE_BYTES - (int) (position & PIECE_BYTES - 1);
            fill(piece);
            int limit = in.limit();
            int end = in.position() + piece;
            if (error == 0) {
                note(Call.WRITE, replies.gatheredBytes());
                in.limit(end);
                error = commands.write(position, in, this);
            }
            in.limit(limit).position(end);
            request.done += piece;
        }
        receiving.next();
        done(error == 0 ? commands.endWrite(request) : error);
    }

    /** Brings so many bytes of a payload into the receive buffer. */
    private void fill(int length) throws IOException {
        if (in.remaining() < length) {
            replies.flush();
        }
        while (in.remaining() < length) {
            in.compact();
            int count;
            try {
                count = receive(in, true);
            } finally {
                in.flip();
            }
            if (count < 0) {
                throw leftInPayload();
            }
        }
    }

    /** Fills memory of its own with what is in the receive buffer, and with what comes after it. */
    private void take(Payload payload) throws IOException {
        boolean whole = false;
        try {
            for (int i = 0; i < payload.parts(); i++) {
                ByteBuffer part = payload.part(i).clear().limit(payload.bytesOf(i));
                int limit = in.limit();
                in.limit(in.position() + Math.min(in.remaining(), part.remaining()));
                part.put(in);
                in.limit(limit);
                if (part.hasRemaining()) {
                    replies.flush();
                }
                while (part.hasRemaining()) {
                    if (receive(part, true) < 0) {
                        throw leftInPayload();
                    }
                }
            }
            whole = true;
        } finally {
            if (!whole) {
                handOvers.giveUp(payload);
            }
        }
        receiving.next();
    }

    private static EOFException leftInPayload() {
        return new EOFException("the client left in the middle of a payload");
    }

    // ---- reads ------------------------------------------------------------------------------------------------------

    private void read() throws IOException {
        int length = (int) request.length;
        int whole = Replies.headBytes() + length;
        if (whole <= replies.gatheredCapacity()) {
            ByteBuffer out = replies.gather(whole);
            int start = out.position();
            replies.putReadHead(out, request, true);
            int limit = out.limit();
            note(Call.READ, start);
            out.limit(out.position() + length);
            int error = commands.read(request.position, out, this);
            out.limit(limit);
            if (error != 0) {
                out.position(start);
                done(error);
            }
            return;
        }
        replies.flush();
        Payload payload = share.tryTake(length);
        if (payload.parts() == 0) {
            replies.alone(() -> readInPieces(length));
            return;
        }
        try {
            note(Call.READ, 0);
            int error = commands.read(request, payload, this);
            if (error == 0) {
                replies.send(payload);
            } else {
                done(error);
            }
        } finally {
            share.giveBack(payload);
        }
    }

    private int readInto(ByteBuffer out, long position, int length) {
        int limit = out.limit();
        out.limit(out.position() + length);
        int error = commands.read(position, out);
        out.limit(limit);
        return error;
    }

    /**
     * There is no memory for the whole, so an error may turn up when the reply has begun. A simple one cannot be taken back: the
     * protocol wants the connection to end. A chunk is filled up, and another one tells the error.
     */
    private void readInPieces(int length) throws IOException {
        int error = 0;
        for (int at = 0; at < length; ) {
            int piece = Math.min(PIECE_BYTES, length - at);
            ByteBuffer out = replies.gather(Replies.headBytes() + piece);
            if (at == 0) {
                replies.putReadHead(out, request, !headers.chunked());
            }
            int start = out.position();
            error = error == 0 ? readInto(out, request.position + at, piece) : error;
            if (error != 0) {
                if (at == 0) {
                    out.clear();
                    done(error);
                    return;
                }
                if (!headers.chunked()) {
                    out.clear();
                    throw new IOException("a reply that had begun cannot be ended: error " + error + " at byte "
                            + (request.position + at));
                }
                pad(out.position(start), piece);
            }
            replies.flush();
            at += piece;
        }
        if (headers.chunked()) {
            done(error);
        }
    }

    private static void pad(ByteBuffer out, int length) {
        for (int i = 0; i < length; i++) {
            out.put((byte) 0);
        }
    }
}
