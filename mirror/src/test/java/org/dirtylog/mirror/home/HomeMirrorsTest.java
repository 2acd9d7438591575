// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.log.runtime.TypeRegistry;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorTarget;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.FileDevices;
import org.dirtylog.seams.real.FileRecordFolder;
import org.dirtylog.seams.real.SecureRandomness;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.SynchronousConfigurationListener;

@Timeout(60)
class HomeMirrorsTest {
    private static final int THREADS = 16;

    @TempDir
    Path home;

    private final ThreadTasks tasks = new ThreadTasks(THREADS);
    private final List<Object> services = new CopyOnWriteArrayList<>();
    private final MemoryAdmin admin = new MemoryAdmin();
    private Devices devices;
    private TypeRegistry logs;
    private String table;

    @BeforeEach
    void makeLegs() throws IOException {
        devices = new FileDevices(new FileRecordFolder(home.resolve("data")), tasks);
        logs = new TypeRegistry(tasks, new SystemClock());
        logs.add(new CoreLogType(), Map.of());
        for (String name : List.of("leg0", "leg1")) {
            try (RandomAccessFile leg = new RandomAccessFile(home.resolve(name).toFile(), "rw")) {
                leg.setLength(1 << 20);
            }
        }
        table = "0 2048 mirror core 2 128 nosync 2 " + home.resolve("leg0") + " 0 " + home.resolve("leg1") + " 0";
    }

    @AfterEach
    void closeTasks() {
        tasks.close();
    }

    private HomeMirrors mirrors() {
        return new HomeMirrors(
                context(), tasks, new SystemClock(), new SecureRandomness(), devices, logs, admin.service());
    }

    private BundleContext context() {
        return MemoryAdmin.proxy(BundleContext.class, (method, arguments) -> switch (method) {
            case "getProperty" -> home.toString();
            case "registerService" -> {
                if (arguments[1] instanceof SynchronousConfigurationListener listener) {
                    admin.listeners.add(listener);
                } else {
                    services.add(arguments[1]);
                }
                yield MemoryAdmin.proxy(ServiceRegistration.class, (end, none) -> {
                    admin.listeners.remove(arguments[1]);
                    services.remove(arguments[1]);
                    return null;
                });
            }
            default -> throw new UnsupportedOperationException(method);
        });
    }

    @Test
    void stopping_needs_no_thread_of_the_pool() throws Exception {
        HomeMirrors mirrors = mirrors();
        mirrors.create("m", table, "", false, false, "dirty");
        MirrorTarget mirror = (MirrorTarget) services.get(0);
        mirrors.suspend("m");
        CountDownLatch waiting = new CountDownLatch(THREADS);
        CountDownLatch refused = new CountDownLatch(2 * THREADS);
        for (int i = 0; i < 2 * THREADS; i++) {
            tasks.start("client " + i, () -> {
                waiting.countDown();
                try {
                    mirror.device().write(0, ByteBuffer.allocate(512));
                } catch (IOException e) {
                    refused.countDown();
                }
            });
        }
        assertTrue(waiting.await(30, TimeUnit.SECONDS), "this tests nothing: the pool is not full");
        mirrors.stop();
        assertTrue(refused.await(30, TimeUnit.SECONDS));
        assertEquals(List.of(), services);
        devices.openLeg(home.resolve("leg0").toString()).close();
    }

    @Test
    void nothing_is_opened_after_a_stop() throws Exception {
        Surroundings world = new Surroundings(tasks, new SystemClock(), new SecureRandomness(), devices);
        Mirror mirror = new Mirror(MirrorConfig.of("m", TableLine.parse(table, logs::parametersOf)), world, logs);
        mirror.stop();
        MirrorException e = assertThrows(MirrorException.class, mirror::open);
        assertTrue(e.getMessage().contains("is stopped"), e.getMessage());
        devices.openLeg(home.resolve("leg0").toString()).close();
        HomeMirrors mirrors = mirrors();
        mirrors.stop();
        assertThrows(MirrorException.class, () -> mirrors.create("m", table, "", false, false, "dirty"));
        assertEquals(List.of(), mirrors.names());
        assertTrue(Files.notExists(home.resolve("etc").resolve(MirrorFile.fileName("m"))));
    }

    // ---- files that change ------------------------------------------------------------------------------------------

