// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that others wrote, on the demo mirror; after each the legs are the same, byte for byte. */
class ClientsIT {
    /** Talks to the server as programs with libnbd do: pipelined, structured, up to the largest payload, and wrongly. */
    private static final String NBDSH = """
            import nbd, os
            assert h.get_size() == 268435456
            assert h.can_multi_conn() and h.can_fua() and h.can_df() and h.can_trim() and h.can_fast_zero()
            big = os.urandom(32 << 20)
            h.pwrite(big, 4096, nbd.CMD_FLAG_FUA)
            assert h.pread(len(big), 4096) == big
            cookies, buffers = [], []
            for i in range(64):
                buffers.append((nbd.Buffer.from_bytearray(bytearray(os.urandom(4096))), i * 8192))
                cookies.append(h.aio_pwrite(*buffers[-1]))
            while cookies:
                h.poll(-1)
                cookies = [c for c in cookies if not h.aio_command_completed(c)]
            for data, at in buffers:
                assert h.pread(4096, at) == data.to_bytearray()
            seen = []
            h.block_status(1 << 20, 0, lambda name, offset, entries, error: seen.append((name, entries)))
            assert {name for name, entries in seen} == {"base:allocation", "dirtylog:regions"}, seen
            assert all(state in (0, 1) for name, entries in seen if name == "dirtylog:regions" for state in entries[1::2])
            h.set_strict_mode(0)
            for wrong in (lambda: h.pread(512, 268435456), lambda: h.pwrite(bytes(512), 268435400)):
                try:
                    wrong()
                    raise AssertionError("not refused")
                except nbd.Error as e:
                    assert e.errnum in (22, 28), e
            other = nbd.NBD()
            other.connect_uri(h.get_uri())
            h.pwrite(b"x" * 512, 0)
            other.flush()
            assert other.pread(512, 0) == b"x" * 512
            other.shutdown()
            h.zero(1 << 20, 1 << 20)
            h.trim(1 << 20, 4 << 20)
            assert h.pread(1 << 20, 1 << 20) == bytes(1 << 20)
            h.flush()
            """;

    @TempDir
    Path folder;

    private Daemon daemon;
    private String uri;

    @BeforeEach
    void serve() throws Exception {
        daemon = Daemon.demo(folder.resolve("home"));
        uri = daemon.awaitReady("demo");
    }

    @AfterEach
    void stopAndCompare() throws Exception {
        try {
            assertEquals(0, daemon.status("demo").at("/recovery/bytesTotal").asLong());
            daemon.terminate();
            Path data = folder.resolve("home/data");
            assertEquals(-1, Files.mismatch(data.resolve("demo-0.img"), data.resolve("demo-1.img")));
        } finally {
            daemon.close();
        }
    }

    private Outcome client(String debianPackage, String... words) throws Exception {
        boolean there = Outcome.of("sh", "-c", "command -v " + words[0]).code() == 0;
        assumeTrue(there, words[0] + " is missing: apt-get install " + debianPackage);
        return Outcome.of(folder, Map.of(), List.of(words));
    }

    private Path noise(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(7).nextBytes(content);
        return Files.write(folder.resolve("noise.img"), content);
    }

    @Test
    void nbdinfo_tells_size_contexts_and_regions() throws Exception {
        JsonNode info =
                client("libnbd-bin", "nbdinfo", "--json", uri).good().json().at("/exports/0");
        assertEquals(268435456, info.get("export-size").asLong());
        assertEquals("base:allocation", info.at("/contexts/0").asText());
        assertEquals("dirtylog:regions", info.at("/contexts/1").asText());
        client("libnbd-bin", "nbdinfo", "--list", "nbd+unix:///?socket=" + daemon.nbdSocket())
                .good();
        client("qemu-utils", "qemu-io", "-f", "raw", "-c", "write 0 64k", uri).good();
        String map = client("libnbd-bin", "nbdinfo", "--map=dirtylog:regions", uri)
                .good()
                .out();
        assertTrue(map.lines().findFirst().orElse("").matches("\\s*0\\s+524288\\s+1.*"), map);
    }

    @Test
    void nbdcopy_and_qemu_img_bring_an_image_in_and_out() throws Exception {
        Path image = noise(256 << 20);
        client("libnbd-bin", "nbdcopy", image.toString(), uri).good();
        client("qemu-utils", "qemu-img", "compare", "-f", "raw", "-F", "raw", image.toString(), uri)
                .good();
        Path back = folder.resolve("back.img");
        client("libnbd-bin", "nbdcopy", uri, back.toString()).good();
        assertEquals(-1, Files.mismatch(image, back));
        client(
                        "qemu-utils",
                        "qemu-img",
                        "convert",
                        "-f",
                        "raw",
                        "-O",
                        "qcow2",
                        uri,
                        folder.resolve("q.qcow2").toString())
                .good();
        client("qemu-utils", "qemu-img", "info", "-f", "raw", uri).good();
    }

    @Test
    void qemu_io_reads_what_it_wrote_discarded_and_zeroed() throws Exception {
        client(
                        "qemu-utils",
                        "qemu-io",
                        "-f",
                        "raw",
                        "-c",
                        "write -P 0x5a 1000k 3M",
                        "-c",
                        "read -P 0x5a 1000k 3M",
                        "-c",
                        "write -z 1M 512k",
                        "-c",
                        "read -P 0 1M 512k",
                        "-c",
                        "discard 2M 64k",
                        "-c",
                        "write -f -P 1 2M 4k",
                        "-c",
                        "read -P 1 2M 4k",
                        "-c",
                        "flush",
                        uri)
                .good();
    }

    @Test
    void nbdsh_uses_the_protocol_to_its_limits() throws Exception {
        // nbdsh is a script that takes the first python3 of the path; Debian's binding belongs to Debian's own.
        String python = "/usr/bin/python3";
        assumeTrue(
                Outcome.of(python, "-c", "import nbd").code() == 0, "nbdsh is missing: apt-get install python3-libnbd");
        client(
                        "python3-libnbd",
                        python,
                        "-m",
                        "nbd",
                        "--base-allocation",
                        "-c",
                        "h.add_meta_context('dirtylog:regions')",
                        "-c",
                        "h.connect_uri('" + uri + "')",
                        "-c",
                        NBDSH)
                .good();
    }

    @Test
    void fio_verifies_what_it_wrote() throws Exception {
        client(
                        "fio",
                        "fio",
                        "--name=verify",
                        "--ioengine=nbd",
                        "--uri=" + uri,
                        "--rw=randwrite",
                        "--bsrange=512-64k",
                        "--size=64m",
                        "--iodepth=16",
                        "--fsync=64",
                        "--verify=crc32c",
                        "--verify_fatal=1")
                .good();
    }
}
