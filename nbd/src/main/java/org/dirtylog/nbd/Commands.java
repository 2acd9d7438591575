// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out requests on the device of an export. */
final class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    private static final int MAX_EXTENTS = 1 << 16;

    private final NbdExport export;
    private final BlockDevice device;
    private final Map<Integer, MetaContext> contexts;
    private final Replies replies;

    Commands(NbdExport export, Map<Integer, MetaContext> contexts, Replies replies) {
        this.export = export;
        this.device = export.device();
        this.contexts = contexts;
        this.replies = replies;
    }

    /** The error that a request earns before anything is done, or 0. */
    int refusal(Request request) {
        int allowed = switch (request.type) {
            case Wire.CMD_READ -> Wire.DF | Wire.FUA;
            case Wire.CMD_WRITE, Wire.CMD_TRIM -> Wire.FUA;
            case Wire.CMD_WRITE_ZEROES -> Wire.FUA | Wire.NO_HOLE | Wire.FAST_ZERO;
            case Wire.CMD_BLOCK_STATUS -> Wire.REQ_ONE | Wire.FUA;
            case Wire.CMD_FLUSH, Wire.CMD_CACHE -> Wire.FUA;
            default -> -1;
        };
        if (allowed == -1 || (request.flags & ~allowed) != 0 || request.has(Wire.DF) && !replies.structured()) {
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

    /** Carries out what neither brings nor asks for bytes; answers the error, or 0. */
    int carryOut(Request request) {
        try {
            switch (request.type) {
                case Wire.CMD_FLUSH -> device.force();
                case Wire.CMD_CACHE -> device.prefetch(request.position, request.length);
                case Wire.CMD_TRIM -> {
                    if (device.punchesHoles()) {
                        device.zero(request.position, request.length, Zeroing.MAY_PUNCH);
                    }
                }
                case Wire.CMD_WRITE_ZEROES -> {
                    boolean hole = !request.has(Wire.NO_HOLE);
                    if (request.has(Wire.FAST_ZERO) && !(hole && device.punchesHoles())) {
                        return Wire.ENOTSUP;
                    }
                    device.zero(request.position, request.length, hole ? Zeroing.MAY_PUNCH : Zeroing.KEEP_ALLOCATED);
                }
                default -> throw new IllegalStateException("command " + request.type);
            }
            if (request.has(Wire.FUA) && request.type != Wire.CMD_FLUSH && request.type != Wire.CMD_CACHE) {
                device.force();
            }
            return 0;
        } catch (Throwable e) {
            return error(e);
        }
    }

    /** Writes one piece of a request; answers the error, or 0. */
    int write(long position, ByteBuffer from) {
        try {
            device.write(position, from);
            return 0;
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

    int write(Request request, Payload payload) {
        int error = 0;
        for (int i = 0; i < payload.parts() && error == 0; i++) {
            ByteBuffer part = payload.part(i).clear().limit(payload.bytesOf(i));
            error = write(request.position + (long) i * Slabs.PAYLOAD_BYTES, part);
        }
        return error == 0 ? endWrite(request) : error;
    }

    /** Fills a buffer; answers the error, or 0. */
    int read(long position, ByteBuffer into) {
        try {
            device.read(position, into);
            return 0;
        } catch (Throwable e) {
            return error(e);
        }
    }

    /** Reads what a request asks for, and puts the head of the reply before it; answers the error, or 0. */
    int read(Request request, Payload payload) {
        int error = 0;
        for (int i = 0; i < payload.parts() && error == 0; i++) {
            ByteBuffer part = payload.part(i).clear();
            if (i == 0) {
                replies.putReadHead(part, request.cookie, request.position, (int) request.length);
            }
            part.limit(part.position() + payload.bytesOf(i));
            error = read(request.position + (long) i * Slabs.PAYLOAD_BYTES, part);
            part.flip();
        }
        return error;
    }

    /** Whatever a device throws is an error of this request, and answered. */
    private int error(Throwable e) {
        if (e instanceof OutOfMemoryError) {
            LOG.warn("Export {}: a request failed, there is no memory: {}", export.name(), e.getMessage());
            return Wire.ENOMEM;
        }
        LOG.warn("Export {}: a request failed: {}", export.name(), e.getMessage());
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left") || message.contains("Disk quota") ? Wire.ENOSPC : Wire.EIO;
    }

    /** The whole reply to a question for block status. */
    ByteBuffer blockStatus(Request request) {
        try {
            ByteBuffer[] chunks = new ByteBuffer[contexts.size()];
            int total = 0;
            int at = 0;
            for (Map.Entry<Integer, MetaContext> context : contexts.entrySet()) {
                chunks[at] = describe(context.getKey(), context.getValue(), request);
                total += Wire.CHUNK_BYTES + chunks[at].remaining();
                at++;
            }
            ByteBuffer reply = ByteBuffer.allocate(total);
            for (int i = 0; i < chunks.length; i++) {
                int flags = i == chunks.length - 1 ? Wire.CHUNK_DONE : 0;
                replies.putChunk(reply, flags, Wire.CHUNK_BLOCK_STATUS, request.cookie, chunks[i].remaining());
                reply.put(chunks[i]);
            }
            return reply.flip();
        } catch (Throwable e) {
            ByteBuffer reply = ByteBuffer.allocate(Replies.headBytes() + 8);
            replies.putDone(reply, request.cookie, error(e));
            return reply.flip();
        }
    }

    private static ByteBuffer describe(int id, MetaContext context, Request request) throws IOException {
        Extents extents = new Extents(request.has(Wire.REQ_ONE) ? 1 : MAX_EXTENTS);
        context.describe(request.position, request.length, extents::add);
        return extents.encode(id);
    }

    /** Runs, joined where their flags are equal, up to a number of them. */
    private static final class Extents {
        private final int most;
        private ByteBuffer runs = ByteBuffer.allocate(64);
        private long length;
        private int flags;
        private int count;
        private boolean full;

        Extents(int most) {
            this.most = most;
        }

        void add(long bytes, int newFlags) {
            if (full) {
                return;
            }
            if (length > 0 && newFlags != flags) {
                end();
                if (full) {
                    return;
                }
            }
            flags = newFlags;
            length += bytes;
        }

        private void end() {
            if (runs.remaining() < 8) {
                runs = ByteBuffer.allocate(2 * runs.capacity()).put(runs.flip());
            }
            runs.putInt((int) length).putInt(flags);
            length = 0;
            full = ++count == most;
        }

        ByteBuffer encode(int id) {
            if (length > 0 && !full) {
                end();
            }
            runs.flip();
            return ByteBuffer.allocate(4 + runs.remaining())
                    .putInt(id)
                    .put(runs)
                    .flip();
        }
    }
}