    private Path file(String mirror) throws IOException {
        return Files.createDirectories(home.resolve("etc")).resolve(MirrorFile.fileName(mirror));
    }

    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < end, what + " does not come");
            Thread.sleep(5);
        }
    }

    private void serves(String export) throws Exception {
        await(
                "a mirror for clients of " + export,
                () -> services.stream()
                        .anyMatch(it -> ((MirrorTarget) it).exportName().equals(export)));
    }

    private static String message(HomeMirrors mirrors, String name) {
        try {
            return mirrors.status(name).word().text() + ": "
                    + mirrors.status(name).message();
        } catch (MirrorException e) {
            return "none: " + e.getMessage();
        }
    }

    private static void says(HomeMirrors mirrors, String name, String... parts) throws Exception {
        for (String part : parts) {
            await(
                    part + " in " + message(mirrors, name),
                    () -> message(mirrors, name).contains(part));
        }
    }

    @Test
    void a_file_that_comes_starts_a_mirror_and_one_that_goes_stops_it() throws Exception {
        HomeMirrors mirrors = mirrors();
        Files.writeString(file("m"), "table = " + table + "\n");
        serves("m");
        MirrorTarget mirror = (MirrorTarget) services.get(0);
        BlockDevice device = mirror.device();
        UUID id = mirror.id();
        device.write(0, ByteBuffer.allocate(512));
        Files.delete(file("m"));
        await("the end of the mirror", () -> mirrors.names().isEmpty());
        assertEquals(List.of(), services);
        assertThrows(IOException.class, () -> device.write(0, ByteBuffer.allocate(512)));
        assertTrue(Files.exists(home.resolve("data/m.record")), "only mirror:remove dissolves a mirror");
        Files.writeString(file("m"), "table = " + table + "\n");
        serves("m");
        assertEquals(id, ((MirrorTarget) services.get(0)).id());
        mirrors.stop();
    }

    @Test
    void policies_change_in_place_and_a_name_for_clients_by_stop_and_start() throws Exception {
        Files.writeString(file("m"), "table = " + table + "\ncleanAfterMillis = 3600000\n");
        HomeMirrors mirrors = mirrors();
        serves("m");
        Object first = services.get(0);
        MirrorTarget target = (MirrorTarget) first;
        target.device().write(0, ByteBuffer.allocate(512));
        assertEquals(1, target.status().dirty());
        Files.writeString(file("m"), "table = " + table + "\ncleanAfterMillis = 20\n");
        await("the new policy", () -> target.status().dirty() == 0);
        assertEquals(List.of(first), services, "the mirror was stopped");
        Files.writeString(file("m"), "table = " + table + "\nexport = other\n");
        serves("other");
        assertEquals(1, services.size());
        assertEquals("", mirrors.status("m").message());
        mirrors.stop();
    }

    @Test
    void a_bad_file_is_refused_with_its_line_and_the_mirror_goes_on_as_it_was() throws Exception {
        Files.writeString(file("m"), "table = " + table + "\n");
        HomeMirrors mirrors = mirrors();
        serves("m");
        Object first = services.get(0);
        String goesOn = "running: it goes on with its old configuration: org.dirtylog.mirror-m.cfg line ";
        Files.writeString(file("m"), "table = " + table + "\n\nhotRegions = many\n");
        says(mirrors, "m", goesOn + "3", "'many'");
        Files.writeString(file("m"), "table = " + table + "\nexport = x\nexport = x\n");
        says(mirrors, "m", goesOn + "3", "line 2 already");
        Files.writeString(file("m"), "just words\n");
        says(mirrors, "m", goesOn + "1", "'just words'");
        // The record knows the legs.
        Files.writeString(file("m"), "table = " + table.replace("leg1", "leg2") + "\n");
        says(mirrors, "m", "running: it goes on with its old configuration: mirror m: the table names the legs");
        Files.writeString(file("n"), "table = " + table + "\nexport = m\n");
        says(mirrors, "n", "waiting: ", "'m' is that of mirror m");
        assertEquals(List.of(first), services, "the mirror was stopped");
        Files.writeString(file("m"), "table = " + table + "\n");
        await("the end of the trouble", () -> message(mirrors, "m").equals("running: "));
        assertEquals(List.of(first), services, "the mirror was stopped");
        mirrors.stop();
    }

    @Test
    void a_file_that_never_was_right_is_a_mirror_that_failed_until_it_goes() throws Exception {
        Files.writeString(file("m"), "just words\n");
        HomeMirrors mirrors = mirrors();
        Files.writeString(file("n"), "just words\n");
        says(mirrors, "n", "none: org.dirtylog.mirror-n.cfg line 1", "the mirror is not started");
        says(mirrors, "m", "none: org.dirtylog.mirror-m.cfg line 1", "the mirror is not started");
        MirrorException e = assertThrows(MirrorException.class, () -> mirrors.resume("m"));
        assertTrue(e.getMessage().contains("'just words'"), e.getMessage());
        Files.delete(file("m"));
        Files.delete(file("n"));
        await("the end of both", () -> mirrors.names().isEmpty());
        mirrors.stop();
    }

    /** Says no as late as a type can. */
    private static final class BrokenType implements DirtyLogType {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public List<String> parameters() {
            return List.of();
        }

        @Override
        public DirtyLog create(LogSpec spec, LogHost host) throws DirtyLogException {
            throw new DirtyLogException.Rejected("a broken type");
        }
    }

    @Test
    void what_cannot_start_as_it_was_changed_goes_on_as_it_was() throws Exception {
        Files.writeString(file("m"), "table = " + table + "\n");
        HomeMirrors mirrors = mirrors();
        serves("m");
        logs.add(new BrokenType(), Map.of());
        Files.writeString(file("m"), "table = " + table.replace("core", "broken") + "\n");
        says(mirrors, "m", "it goes on with its old configuration", "broken type", "save the file again");
        serves("m");
        assertEquals(table, mirrors.status("m").tableLine());
        mirrors.stop();
    }

    @Test
    void a_suspended_mirror_takes_over_another_table_when_it_is_resumed() throws Exception {
        Files.writeString(file("m"), "table = " + table + "\n");
        HomeMirrors mirrors = mirrors();
        serves("m");
        mirrors.suspend("m");
        Files.writeString(file("m"), "table = " + table + "\nexport = other\n");
        says(mirrors, "m", "suspended: it goes on with its old configuration: mirror m is suspended");
        mirrors.resume("m");
        serves("other");
        mirrors.stop();
    }

    @Test
    void any_client_of_config_admin_may_say_what_a_mirror_is() throws Exception {
        HomeMirrors mirrors = mirrors();
        Hashtable<String, Object> properties = new Hashtable<>(Map.of("table", table));
        admin.configuration("org.dirtylog.mirror~m").update(properties);
        serves("m");
        properties.put("hotRegions", 0);
        admin.configuration("org.dirtylog.mirror~m").update(properties);
        says(mirrors, "m", "running: ", "configuration org.dirtylog.mirror~m, key 'hotRegions': '0'");
        properties.put("hotRegions", 5);
        properties.put("export", "other");
        admin.configuration("org.dirtylog.mirror~m").update(properties);
        serves("other");
        admin.configuration("org.dirtylog.mirror~a b").update(properties);
        admin.configuration("org.dirtylog.mirror~m").delete();
        await("the end of the mirror", () -> mirrors.names().isEmpty());
        assertEquals(List.of(), services);
        mirrors.stop();
    }

    @Test
    void what_a_client_says_after_a_command_stays() throws Exception {
        HomeMirrors mirrors = mirrors();
        mirrors.create("m", table, "", false, false, "dirty");
        admin.configuration("org.dirtylog.mirror~m").update(new Hashtable<>(Map.of("table", table, "export", "other")));
        serves("other");
        // Long enough for two looks, which find the file of the command.
        Thread.sleep(1500);
        serves("other");
        assertEquals("other", ((MirrorTarget) services.get(0)).exportName());
        mirrors.stop();
    }

    @Test
    void a_command_changes_the_table_line_and_leaves_the_rest_of_the_file() throws Exception {
        Files.writeString(file("m"), "# mine\nexport=x  \n\ntable = " + table + "\n# end");
        HomeMirrors mirrors = mirrors();
        serves("x");
        Object first = services.get(0);
        String third = home.resolve("third").toString();
        Files.write(Path.of(third), new byte[1 << 20]);
        mirrors.addLeg("m", third, 0, false);
        String longer = table.replace(" nosync 2 ", " nosync 3 ") + " " + third + " 0";
        assertEquals("# mine\nexport=x  \n\ntable = " + longer + "\n# end", Files.readString(file("m")));
        MirrorException e = assertThrows(MirrorException.class, () -> mirrors.removeLeg("m", 7));
        assertEquals("mirror m has no leg 7; it has the legs 0 to 2", e.getMessage());
        assertEquals("# mine\nexport=x  \n\ntable = " + longer + "\n# end", Files.readString(file("m")));
        try (var files = Files.list(home.resolve("etc"))) {
            assertEquals(1, files.count(), "a draft is left over");
        }
        // Long enough for two looks: what a command did is no change to follow.
        Thread.sleep(1500);
        assertEquals(List.of(first), services);
        mirrors.stop();
    }

    @Test
    void more_mirrors_than_threads_come_and_go() throws Exception {
        int count = 4 * THREADS;
        for (int i = 0; i < count; i++) {
            for (int leg = 0; leg < 2; leg++) {
                Files.write(home.resolve("leg" + i + "-" + leg), new byte[1 << 16]);
            }
            Files.writeString(
                    file("m" + i),
                    "table = 0 128 mirror core 2 128 nosync 2 " + home.resolve("leg" + i + "-0") + " 0 "
                            + home.resolve("leg" + i + "-1") + " 0\n");
        }
        HomeMirrors mirrors = mirrors();
        await("all mirrors", () -> services.size() == count);
        mirrors.stop();
        assertEquals(List.of(), services);
    }
}
