// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.dirtylog.nbd.NbdTls.ClientCertificates;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** TLS as "TLS support" in doc/proto.md wants it of servers, and what was found wrong in others. */
@Timeout(60)
class TlsTest extends ServerFixture {
    private static Party authority;
    private static Party serverParty;

    private TlsFiles files;
    private InetSocketAddress demanding;
    private InetSocketAddress allowing;

    @BeforeAll
    static void certify() throws Exception {
        authority = Party.authority("authority");
        serverParty = authority.signs("server");
    }

    @BeforeEach
    void listen() throws Exception {
        files = serverParty
                .pemFiles(folder, "server")
                .withClientCa(authority.certificateFile(folder, "ca.pem"))
                .load();
        demanding = open(NbdTls.require(files));
        allowing = open(NbdTls.allow(files));
    }

    private InetSocketAddress open(NbdTls tls) throws IOException {
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        int port = server.listen(NbdEndpoint.tcp(anyPort).withTls(tls).insecure());
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static SSLContext nobody() throws Exception {
        return Party.client(authority, null);
    }

    // ---- what may be said before
    // --------------------------------------------------------------------------------------

    @Test
    void where_TLS_is_demanded_nothing_but_STARTTLS_and_ABORT_goes_without() throws Exception {
        try (WireClient client = WireClient.greeted(demanding, 3)) {
            int[] options = {
                Wire.OPT_LIST,
                Wire.OPT_INFO,
                Wire.OPT_GO,
                Wire.OPT_STRUCTURED_REPLY,
                Wire.OPT_LIST_META_CONTEXT,
                Wire.OPT_SET_META_CONTEXT,
                Wire.OPT_EXTENDED_HEADERS,
                99
            };
            for (int option : options) {
                client.option(option, WireClient.info("disk"));
                assertEquals(Wire.REP_ERR_TLS_REQD, client.optionReply().type(), "option " + option);
            }
            client.option(Wire.OPT_LIST, new byte[100_000]);
            assertEquals(Wire.REP_ERR_TLS_REQD, client.optionReply().type());
            client.option(Wire.OPT_ABORT, new byte[0]);
            client.expectAck();
            assertTrue(client.isClosed());
        }
        try (WireClient client = WireClient.greeted(demanding, 3)) {
            client.option(Wire.OPT_EXPORT_NAME, "disk".getBytes(StandardCharsets.UTF_8));
            assertTrue(client.isClosed());
        }
    }

    @Test
    void with_TLS_nothing_is_refused_for_want_of_it_and_it_begins_once() throws Exception {
        try (WireClient client = WireClient.greeted(demanding, 3)) {
            client.option(Wire.OPT_STARTTLS, new byte[1]);
            assertEquals(Wire.REP_ERR_INVALID, client.optionReply().type());
            client.startTls(nobody());
            client.option(Wire.OPT_STARTTLS, new byte[0]);
            assertEquals(Wire.REP_ERR_INVALID, client.optionReply().type());
            client.option(Wire.OPT_LIST, new byte[0]);
            assertEquals(Wire.REP_SERVER, client.optionReply().type());
            client.expectAck();
            client.go("disk");
        }
    }

    @Test
    void who_does_not_speak_fixed_newstyle_gets_no_TLS_and_nothing_where_it_is_demanded() throws Exception {
        for (InetSocketAddress address : List.of(demanding, allowing)) {
            try (WireClient client = WireClient.greeted(address, 0)) {
                client.option(Wire.OPT_STARTTLS, new byte[0]);
                assertTrue(client.isClosed());
            }
        }
        try (WireClient client = WireClient.greeted(demanding, 0)) {
            client.option(Wire.OPT_EXPORT_NAME, "disk".getBytes(StandardCharsets.UTF_8));
            assertTrue(client.isClosed());
        }
    }

    @Test
    void where_TLS_is_allowed_one_may_do_without() throws Exception {
        try (WireClient client = WireClient.greeted(allowing, 3)) {
            client.go("");
            client.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(0, client.simple(512).error());
        }
    }

    @Test
    void what_was_agreed_before_TLS_is_forgotten() throws Exception {
        try (WireClient client = WireClient.greeted(allowing, 3)) {
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            client.option(Wire.OPT_SET_META_CONTEXT, WireClient.queries("disk", "base:allocation"));
            client.optionReply();
            client.expectAck();
            client.startTls(nobody());
            client.option(Wire.OPT_SET_META_CONTEXT, WireClient.queries("disk", "base:allocation"));
            assertEquals(Wire.REP_ERR_INVALID, client.optionReply().type());
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            client.go("disk");
            client.ask(0, Wire.CMD_BLOCK_STATUS, 1, 0, 512);
            assertEquals(Wire.EINVAL, client.chunk().error());
        }
        try (WireClient client = WireClient.greeted(allowing, 3)) {
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            client.startTls(nobody());
            client.go("disk");
            client.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(0, client.simple(512).error());
        }
        try (WireClient client = WireClient.greeted(allowing, 3)) {
            client.option(Wire.OPT_EXTENDED_HEADERS, new byte[0]);
            client.expectAck();
            client.startTls(nobody());
            client.go("disk");
            client.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(0, client.simple(512).error());
        }
    }

    @Test
    void what_is_sent_bare_behind_STARTTLS_is_not_taken_for_something_sent_with_TLS() throws Exception {
        for (InetSocketAddress address : List.of(demanding, allowing)) {
            try (WireClient client = WireClient.greeted(address, 3)) {
                client.send(ByteBuffer.allocate(32)
                        .putLong(Wire.OPTION_MAGIC)
                        .putInt(Wire.OPT_STARTTLS)
                        .putInt(0)
                        .putLong(Wire.OPTION_MAGIC)
                        .putInt(Wire.OPT_STRUCTURED_REPLY)
                        .putInt(0)
                        .flip());
                client.expectAck();
                assertFalse(answersAnOption(client));
            }
            try (WireClient client = WireClient.greeted(address, 3)) {
                client.send(ByteBuffer.allocate(32)
                        .putLong(Wire.OPTION_MAGIC)
                        .putInt(Wire.OPT_STARTTLS)
                        .putInt(0)
                        .putLong(Wire.OPTION_MAGIC)
                        .putInt(Wire.OPT_STRUCTURED_REPLY)
                        .putInt(0)
                        .flip());
                client.expectAck();
                assertThrows(IOException.class, () -> client.beginTls(nobody()), "it goes on as if nothing had been");
            }
        }
    }

    /** Whether anything but the alert of TLS, which is shorter, comes before the end. */
    private static boolean answersAnOption(WireClient client) {
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        try {
            while (true) {
                got.write(client.receive(1).get());
            }
        } catch (IOException ended) {
            return got.size() >= 20;
        }
    }

    // ---- bytes
    // --------------------------------------------------------------------------------------------------------

    @Test
    void bytes_are_the_same_with_TLS_whatever_their_number() throws Exception {
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
            try (WireClient client = WireClient.greeted(demanding, 3)) {
                assertEquals(
                        version, client.startTls(nobody(), version).getSession().getProtocol());
                client.go("disk");
                Random random = new Random(5);
                for (int length : new int[] {1, 512, 4096, 16_383, 16_384, 16_385, 100_000, 600_000, 1 << 20}) {
                    byte[] payload = new byte[length];
                    random.nextBytes(payload);
                    client.write(0, length, 0, payload);
                    assertEquals(0, client.simple(0).error());
                    client.ask(0, Wire.CMD_READ, length, 0, length);
                    byte[] read = new byte[length];
                    client.simple(length).data().get(read);
                    assertArrayEquals(payload, read, version + " " + length);
                }
                client.send(WireClient.many(200, 0, Wire.CMD_READ, 4096, 0));
                for (int i = 0; i < 200; i++) {
                    byte[] read = new byte[4096];
                    client.simple(4096).data().get(read);
                    assertArrayEquals(Arrays.copyOf(device.bytes, 4096), read);
                }
            }
        }
    }

