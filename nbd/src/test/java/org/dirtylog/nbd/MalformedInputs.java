// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Makes inputs with the verdict that each deserves, the same ones from the same seed. An input begins with a few things that are
 * wrong, or right, but can be gone on from; it ends with what the server must still understand, or with something fatal.
 */
final class MalformedInputs {
    private static final int MEBIBYTE = 1 << 20;

    private final Random random;

    MalformedInputs(long seed) {
        random = new Random(seed);
    }

    private byte[] noise(int length) {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        return noise;
    }

    private int oneOf(int... these) {
        return these[random.nextInt(these.length)];
    }

    private long oneOf(long... these) {
        return these[random.nextInt(these.length)];
    }

    // ---- handshake --------------------------------------------------------------------------------------------------

    /** Client flags, options, and at the end ABORT, which must be acknowledged. */
    MalformedInput handshake() {
        MalformedInput input = new MalformedInput();
        if (random.nextInt(15) == 0) {
            int flag = 1 << oneOf(2, 3, 7, 15, 30, 31);
            input.raw(number(3 | flag)).fatal("unknown client flag");
            return input.raw(noise(random.nextInt(50)));
        }
        input.raw(number(random.nextInt(12) == 0 ? 1 : 3));
        boolean structured = random.nextBoolean();
        if (structured) {
            input.option("structured replies", Wire.OPT_STRUCTURED_REPLY, Wire.REP_ACK);
        }
        for (int i = random.nextInt(4); i >= 0; i--) {
            option(input, structured);
        }
        if (random.nextInt(3) == 0) {
            return fatalOption(input);
        }
        return input.option("ABORT", Wire.OPT_ABORT, Wire.REP_ACK, noise(random.nextInt(20)));
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private void option(MalformedInput input, boolean structured) {
        int info = oneOf(Wire.OPT_INFO, Wire.OPT_GO);
        int context = oneOf(Wire.OPT_LIST_META_CONTEXT, Wire.OPT_SET_META_CONTEXT);
        int contextError = Wire.REP_ERR_INVALID;
        switch (random.nextInt(13)) {
            case 0 -> {
                int unknown = oneOf(0, 4, 12, 77, 0x7fffffff, -1, random.nextInt() | 1 << 30);
                input.option("unknown option", unknown, Wire.REP_ERR_UNSUP, noise(random.nextInt(300)));
            }
            case 1 -> {
                int option = oneOf(Wire.OPT_LIST, Wire.OPT_GO, Wire.OPT_SET_META_CONTEXT, 99);
                input.option("too long", option, Wire.REP_ERR_TOO_BIG, noise(64 * 1024 + 1 + random.nextInt(100_000)));
            }
            case 2 -> {
                int option = oneOf(Wire.OPT_LIST, Wire.OPT_STRUCTURED_REPLY, Wire.OPT_EXTENDED_HEADERS);
                input.option("data that is not wanted", option, Wire.REP_ERR_INVALID, noise(1 + random.nextInt(100)));
            }
            case 3 -> input.option("STARTTLS with data", Wire.OPT_STARTTLS, MalformedInput.ANY_ERROR, noise(9));
            case 4 -> {
                int length = oneOf(5, 100, 0x7fffffff, 0x80000000, -1, -4);
                input.option("length of a name", info, Wire.REP_ERR_INVALID, named(length, "disk", (short) 0));
            }
            case 5 -> {
                short count = (short) oneOf(1, 2, 0x7fff, 0xffff);
                input.option("count of details", info, Wire.REP_ERR_INVALID, named(4, "disk", count));
            }
            case 6 -> input.option("half a name", info, Wire.REP_ERR_INVALID, noiseBelow(6));
            case 7 -> {
                byte[] broken = named(4, "disk", (short) 0);
                broken[4 + random.nextInt(4)] = (byte) oneOf(0x80, 0xff, 0xc0);
                input.option("name that is no UTF-8", info, Wire.REP_ERR_INVALID, broken);
            }
            case 8 -> {
                String name = random.nextBoolean() ? "x".repeat(4097) : "y".repeat(5000 + random.nextInt(50_000));
                input.option("name too long", info, Wire.REP_ERR_INVALID, named(name.length(), name, (short) 0));
            }
            case 9 -> {
                String[] names = {"../disk", "disk\0", "DISK", "z".repeat(4096), "dis", "\u202edisk", "d;disk"};
                String name = names[random.nextInt(names.length)];
                int length = name.getBytes(StandardCharsets.UTF_8).length;
                input.option("unknown name", info, Wire.REP_ERR_UNKNOWN, named(length, name, (short) 0));
            }
            case 10 -> {
                byte[] queries = WireClient.queries("disk", "base:allocation");
                int at = oneOf(8, queries.length - 19);
                ByteBuffer.wrap(queries).putInt(at, oneOf(2, 3, 99, 0x7fffffff, -1) + 15);
                input.option("queries", context, contextError, queries);
            }
            case 11 -> input.option("half of queries", context, contextError, noiseBelow(8));
            default -> {
                int type = structured ? Wire.REP_ERR_UNKNOWN : contextError;
                input.option("queries about nothing", context, type, WireClient.queries("nothing", "base:"));
            }
        }
    }

    private static byte[] named(int length, String name, short details) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(6 + bytes.length);
        return data.putInt(length).put(bytes).putShort(details).array();
    }

