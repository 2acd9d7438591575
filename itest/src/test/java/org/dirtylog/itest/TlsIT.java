// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The places where clients get in, as a file of the home names them, with clients that others wrote. */
class TlsIT {
    private static final long MIB = 1 << 20;

    private static final String NBDSH = """
            import os
            assert h.get_tls_negotiated()
            big = os.urandom(32 << 20)
            h.pwrite(big, 4096)
            assert h.pread(len(big), 4096) == big
            cookies = [h.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(os.urandom(4096))), i * 8192) for i in range(64)]
            while cookies:
                h.poll(-1)
                cookies = [c for c in cookies if not h.aio_command_completed(c)]
            h.flush()
            h.shutdown()
            """;

    private static final String UNTIL_REFUSED = """
            import errno
            heard = None
            while heard is None:
                try:
                    h.pread(512, 0)
                except nbd.Error as e:
                    heard = e.errnum
            assert heard == errno.ESHUTDOWN, heard
            h.shutdown()
            """;

    @TempDir
    static Path keys;

    private static Certificates certificates;

    @TempDir
    Path folder;

    private Daemon daemon;

    @BeforeAll
    static void certify() throws Exception {
        certificates = Certificates.in(keys);
    }

    @AfterEach
    void end() {
        if (daemon != null) {
            daemon.close();
        }
    }

    private Path home() {
        return folder.resolve("home");
    }

    private void serve(String... lines) throws Exception {
        Files.createDirectories(home().resolve("etc"));
        Files.writeString(home().resolve("etc/org.dirtylog.export.cfg"), String.join("\n", lines) + "\n");
        daemon = Daemon.run(home()).awaitStarted();
        daemon.command(Scratch.createCommand(folder, "a", 64 * MIB, 128, "")).good();
    }

