// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Malformed inputs with the verdict that each deserves. Nothing but an {@link IOException} escapes, and that only where the
 * connection has to end; no input makes the server take more memory than it grants; what follows is understood; bytes, memory
 * and other connections are as they were.
 */
@Timeout(120)
class MalformedInputTest extends ServerFixture {
    private static final long SEED = Long.getLong("dirtylog.nbd.seed", 20261126);
    private static final int COUNT = Integer.getInteger("dirtylog.nbd.inputs", 1000);

    /** An option may be 64 KiB long, and its strings are twice as long in Java. */
    private static final long HANDSHAKE_BYTES = 512 * 1024;

    private static final long TRANSMISSION_BYTES = 256 * 1024;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final NbdExport export = NbdExport.of("disk", device);

    private interface Serving {
        void serve(ScriptedStream stream) throws IOException;
    }

    /** Has an input served; answers what came back. */
    private static ByteBuffer served(MalformedInput input, Random portions, long budget, Serving serving) {
        ScriptedStream stream = new ScriptedStream(input.bytes(), portions);
        IOException ended = null;
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            serving.serve(stream);
        } catch (IOException e) {
            ended = e;
        }
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
        ByteBuffer answer = stream.taken();
        // What the stream kept is not the server's.
        assertTrue(taken - 8L * answer.remaining() <= budget, taken + " bytes of memory for " + input);
        assertEquals(input.closed, ended != null, input + ": " + ended);
        return answer;
    }

    @Test
    void options_are_answered_as_they_deserve() {
        MalformedInputs inputs = new MalformedInputs(SEED);
        Random portions = new Random(SEED);
        for (int i = 0; i < COUNT; i++) {
            MalformedInput input = inputs.handshake();
            ByteBuffer told = served(input, portions, HANDSHAKE_BYTES, stream -> {
                Optional<Handshake.Agreed> agreed = new Handshake(
                                stream,
                                () -> Map.of("disk", export),
                                new Starttls(NbdTls.OFF, new Peer("a test")),
                                new Ending(),
                                new Patience(),
                                new Patience())
                        .negotiate();
                assertTrue(agreed.isEmpty(), () -> "agreed on something: " + input);
            });
            assertEquals(Wire.INIT_MAGIC, told.getLong());
            told.position(18);
            for (int[] answer : input.answers) {
                assertEquals(answer[0], lastAnswer(told, answer[1], input), input.toString());
            }
            assertFalse(told.hasRemaining(), input.toString());
        }
    }

    /** Takes the answers to one option, of which the last must be of a type; answers the option that it names. */
    private static int lastAnswer(ByteBuffer told, int expected, MalformedInput input) {
        while (true) {
            assertEquals(Wire.OPTION_REPLY_MAGIC, told.getLong(), input.toString());
            int option = told.getInt();
            int type = told.getInt();
            int length = told.getInt();
            told.position(told.position() + length);
            if (type == Wire.REP_ACK || type < 0) {
                boolean right = expected == MalformedInput.ANY_ERROR ? type < 0 : type == expected;
                assertTrue(right, Integer.toHexString(type) + " to " + input);
                return option;
            }
        }
    }

    @Test
    void requests_are_answered_as_they_deserve() throws InterruptedException {
        MalformedInputs inputs = new MalformedInputs(SEED + 1);
        Random portions = new Random(SEED);
        new Random(5).nextBytes(device.bytes);
        byte[] before = device.bytes.clone();
        Shared shared = Shared.of(tasks, NbdLimits.STANDARD.withConnections(1));
        for (int i = 0; i < COUNT; i++) {
            MalformedInput input = inputs.transmission();
            Handshake.Agreed agreed = new Handshake.Agreed(export, input.headers, Map.of());
            ByteBuffer told = served(
                    input,
                    portions,
                    TRANSMISSION_BYTES,
                    // A connection that kept its memory would leave none to the next.
                    stream -> new Transmission(
                                    stream, agreed, shared, new Ending(), new Patience(), new Patience(), heir -> {})
                            .run());
            assertEquals(input.errors, errors(told, input.headers), input.toString());
        }
        // All places are given back, the last one perhaps a moment after its request was answered.
        assertTrue(shared.places().tryAcquire(NbdLimits.STANDARD.serverRequests(), 10, TimeUnit.SECONDS));
        assertArrayEquals(before, device.bytes);
    }

    /** The errors in replies, which may come in any order, by cookie. */
    private static Map<Long, Integer> errors(ByteBuffer told, Headers headers) {
        Map<Long, Integer> errors = new HashMap<>();
        while (told.hasRemaining()) {
            int magic = told.getInt();
            int error = 0;
            long cookie;
            long length;
            if (headers == Headers.SIMPLE) {
                assertEquals(Wire.SIMPLE_REPLY_MAGIC, magic);
                error = told.getInt();
                cookie = told.getLong();
                // The data of a read is of the device, which has no such number in it.
                length = error == 0 ? untilMagic(told) : 0;
            } else {
                assertEquals(
                        headers == Headers.EXTENDED ? Wire.EXTENDED_REPLY_MAGIC : Wire.STRUCTURED_REPLY_MAGIC, magic);
                assertEquals(Wire.CHUNK_DONE, told.getShort());
                int type = Short.toUnsignedInt(told.getShort());
                cookie = told.getLong();
                if (headers == Headers.EXTENDED) {
                    told.getLong();
                    length = told.getLong();
                } else {
                    length = told.getInt();
                }
                error = type == Wire.CHUNK_ERROR ? told.getInt(told.position()) : 0;
            }
            told.position(told.position() + (int) length);
            assertEquals(null, errors.put(cookie, error), "answered twice");
        }
        return errors;
    }

    private static int untilMagic(ByteBuffer told) {
        for (int at = told.position(); at + 4 <= told.limit(); at++) {
            if (told.getInt(at) == Wire.SIMPLE_REPLY_MAGIC) {
                return at - told.position();
            }
        }
        return told.remaining();
    }

    @Test
    void no_other_connection_is_disturbed() throws IOException {
        MalformedInputs inputs = new MalformedInputs(SEED + 2);
        try (WireClient other = WireClient.connected(socket, "disk", true)) {
            for (int i = 0; i < COUNT / 2; i++) {
                MalformedInput input = i % 2 == 0 ? inputs.handshake() : inputs.transmission();
                try (WireClient client = i % 2 == 0 ? new WireClient(socket) : negotiated(input.headers)) {
                    client.send(ByteBuffer.wrap(input.bytes()));
                } catch (IOException endedAlready) {
                    assertTrue(input.closed, input + ": " + endedAlready);
                }
                other.ask(0, Wire.CMD_READ, i, 0, 16);
                WireClient.Reply reply = other.chunk();
                assertEquals(i, reply.cookie(), input.toString());
                assertEquals(0, reply.error(), input.toString());
            }
        }
    }

    private WireClient negotiated(Headers headers) throws IOException {
        if (headers != Headers.EXTENDED) {
            return WireClient.connected(socket, "disk", headers == Headers.STRUCTURED);
        }
        WireClient client = WireClient.greeted(socket, 3);
        client.option(Wire.OPT_EXTENDED_HEADERS, new byte[0]);
        client.expectAck();
        client.option(Wire.OPT_GO, WireClient.info("disk"));
        while (client.optionReply().type() != Wire.REP_ACK) {
            continue;
        }
        return client;
    }
}
