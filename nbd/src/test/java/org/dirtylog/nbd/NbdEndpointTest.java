// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NbdEndpointTest extends ServerFixture {
    @Override
    NbdLimits limits() {
        return NbdLimits.STANDARD
                .withConnections(4)
                .withClientConnections(2)
                .withKeepAlive(Duration.ofSeconds(100), Duration.ofSeconds(3), 2);
    }

    private static NbdEndpoint tcp(String host, int port) {
        return NbdEndpoint.tcp(new InetSocketAddress(host, port));
    }

    private String refusal(NbdEndpoint endpoint) {
        return assertThrows(IOException.class, () -> server.listen(endpoint)).getMessage();
    }

    @Test
    void TCP_without_TLS_is_for_those_who_say_so_and_on_loopback_unless_they_say_more() throws Exception {
        assertTrue(refusal(tcp("127.0.0.1", 0)).contains("tcp://127.0.0.1:0 with TLS OFF"));
        String any = refusal(tcp("0.0.0.0", 0).insecure());
        assertTrue(any.contains("tcp://0.0.0.0:0") && any.contains("not a loopback address"), any);
        TlsFiles files = Party.authority("a").signs("s").pemFiles(folder, "s").load();
        assertTrue(refusal(tcp("127.0.0.1", 0).withTls(NbdTls.allow(files))).contains("ALLOW"));
        server.listen(tcp("127.0.0.1", 0).withTls(NbdTls.require(files)));
        int port = server.listen(tcp("127.0.0.1", 0).insecure());
        WireClient.greeted(new InetSocketAddress("127.0.0.1", port), 3).close();
        int anywhere = server.listen(tcp("0.0.0.0", 0).insecureOnAnyAddress());
        WireClient.greeted(new InetSocketAddress("127.0.0.1", anywhere), 3).close();
    }

    @Test
    void what_cannot_be_listened_on_is_named_and_the_others_serve_on() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String place = "127.0.0.1:" + taken.getLocalPort();
            assertTrue(
                    refusal(tcp("127.0.0.1", taken.getLocalPort()).insecure()).contains("tcp://" + place));
        }
        assertTrue(refusal(NbdEndpoint.tcp(InetSocketAddress.createUnresolved("none.invalid", 1))
                        .insecure())
                .contains("no address"));
        WireClient.connected(socket, "disk", false).close();
    }

    @Test
    void one_client_cannot_take_all_places() throws Exception {
        int port = server.listen(tcp("0.0.0.0", 0).insecureOnAnyAddress());
        InetSocketAddress one = new InetSocketAddress("127.0.0.1", port);
        try (WireClient unix1 = WireClient.connected(socket, "disk", false);
                WireClient unix2 = WireClient.connected(socket, "disk", false);
                WireClient unix3 = new WireClient(socket);
                WireClient tcp1 = WireClient.greeted(one, 3);
                WireClient tcp2 = WireClient.greeted(one, 3)) {
            assertTrue(unix3.isClosed(), "the user has two");
            try (WireClient fifth = new WireClient(one)) {
                assertTrue(fifth.isClosed(), "all four places are taken");
            }
            unix1.ask(0, Wire.CMD_DISC, 1, 0, 0);
            assertTrue(unix1.isClosed());
            try (WireClient tcp3 = new WireClient(one)) {
                assertTrue(tcp3.isClosed(), "the address has two, though there is a place");
            }
            WireClient.connected(socket, "disk", false).close();
            unix2.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(0, unix2.simple(512).error());
            tcp1.go("disk");
            tcp2.go("disk");
        }
    }

    @Test
    void a_silent_TCP_client_is_asked_whether_it_is_there() throws Exception {
        int port = server.listen(tcp("127.0.0.1", 0).insecure());
        try (WireClient client = WireClient.greeted(new InetSocketAddress("127.0.0.1", port), 3)) {
            client.go("disk");
            String[] timer = timer(port);
            while (!timer[0].equals("02")) {
                // What was sent last is not confirmed yet, or nobody asks at all: then this test runs out of time.
                Thread.sleep(10);
                timer = timer(port);
            }
            int hundredths = Integer.parseInt(timer[1], 16);
            assertTrue(hundredths > 5_000 && hundredths <= 10_000, "in " + hundredths);
        }
    }

    /** "tr" and "tm->when" of proc(5) of the connection to a port: 2 is the timer that asks, and in how many 1/100 s it does. */
    private static String[] timer(int port) throws IOException {
        String local = String.format(":%04X", port);
        return Files.readAllLines(Path.of("/proc/net/tcp")).stream()
                .map(line -> line.strip().split(" +"))
                .filter(words -> words[1].endsWith(local) && words[3].equals("01"))
                .map(words -> words[5].split(":"))
                .findFirst()
                .orElseThrow();
    }
}