    @Test
    void keys_may_be_renewed_in_between_and_not_agreed_on_anew() throws Exception {
        try (WireClient client = WireClient.greeted(demanding, 3)) {
            SSLSocket socket = client.startTls(nobody(), "TLSv1.3");
            client.go("disk");
            for (int i = 0; i < 5; i++) {
                socket.startHandshake();
                client.write(0, i, 0, new byte[100_000]);
                assertEquals(0, client.simple(0).error());
            }
        }
        try (WireClient client = WireClient.greeted(demanding, 3)) {
            SSLSocket socket = client.startTls(nobody(), "TLSv1.2");
            client.go("disk");
            assertThrows(IOException.class, () -> {
                socket.startHandshake();
                client.ask(0, Wire.CMD_READ, 1, 0, 512);
                client.simple(512);
            });
        }
    }

    @Test
    void nothing_older_than_1_2_is_spoken() {
        assertEquals(
                List.of("TLSv1.3", "TLSv1.2"),
                List.of(NbdTls.require(files).engine().getEnabledProtocols()));
    }

    @Test
    void a_client_that_asks_for_TLS_and_does_not_begin_it_is_cut_off() throws Exception {
        try (NbdServer impatient = new NbdServer(tasks, NbdLimits.STANDARD.withHandshake(Duration.ofMillis(300)))) {
            int port = impatient.listen(
                    NbdEndpoint.tcp(new InetSocketAddress("127.0.0.1", 0)).withTls(NbdTls.require(files)));
            try (WireClient client = WireClient.greeted(new InetSocketAddress("127.0.0.1", port), 3)) {
                client.option(Wire.OPT_STARTTLS, new byte[0]);
                client.expectAck();
                assertFalse(answersAnOption(client));
            }
        }
    }

