// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.log.runtime.TypeRegistry;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorTarget;
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

@Timeout(60)
class HomeMirrorsTest {
    private static final int THREADS = 16;

    @TempDir
    Path home;

    private final ThreadTasks tasks = new ThreadTasks(THREADS);
    private final List<Object> services = new ArrayList<>();
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
        return new HomeMirrors(context(), tasks, new SystemClock(), new SecureRandomness(), devices, logs);
    }

    private BundleContext context() {
        return proxy(BundleContext.class, (method, arguments) -> switch (method) {
            case "getProperty" -> home.toString();
            case "registerService" -> {
                services.add(arguments[1]);
                yield proxy(ServiceRegistration.class, (end, none) -> services.remove(arguments[1]) ? null : null);
            }
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private interface Answer {
        Object to(String method, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> answer.to(method.getName(), arguments)));
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
}
