// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Who is tried. */
enum Server {
    OURS(List.of("base:allocation", "x-test:parity")),
    NBDKIT(List.of("base:allocation"), "nbdkit", "nbdkit"),
    QEMU(List.of("base:allocation", "qemu:allocation-depth"), "qemu-nbd", "qemu-utils");

    /** What it tells about its exports. */
    final List<String> contexts;

    private final String program;
    private final String debianPackage;

    Server(List<String> contexts) {
        this(contexts, "", "");
    }

    Server(List<String> contexts, String program, String debianPackage) {
        this.contexts = contexts;
        this.program = program;
        this.debianPackage = debianPackage;
    }

    String program() {
        return program;
    }

    String missing() {
        return program + " is missing: apt-get install " + debianPackage;
    }

    /** The first two numbers of its version; empty if it is not there. */
    String version() throws IOException {
        try {
            Process process = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return said.replaceFirst("(?s)\\D*(\\d+\\.\\d+).*", "$1");
        } catch (IOException notThere) {
            return "";
        }
    }

    /** The command that serves an image for reading, and for writing too if so wanted, on a socket. */
    List<String> command(Path socket, Path image, String export, boolean writable) {
        String only = writable ? "" : "-r";
        List<String> words = this == NBDKIT
                ? List.of(program, "-f", "--exit-with-parent", only, "-U", socket.toString(), "file", image.toString())
                : List.of(
                        program,
                        "-t",
                        only,
                        "-A",
                        "-e",
                        "16",
                        "-f",
                        "raw",
                        "-x",
                        export,
                        "-k",
                        socket.toString(),
                        image.toString());
        return words.stream().filter(word -> !word.isEmpty()).toList();
    }
}
