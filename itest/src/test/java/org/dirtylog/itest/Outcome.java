// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a program made of what it was asked.
 *
 * @param code its exit code
 * @param out  its standard output
 * @param err  its standard error
 */
record Outcome(int code, String out, String err) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE_SECONDS = 120;

    /** Runs a program to its end. */
    static Outcome of(Path folder, Map<String, String> environment, List<String> words) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
        CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(words + " did not end within " + PATIENCE_SECONDS + " s");
        }
        return new Outcome(process.exitValue(), out.get(), err.get());
    }

    static Outcome of(String... words) throws Exception {
        return of(Path.of("."), Map.of(), List.of(words));
    }

    private static String text(InputStream in) {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fails unless the program succeeded. */
    Outcome good() {
        if (code != 0) {
            throw new AssertionError("exit code " + code + "\n" + out + err);
        }
        return this;
    }

    JsonNode json() throws IOException {
        good();
        return JSON.readTree(out);
    }
}