    /** Fewer bytes than there have to be. */
    private byte[] noiseBelow(int bytes) {
        return noise(random.nextInt(bytes));
    }

    private MalformedInput fatalOption(MalformedInput input) {
        switch (random.nextInt(4)) {
            case 0 -> {
                byte[] head = MalformedInput.optionHead(Wire.OPT_LIST, 0);
                head[random.nextInt(8)] ^= (byte) (1 << random.nextInt(8));
                return input.raw(head).raw(noise(random.nextInt(100))).fatal("no IHAVEOPT");
            }
            case 1 -> {
                byte[] name = noise(random.nextInt(2) * 70_000);
                byte[] unknown = name.length == 0 ? "nothing".getBytes(StandardCharsets.UTF_8) : name;
                return input.raw(MalformedInput.optionHead(Wire.OPT_EXPORT_NAME, unknown.length))
                        .raw(unknown)
                        .fatal("EXPORT_NAME of nothing");
            }
            case 2 -> {
                int length = oneOf(10, 70_000, 0x7fffffff, 0x80000000, -1);
                return input.raw(MalformedInput.optionHead(oneOf(Wire.OPT_LIST, Wire.OPT_GO, 99), length))
                        .raw(noise(random.nextInt(10)))
                        .fatal("an option that never ends");
            }
            default -> {
                return input.raw(noise(1 + random.nextInt(7))).fatal("half a head");
            }
        }
    }

    // ---- transmission -----------------------------------------------------------------------------------------------

    /** Requests on an export of a mebibyte, and at the end a read that must be answered. No request changes a byte. */
    MalformedInput transmission() {
        MalformedInput input = new MalformedInput();
        input.headers = Headers.values()[random.nextInt(3)];
        for (int i = random.nextInt(6); i >= 0; i--) {
            request(input);
        }
        if (random.nextInt(3) == 0) {
            return fatalRequest(input);
        }
        return input.request("READ", MalformedInput.SUCCESS, 0, Wire.CMD_READ, 512, 512);
    }

