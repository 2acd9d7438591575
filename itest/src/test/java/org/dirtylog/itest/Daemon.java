// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * A process of the distribution on a home, as a user starts it: with the script, without a terminal. Closing it kills it if
 * it still runs.
 */
final class Daemon implements AutoCloseable {
    /** The JDK of the tests is also that of the process. */
    static final Map<String, String> ENVIRONMENT = Map.of("JAVA_HOME", System.getProperty("java.home"));

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final long ASK_NANOS = 10_000_000;

    private final Path home;
    private final Process process;
    private final Lines out;
    private final Lines err;

    private Daemon(Path home, Process process) {
        this.home = home;
        this.process = process;
        this.out = new Lines("out", process.getInputStream());
        this.err = new Lines("err", process.getErrorStream());
    }

    /** What a stream said so far, line by line. */
    private static final class Lines {
        private final List<String> seen = new ArrayList<>();
        private boolean ended;

        Lines(String name, InputStream in) {
            Thread reader = new Thread(() -> read(in), "daemon/" + name);
            reader.setDaemon(true);
            reader.start();
        }

        private void read(InputStream in) {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    add(line);
                }
            } catch (IOException e) {
                add("(reading broke: " + e.getMessage() + ")");
            } finally {
                end();
            }
        }

        private synchronized void add(String line) {
            seen.add(line);
            notifyAll();
        }

        private synchronized void end() {
            ended = true;
            notifyAll();
        }

        synchronized List<String> all() {
            return List.copyOf(seen);
        }

        /** The first line of that kind, or null if the stream ends or the time is over before it. */
        synchronized String await(Predicate<String> wanted, Duration patience) throws InterruptedException {
            long end = System.nanoTime() + patience.toNanos();
            while (true) {
                for (String line : seen) {
                    if (wanted.test(line)) {
                        return line;
                    }
                }
                long left = end - System.nanoTime();
                if (ended || left <= 0) {
                    return null;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
    }

    static Path distribution() {
        return Path.of(System.getProperty("dirtylog.distribution"))
                .toAbsolutePath()
                .normalize();
    }

    static String script() {
        return distribution().resolve("bin/dirtylog").toString();
    }

    static Daemon run(Path home) throws IOException {
        return start(script(), "run", home);
    }

    static Daemon demo(Path home) throws IOException {
        return start(script(), "demo", home);
    }

    /** As {@link #run}, under a limit to the size of files: writing beyond it fails, as on a full or broken disk. */
    static Daemon runWithin(long fileBytes, Path home) throws IOException {
        String limited = "ulimit -f " + fileBytes / 512 + " && exec \"$0\" \"$@\"";
        return start(home, "sh", "-c", limited, script(), "run", "--home", home.toString());
    }

    /** As {@link #run}, with options for the Java machine. */
    static Daemon runWith(String javaOptions, Path home) throws IOException {
        String with =
                "DIRTYLOG_JAVA_OPTIONS='" + javaOptions + "' && export DIRTYLOG_JAVA_OPTIONS && exec \"$0\" \"$@\"";
        return start(home, "sh", "-c", with, script(), "run", "--home", home.toString());
    }

    static Daemon start(String script, String verb, Path home) throws IOException {
        return start(home, script, verb, "--home", home.toString());
    }

    private static Daemon start(Path home, String... words) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().putAll(ENVIRONMENT);
        Process process = builder.start();
        process.getOutputStream().close();
        return new Daemon(home, process);
    }

    /** Waits until clients can connect to a mirror. */
    String awaitReady(String mirror) throws InterruptedException {
        String line = out.await(said -> said.startsWith("ready " + mirror + " "), PATIENCE);
        if (line == null) {
            throw new AssertionError("mirror " + mirror + " is not ready; the process said:\n" + said());
        }
        return line.substring(("ready " + mirror + " ").length());
    }

    /** Waits until clients can connect to that many mirrors. */
    void awaitReady(int mirrors) throws InterruptedException {
        long[] seen = new long[1];
        if (out.await(
                        line -> {
                            seen[0] = out.all().stream()
                                    .filter(said -> said.startsWith("ready "))
                                    .count();
                            return seen[0] >= mirrors;
                        },
                        PATIENCE)
                == null) {
            throw new AssertionError(seen[0] + " of " + mirrors + " mirrors are ready; the process said:\n" + said());
        }
    }

    /** Waits until it takes commands. */
    Daemon awaitStarted() throws InterruptedException {
        if (err.await(said -> said.contains(" runs on "), PATIENCE) == null) {
            throw new AssertionError("not started; the process said:\n" + said());
        }
        return this;
    }

    /** Waits for a line of the log. */
    String awaitLog(Predicate<String> wanted) throws InterruptedException {
        String line = err.await(wanted, PATIENCE);
        if (line == null) {
            throw new AssertionError("that was not logged; the process said:\n" + said());
        }
        return line;
    }

    /** Waits for a line of standard output. */
    String awaitOut(Predicate<String> wanted) throws InterruptedException {
        String line = out.await(wanted, PATIENCE);
        if (line == null) {
            throw new AssertionError("that was not printed; the process said:\n" + said());
        }
        return line;
    }

    /** Runs a command as a user does. */
    Outcome exec(String command) throws Exception {
        return exec(home, command);
    }

    static Outcome exec(Path home, String command) throws Exception {
        return Outcome.of(Path.of("."), ENVIRONMENT, List.of(script(), "exec", "--home", home.toString(), command));
    }

    /** Runs a command through the control socket, without the cost of a process. */
    Outcome command(String command) throws IOException {
        return Control.run(home.resolve("control.sock"), command);
    }

    JsonNode status(String mirror) throws IOException {
        return command("mirror:status " + mirror + " --json").json();
    }

    /** Asks for the state of a mirror until it is as wanted. */
    JsonNode awaitStatus(String mirror, Predicate<JsonNode> wanted) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        JsonNode status;
        do {
            status = status(mirror);
            if (wanted.test(status)) {
                return status;
            }
            LockSupport.parkNanos(ASK_NANOS);
        } while (System.nanoTime() < end);
        throw new AssertionError("the state does not come; it is " + status + "\n" + said());
    }

    JsonNode awaitInSync(String mirror) throws IOException {
        return awaitStatus(
                mirror,
                status -> status.get("inSync").asLong() == status.get("regions").asLong());
    }

    Path home() {
        return home;
    }

    Path nbdSocket() {
        return home.resolve("nbd.sock");
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    List<String> out() {
        return out.all();
    }

    List<String> err() {
        return err.all();
    }

    private String said() {
        return String.join("\n", out.all()) + "\n" + String.join("\n", err.all());
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitEnd(PATIENCE);
    }

    /** SIGTERM; fails if it takes longer than promised. */
    int terminate() throws InterruptedException {
        process.destroy();
        return awaitEnd(Duration.ofSeconds(20));
    }

    int awaitEnd(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("the process did not end within " + patience + "; it said:\n" + said());
        }
        out.await(line -> false, PATIENCE);
        err.await(line -> false, PATIENCE);
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        CompletableFuture<Process> end = process.onExit();
        end.join();
    }
}