    // ---- certificates of clients
    // --------------------------------------------------------------------------------------

    private boolean isServed(InetSocketAddress address, Party shown) throws Exception {
        try (WireClient client = WireClient.greeted(address, 3)) {
            client.startTls(Party.client(authority, shown));
            client.go("disk");
            client.ask(0, Wire.CMD_READ, 1, 0, 512);
            return client.simple(512).error() == 0;
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void who_has_no_certificate_that_is_trusted_is_not_served() throws Exception {
        Party good = authority.signs("good");
        Party expired = authority.signs("expired", Party.keys("EC", 256), -1);
        Party foreign = Party.authority("authority").signs("foreign");
        InetSocketAddress required = open(NbdTls.require(files).withClientCertificates(ClientCertificates.REQUIRED));
        InetSocketAddress optional = open(NbdTls.require(files).withClientCertificates(ClientCertificates.OPTIONAL));
        assertTrue(isServed(required, good));
        assertFalse(isServed(required, null));
        assertFalse(isServed(required, expired));
        assertFalse(isServed(required, foreign));
        assertTrue(isServed(optional, good));
        assertTrue(isServed(optional, null));
        assertFalse(isServed(optional, expired));
        assertTrue(isServed(demanding, foreign), "nobody asks it for one");
    }

    @Test
    void a_certificate_that_is_renewed_is_shown_to_whoever_comes_then() throws Exception {
        try (WireClient before = WireClient.greeted(demanding, 3)) {
            before.startTls(nobody());
            before.go("disk");
            Party renewed = authority.signs("renewed");
            renewed.pemFiles(folder, "server");
            Thread.sleep(2_100);
            try (WireClient after = WireClient.greeted(demanding, 3)) {
                assertEquals(
                        "CN=renewed",
                        after.startTls(nobody()).getSession().getPeerPrincipal().getName());
            }
            Files.writeString(folder.resolve("server-cert.pem"), "nonsense");
            Thread.sleep(2_100);
            try (WireClient later = WireClient.greeted(demanding, 3)) {
                assertEquals(
                        "CN=renewed",
                        later.startTls(nobody()).getSession().getPeerPrincipal().getName());
            }
            before.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(0, before.simple(512).error());
        }
    }
}