    /** The certificates stand beside the file that names them. */
    private void copyKeys() throws Exception {
        Path etc = Files.createDirectories(home().resolve("etc"));
        for (String name : List.of("server-cert.pem", "server-key.pem", "ca-cert.pem")) {
            Files.copy(
                    keys.resolve(name),
                    etc.resolve(name),
                    StandardCopyOption.COPY_ATTRIBUTES,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private String uri(String scheme) throws Exception {
        String line = daemon.awaitOut(said -> said.startsWith("ready a " + scheme + ":"));
        return line.substring("ready a ".length());
    }

    private static String with(String uri, Path certificates) {
        return uri + (uri.contains("?") ? "&" : "?") + "tls-certificates=" + certificates;
    }

    private Outcome client(String... words) throws Exception {
        return Outcome.of(folder, Map.of(), List.of(words));
    }

    @Test
    void who_shows_the_right_certificate_is_served_over_TCP_and_nobody_else() throws Exception {
        copyKeys();
        serve(
                "listen = unix, tcp://127.0.0.1:0",
                "certificate = server-cert.pem",
                "key = server-key.pem",
                "clientCertificates = required",
                "clientCa = ca-cert.pem");
        String tcp = uri("nbds");
        assertTrue(tcp.matches("nbds://127\\.0\\.0\\.1:[0-9]+/a"), tcp);
        assertEquals(
                "67108864",
                client("nbdinfo", "--size", with(tcp, keys)).good().out().strip());
        client("nbdinfo", "--list", with(tcp, keys)).good();
        assertNotEquals(
                0,
                client("nbdinfo", "--size", with(tcp, certificates.ofNobody())).code());
        Outcome bare = client("nbdinfo", "--size", tcp.replace("nbds", "nbd"));
        assertNotEquals(0, bare.code());
        assertTrue(bare.err().contains("TLS"), bare.err());
        // The Unix socket is its owner's still, and needs none of that.
        client("nbdinfo", uri("nbd+unix")).good();

        URI place = URI.create(tcp);
        String image = "driver=nbd,host=127.0.0.1,port=" + place.getPort() + ",export=a,tls-creds=t";
        String credentials = "tls-creds-x509,id=t,endpoint=client,verify-peer=yes,dir=";
        client(
                        "qemu-io",
                        "--object",
                        credentials + keys,
                        "--image-opts",
                        "-c",
                        "write -P 0x5a 1000k 3M",
                        "-c",
                        "read -P 0x5a 1000k 3M",
                        "-c",
                        "discard 2M 64k",
                        "-c",
                        "flush",
                        image)
                .good();
        Outcome nobody = client(
                "qemu-io",
                "--object",
                credentials + certificates.ofNobody(),
                "--image-opts",
                "-c",
                "read 0 512",
                image);
        assertFalse(nobody.out().contains("512/512"), nobody.toString());
        daemon.awaitLog(line -> line.contains("does not come to terms on TLS"));
    }

    @Test
    void a_Unix_socket_may_demand_TLS_too() throws Exception {
        copyKeys();
        serve("unixTls = require", "certificate = server-cert.pem", "key = server-key.pem");
        String unix = uri("nbds+unix");
        String python =
                "h.set_uri_allow_local_file(True); h.connect_uri('" + with(unix, certificates.ofNobody()) + "')";
        // Debian's binding belongs to Debian's own python3.
        client("/usr/bin/python3", "-m", "nbd", "-c", python, "-c", NBDSH).good();
        assertNotEquals(0, client("nbdinfo", unix.replace("nbds", "nbd")).code());
    }

    @Test
    void who_is_connected_when_it_stops_hears_of_it() throws Exception {
        copyKeys();
        serve("listen = tcp://127.0.0.1:0", "certificate = server-cert.pem", "key = server-key.pem");
        Path connected = folder.resolve("connected");
        String python = "h.set_uri_allow_local_file(True); h.connect_uri('" + with(uri("nbds"), certificates.ofNobody())
                + "'); open('" + connected + "', 'w')";
        CompletableFuture<Outcome> client = CompletableFuture.supplyAsync(() -> {
            try {
                return client("/usr/bin/python3", "-m", "nbd", "-c", python, "-c", UNTIL_REFUSED);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        while (!Files.exists(connected) && !client.isDone()) {
            Thread.sleep(10);
        }
        daemon.terminate();
        client.get().good();
    }

    @Test
    void without_TLS_TCP_serves_whoever_says_insecure() throws Exception {
        serve("listen = tcp://127.0.0.1:0", "tls = off", "insecure = loopback");
        client("nbdinfo", uri("nbd")).good();
        assertEquals(1, listening(daemon.pid()).size());
        assertFalse(Files.exists(daemon.nbdSocket()), "it was not asked for");
    }

    @Test
    void a_bad_file_lets_the_owner_in_and_nobody_else() throws Exception {
        serve("# first", "listen = unix, tcp://0.0.0.0:0", "tls = off");
        daemon.awaitLog(line -> line.contains(" ERROR ")
                && line.contains("org.dirtylog.export.cfg line 3: tls is 'off'")
                && line.contains("insecure = any-address"));
        client("nbdinfo", uri("nbd+unix")).good();
        assertEquals(List.of(), listening(daemon.pid()));
    }

    /** The TCP addresses on which a process listens: state 0A of proc(5), by the numbers of its open sockets. */
    private static List<String> listening(long process) throws Exception {
        Set<String> sockets = new HashSet<>();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/" + process + "/fd"))) {
            for (Path one : open) {
                try {
                    sockets.add(Files.readSymbolicLink(one).toString());
                } catch (NoSuchFileException e) {
                    // It was closed meanwhile, and listens to nobody.
                    continue;
                }
            }
        }
        List<String> listening = new ArrayList<>();
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc/" + process + "/net/" + table))) {
                String[] words = line.strip().split(" +");
                if (words[3].equals("0A") && sockets.contains("socket:[" + words[9] + "]")) {
                    listening.add(words[1]);
                }
            }
        }
        return listening;
    }
}
