// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A stream whose bytes go over another one encrypted. Nothing that came over the other one before is in here: it is made when
 * all of that has been read, and what follows either is TLS or ends it.
 */
final class TlsStream implements NbdStream {
    /** Many records at once, for as little copying and as few calls as without TLS. */
    private static final int GATHERED_BYTES = 64 * 1024;

    private static final ByteBuffer[] NOTHING = {ByteBuffer.allocate(0)};

    private final NbdStream under;
    private final SSLEngine engine;
    /** How long the bytes of one record are at most, bare. */
    private final int bareBytes;

    /** How long a record is at most. */
    private final int recordBytes;

    // Of the thread that reads; both are ready to be taken from.
    private final ByteBuffer received;
    private final ByteBuffer bare;

    // Of whoever holds the lock: replies, and what the protocol of TLS itself has to answer.
    private final ReentrantLock writing = new ReentrantLock();
    private final ByteBuffer sent;
    private final ByteBuffer[] one = new ByteBuffer[1];

    private TlsStream(NbdStream under, SSLEngine engine) {
        this.under = under;
        this.engine = engine;
        bareBytes = engine.getSession().getApplicationBufferSize();
        recordBytes = engine.getSession().getPacketBufferSize();
        received = ByteBuffer.allocate(GATHERED_BYTES + recordBytes).limit(0);
        bare = ByteBuffer.allocate(bareBytes).limit(0);
        sent = ByteBuffer.allocate(GATHERED_BYTES + recordBytes);
    }

    /**
     * Agrees with the client on keys, on this thread.
     *
     * @throws IOException if they do not agree; the client has been told why, as far as that was possible, and the stream is
     *                     closed: there is no way back to one without TLS
     */
    static TlsStream agreed(NbdStream under, SSLEngine engine) throws IOException {
        TlsStream stream = new TlsStream(under, engine);
        boolean agreed = false;
        try {
            stream.agree();
            agreed = true;
            return stream;
        } finally {
            if (!agreed) {
                stream.close();
            }
        }
    }

    private void agree() throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> write(NOTHING, 1);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    bare.clear();
                    try {
                        unwrap(bare);
                    } finally {
                        bare.flip();
                    }
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Takes one record in, waiting for it while it is not whole; answers {@code false} at the end. */
    private boolean unwrap(ByteBuffer into) throws IOException {
        while (true) {
            SSLEngineResult result = engine.unwrap(received, into);
            switch (result.getStatus()) {
                case OK -> {
                    return true;
                }
                case BUFFER_UNDERFLOW -> {
                    if (!receive()) {
                        throw new EOFException("the client left while keys were agreed on");
                    }
                }
                case CLOSED -> throw new EOFException("the client ended TLS while keys were agreed on");
                default -> throw new SSLException("a record is longer than was agreed");
            }
        }
    }

    private boolean receive() throws IOException {
        received.compact();
        try {
            return under.read(received) >= 0;
        } finally {
            received.flip();
        }
    }

    // ---- the thread that reads --------------------------------------------------------------------------------------

    @Override
    public int read(ByteBuffer into) throws IOException {
        int start = into.position();
        while (true) {
            if (bare.hasRemaining()) {
                give(into);
            }
            boolean full = into.remaining() < bareBytes;
            if (into.position() > start && full) {
                return into.position() - start;
            }
            ByteBuffer target = full ? bare.clear() : into;
            SSLEngineResult result;
            try {
                result = engine.unwrap(received, target);
            } finally {
                if (full) {
                    bare.flip();
                }
            }
            switch (result.getStatus()) {
                case OK -> answer(result.getHandshakeStatus());
                case BUFFER_UNDERFLOW -> {
                    if (into.position() > start) {
                        return into.position() - start;
                    }
                    if (!receive()) {
                        return -1;
                    }
                }
                case CLOSED -> {
                    return into.position() > start ? into.position() - start : -1;
                }
                default -> throw new SSLException("a record is longer than was agreed");
            }
        }
    }

    private void give(ByteBuffer into) {
        int limit = bare.limit();
        bare.limit(bare.position() + Math.min(bare.remaining(), into.remaining()));
        into.put(bare);
        bare.limit(limit);
    }

    /** Clients may renew keys as TLS 1.3 does it, and not agree anew as TLS 1.2 does. */
    private void answer(HandshakeStatus status) throws IOException {
        switch (status) {
            case NEED_TASK, NEED_UNWRAP, NEED_UNWRAP_AGAIN ->
                throw new SSLException("the client wants to agree anew, and that is not done");
            // At once, also if nobody has a reply to send: what is owed would gather in memory else.
            case NEED_WRAP -> write(NOTHING, 1);
            default -> {
                return;
            }
        }
    }

    // ---- whoever writes ---------------------------------------------------------------------------------------------

    @Override
    public void write(ByteBuffer[] from, int count) throws IOException {
        writing.lock();
        try {
            do {
                wrap(from, count);
                one[0] = sent;
                while (sent.hasRemaining()) {
                    under.write(one, 1);
                }
            } while (from[count - 1].hasRemaining());
        } finally {
            writing.unlock();
        }
    }

    private void wrap(ByteBuffer[] from, int count) throws IOException {
        sent.clear();
        do {
            if (engine.wrap(from, 0, count, sent).getStatus() != SSLEngineResult.Status.OK) {
                throw new SSLException("TLS has ended");
            }
        } while (from[count - 1].hasRemaining() && sent.remaining() >= recordBytes);
        sent.flip();
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    @Override
    public void endInput() {
        under.endInput();
    }

    @Override
    public void close() {
        // Whoever is in the middle of a record has a client that does not take it: nothing can be told to that one.
        boolean mayTell = writing.tryLock();
        try {
            if (mayTell) {
                tellTheEnd();
            }
        } catch (IOException gone) {
            sent.clear();
        } finally {
            if (mayTell) {
                writing.unlock();
            }
            under.close();
        }
    }

    private void tellTheEnd() throws IOException {
        engine.closeOutbound();
        boolean more = true;
        while (more && !engine.isOutboundDone()) {
            sent.clear();
            SSLEngineResult result = engine.wrap(NOTHING, sent);
            more = result.bytesProduced() > 0;
            under.offer(sent.flip());
        }
    }
}