    private void request(MalformedInput input) {
        boolean extended = input.headers == Headers.EXTENDED;
        int length = 1 + random.nextInt(3000);
        int write = extended ? Wire.PAYLOAD_LEN : 0;
        long outside = oneOf(MEBIBYTE, MEBIBYTE - length + 1L, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, -length);
        int any = oneOf(Wire.CMD_READ, Wire.CMD_TRIM, Wire.CMD_CACHE, Wire.CMD_WRITE_ZEROES);
        int ofRange = any == Wire.CMD_WRITE_ZEROES ? Wire.ENOSPC : Wire.EINVAL;
        int unknownFlag = 1 << oneOf(6, 7, 9, 15);
        switch (random.nextInt(13)) {
            case 0 -> input.request("unknown command", Wire.EINVAL, 0, oneOf(8, 77, 0x8000, 0xffff), 0, length);
            case 1 -> input.request("unknown flag", Wire.EINVAL, unknownFlag, any, 0, length);
            case 2 -> input.request("outside", ofRange, 0, any, outside, length);
            case 3 -> input.request("nothing", Wire.EINVAL, 0, any, oneOf(0, MEBIBYTE), 0);
            case 4 ->
                input.request(
                        "READ of too much", Wire.EINVAL, 0, Wire.CMD_READ, 0, oneOf((32L << 20) + 1, 0xffffffffL));
            case 5 ->
                input.request("WRITE outside", Wire.ENOSPC, write, Wire.CMD_WRITE, outside, length, noise(length));
            case 6 ->
                input.request(
                        "WRITE with unknown flag",
                        Wire.EINVAL,
                        write | unknownFlag,
                        Wire.CMD_WRITE,
                        0,
                        length,
                        noise(length));
            case 7 -> input.request("FLUSH of a range", Wire.EINVAL, 0, Wire.CMD_FLUSH, oneOf(0, 1), length);
            case 8 -> input.request("status", Wire.EINVAL, 0, Wire.CMD_BLOCK_STATUS, 0, length);
            case 9 -> {
                if (extended) {
                    int type = oneOf(Wire.CMD_READ, Wire.CMD_TRIM, Wire.CMD_FLUSH, Wire.CMD_BLOCK_STATUS, 77);
                    input.request("payload", Wire.EINVAL, Wire.PAYLOAD_LEN, type, 0, length, noise(length));
                } else {
                    input.request("flag for payloads", Wire.EINVAL, Wire.PAYLOAD_LEN, any, 0, length);
                }
            }
            case 10 -> {
                if (extended) {
                    long huge = oneOf(Long.MAX_VALUE, -1, Long.MIN_VALUE, 1L << 32, (1L << 32) + 512);
                    input.request("long", ofRange, 0, any, oneOf(0, 512), huge);
                    input.request("WRITE without payload", Wire.EINVAL, 0, Wire.CMD_WRITE, 0, length);
                } else {
                    int error = input.headers == Headers.SIMPLE ? Wire.EINVAL : MalformedInput.SUCCESS;
                    input.request("DF", error, Wire.DF, Wire.CMD_READ, 0, length);
                }
            }
            case 11 -> input.request("FLUSH", MalformedInput.SUCCESS, Wire.FUA, Wire.CMD_FLUSH, 0, 0);
            default -> input.request("READ", MalformedInput.SUCCESS, 0, Wire.CMD_READ, random.nextInt(9999), length);
        }
    }

    private MalformedInput fatalRequest(MalformedInput input) {
        boolean extended = input.headers == Headers.EXTENDED;
        byte[] head = MalformedInput.head(input.headers, extended ? Wire.PAYLOAD_LEN : 0, Wire.CMD_WRITE, 1, 0, 2000);
        switch (random.nextInt(4)) {
            case 0 -> {
                head[random.nextInt(4)] ^= (byte) (1 << random.nextInt(8));
                return input.raw(head).raw(noise(random.nextInt(3000))).fatal("no magic");
            }
            case 1 -> {
                long length = oneOf((32L << 20) + 1, 0x80000000L, 0xffffffffL);
                long longer = extended ? oneOf(length, 1L << 40, -1, Long.MIN_VALUE) : length;
                int type = extended ? oneOf(Wire.CMD_WRITE, Wire.CMD_READ, 77) : Wire.CMD_WRITE;
                int flags = extended ? Wire.PAYLOAD_LEN : 0;
                return input.raw(MalformedInput.head(input.headers, flags, type, 1, 0, longer))
                        .raw(noise(random.nextInt(3000)))
                        .fatal("a giant payload");
            }
            case 2 -> {
                return input.raw(head).raw(noise(random.nextInt(2000))).fatal("a payload that breaks off");
            }
            default -> {
                byte[] part = new byte[1 + random.nextInt(head.length - 1)];
                System.arraycopy(head, 0, part, 0, part.length);
                return input.raw(part).fatal("half a request");
            }
        }
    }
}
