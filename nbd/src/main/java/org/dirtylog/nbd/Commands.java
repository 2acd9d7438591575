// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.Successor;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.dirtylog.seams.LetGoException;
import org.dirtylog.seams.NoSpaceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out requests on the device of an export. */
final class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    /** Of all contexts together. */
    private static final int MAX_EXTENTS = 1 << 14;
    /** To look at more takes too long, if each KiB of it can be in another state; clients ask for the rest. */
    private static final long MOST_TOLD_BYTES = 1L << 40;
    /** Multiples of this are where long requests are cut, so that each piece has to wait for little, and lets others go on. */
    private static final long PIECE_BYTES = 64L << 20;

    private final NbdExport export;
    private final BlockDevice device;
    private final Map<Integer, MetaContext> contexts;
    private final Replies replies;
    private final Headers headers;
    private volatile boolean abandoned;

    Commands(NbdExport export, Map<Integer, MetaContext> contexts, Replies replies) {
        this.export = export;
        this.device = export.device();
        this.contexts = contexts;
        this.replies = replies;
        headers = replies.headers();
    }

    /** The error that a request earns before anything is done, or 0. */
    int refusal(Request request) {
        int allowed = switch (request.type) {
            case Wire.CMD_READ -> headers.chunked() ? Wire.DF | Wire.FUA : Wire.FUA;
            case Wire.CMD_WRITE -> headers == Headers.EXTENDED ? Wire.FUA | Wire.PAYLOAD_LEN : Wire.FUA;
            case Wire.CMD_TRIM -> Wire.FUA;
            case Wire.CMD_WRITE_ZEROES -> Wire.FUA | Wire.NO_HOLE | Wire.FAST_ZERO;
            case Wire.CMD_BLOCK_STATUS ->
                request.contexts == null ? Wire.REQ_ONE | Wire.FUA : Wire.REQ_ONE | Wire.FUA | Wire.PAYLOAD_LEN;
            case Wire.CMD_FLUSH, Wire.CMD_CACHE -> Wire.FUA;
            default -> -1;
        };
        if (allowed == -1 || (request.flags & ~allowed) != 0) {
            return Wire.EINVAL;
        }
        if (request.type == Wire.CMD_WRITE && request.payload != request.length) {
            // By its header nothing follows that could be written.
            return Wire.EINVAL;
        }
        if (request.type == Wire.CMD_FLUSH) {
            return request.position == 0 && request.length == 0 ? 0 : Wire.EINVAL;
        }
        boolean changes = request.type == Wire.CMD_WRITE
                || request.type == Wire.CMD_TRIM
                || request.type == Wire.CMD_WRITE_ZEROES;
        if (changes && export.readOnly()) {
            return Wire.EPERM;
        }
        boolean moves = request.type == Wire.CMD_READ || request.type == Wire.CMD_WRITE;
        if (moves && request.length > Wire.MAX_PAYLOAD_BYTES || request.length == 0) {
            return Wire.EINVAL;
        }
        if (request.position < 0
                || request.position > device.sizeBytes()
                || request.length > device.sizeBytes() - request.position) {
            return request.type == Wire.CMD_WRITE || request.type == Wire.CMD_WRITE_ZEROES ? Wire.ENOSPC : Wire.EINVAL;
        }
        if (request.type == Wire.CMD_BLOCK_STATUS && contexts.isEmpty()) {
            return Wire.EINVAL;
        }
        return 0;
    }

    /** Whether it is carried out in several pieces, which takes its time however quick each of them is. */
    boolean isLong(Request request) {
        return request.length > PIECE_BYTES
                && (request.type == Wire.CMD_TRIM
                        || request.type == Wire.CMD_WRITE_ZEROES
                        || request.type == Wire.CMD_CACHE);
    }

    boolean isQuick(Request request) {
        return switch (request.type) {
            case Wire.CMD_READ -> device.isQuick(BlockDevice.Operation.READ, request.position, request.length);
            case Wire.CMD_WRITE ->
                !request.has(Wire.FUA) && device.isQuick(BlockDevice.Operation.WRITE, request.position, request.length);
            case Wire.CMD_TRIM, Wire.CMD_WRITE_ZEROES ->
                !request.has(Wire.FUA) && device.isQuick(BlockDevice.Operation.ZERO, request.position, request.length);
            case Wire.CMD_FLUSH -> false;
            default -> true;
        };
    }

    /**
     * Carries out what neither brings nor asks for bytes, from where it was left; answers the error, or 0.
     *
     * @throws LetGoException if the successor goes on
     */
    int carryOut(Request request, Successor successor) throws LetGoException {
        try {
            switch (request.type) {
                case Wire.CMD_FLUSH -> device.force();
                case Wire.CMD_CACHE -> inPieces(request, null, successor);
                case Wire.CMD_TRIM -> {
                    if (request.done > 0 || device.punchesHoles()) {
                        inPieces(request, Zeroing.MAY_PUNCH, successor);
                    }
                }
                case Wire.CMD_WRITE_ZEROES -> {
                    boolean hole = !request.has(Wire.NO_HOLE);
                    if (request.done == 0 && request.has(Wire.FAST_ZERO) && !(hole && device.punchesHoles())) {
                        return Wire.ENOTSUP;
                    }
                    inPieces(request, hole ? Zeroing.MAY_PUNCH : Zeroing.KEEP_ALLOCATED, successor);
                }
                default -> throw new IllegalStateException("command " + request.type);
            }
            if (request.has(Wire.FUA) && request.type != Wire.CMD_FLUSH && request.type != Wire.CMD_CACHE) {
                device.force();
            }
            return 0;
        } catch (LetGoException e) {
            throw e;
        } catch (Throwable e) {
            return error(e);
        }
    }

    /** Zeroes, or brings into a cache if there is nothing to say about zeroing. */
    private void inPieces(Request request, Zeroing zeroing, Successor successor) throws IOException {
        while (request.done < request.length) {
            long at = request.position + request.done;
            if (abandoned && request.done > 0) {
                throw new AbandonedException(request.position, at);
            }
            long bytes = Math.min(request.length - request.done, PIECE_BYTES - (at & PIECE_BYTES - 1));
            if (zeroing == null) {
                device.prefetch(at, bytes);
            } else {
                device.zero(at, bytes, zeroing, successor);
            }
            request.done += bytes;
        }
    }

    /** Nobody waits for the ends of long requests any more: they end after the piece that they are in. Safe for any thread. */
    void abandon() {
        abandoned = true;
    }

    /**
     * Writes one piece of a request; answers the error, or 0.
     *
     * @throws LetGoException if the successor goes on
     */
    int write(long position, ByteBuffer from, Successor successor) throws LetGoException {
        try {
            device.write(position, from, successor);
            return 0;
        } catch (LetGoException e) {
            throw e;
        } catch (Throwable e) {
            return error(e);
        }
    }

    /** Comes after the last piece; answers the error, or 0. */
    int endWrite(Request request) {
        if (!request.has(Wire.FUA)) {
            return 0;
        }
        try {
            device.force();
            return 0;
        } catch (Throwable e) {
            return error(e);
        }
    }

    /** Writes what is left of a request; as above. */
    int write(Request request, Payload payload, Successor successor) throws LetGoException {
        while (request.done < request.length) {
            int part = (int) (request.done / Slabs.PAYLOAD_BYTES);
            int bytes = payload.bytesOf(part);
            // The buffer itself may be in the hands of a thread that was let go.
            ByteBuffer from = payload.part(part)
                    .duplicate()
                    .clear()
                    .limit(bytes)
                    .position((int) (request.done % Slabs.PAYLOAD_BYTES));
            int left = from.remaining();
            int error = write(request.position + request.done, from, successor);
            if (error != 0) {
                return error;
            }
            request.done += left;
        }
        return endWrite(request);
    }

    /** Fills a buffer; as above. */
    int read(long position, ByteBuffer into, Successor successor) throws LetGoException {
        try {
            device.read(position, into, successor);
            return 0;
        } catch (LetGoException e) {
            throw e;
        } catch (Throwable e) {
            return error(e);
        }
    }

    /** Fills a buffer, however long it takes; answers the error, or 0. */
    int read(long position, ByteBuffer into) {
        try {
            device.read(position, into);
            return 0;
        } catch (Throwable e) {
            return error(e);
        }
    }

    /** Reads what a request asks for, and puts the head of the reply before it; as above. */
    int read(Request request, Payload payload, Successor successor) throws LetGoException {
        int error = 0;
        for (int i = 0; i < payload.parts() && error == 0; i++) {
            ByteBuffer part = payload.part(i).clear();
            if (i == 0) {
                replies.putReadHead(part, request, true);
            }
            part.limit(part.position() + payload.bytesOf(i));
            error = read(request.position + (long) i * Slabs.PAYLOAD_BYTES, part, successor);
            part.flip();
        }
        return error;
    }

    /** Whatever a device throws is an error of this request, and answered. */
    int error(Throwable thrown) {
        LOG.warn(
                "Export {}: a request failed: {}",
                export.name(),
                thrown instanceof IOException ? thrown.getMessage() : thrown);
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof NoSpaceException) {
                return Wire.ENOSPC;
            }
            if (cause instanceof OutOfMemoryError) {
                return Wire.ENOMEM;
            }
            if (cause instanceof AbandonedException) {
                return Wire.ESHUTDOWN;
            }
        }
        return Wire.EIO;
    }

    // ---- block status -----------------------------------------------------------------------------------------------

    /** Whether what follows the header can be a choice of contexts; if so, it is short. */
    boolean choosesContexts(Request request) {
        long ids = (request.payload - 8) / 4;
        return request.type == Wire.CMD_BLOCK_STATUS
                && request.payload == 8 + 4 * ids
                && ids > 0
                && ids <= contexts.size();
    }

    /** Takes the choice; answers whether each of its contexts was agreed on, and is there once. */
    boolean takeContexts(Request request, ByteBuffer in) {
        int end = in.position() + (int) request.payload;
        long length = in.getLong();
        request.length = length < 0 ? Long.MAX_VALUE : length;
        request.contexts = new HashSet<>();
        boolean known = true;
        while (in.position() < end) {
            int id = in.getInt();
            known &= contexts.containsKey(id) && request.contexts.add(id);
        }
        return known;
    }

    /** How much room {@link #blockStatus} needs. */
    int blockStatusBytes(Request request) {
        return contexts.size() * BlockStatus.chunkBytes(headers, mostExtents(request));
    }

    private int mostExtents(Request request) {
        // What is not told is asked for again.
        return request.has(Wire.REQ_ONE) ? 1 : MAX_EXTENTS / contexts.size();
    }

    /** Puts the whole reply to a question for block status: a chunk for each context. */
    void blockStatus(Request request, ByteBuffer out) {
        int start = out.position();
        try {
            int left = request.contexts == null ? contexts.size() : request.contexts.size();
            for (Map.Entry<Integer, MetaContext> context : contexts.entrySet()) {
                if (request.contexts == null || request.contexts.contains(context.getKey())) {
                    int flags = --left == 0 ? Wire.CHUNK_DONE : 0;
                    put(request, context.getKey(), context.getValue(), flags, out);
                }
            }
        } catch (Throwable e) {
            out.position(start);
            replies.putDone(out, request, error(e));
        }
    }

    private void put(Request request, int id, MetaContext context, int flags, ByteBuffer out) throws IOException {
        int head = out.position();
        out.position(head + headers.replyBytes);
        BlockStatus told = new BlockStatus(out, headers, id, mostExtents(request));
        context.describe(request.position, Math.min(request.length, MOST_TOLD_BYTES), told::add);
        int bytes = told.end();
        int end = out.position();
        out.position(head);
        replies.putChunk(out, flags, BlockStatus.type(headers), request, bytes);
        out.position(end);
    }
}
