// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run on one home, from the lock to the end of the process. */
final class Instance {
    private final Distribution distribution;
    private final Home home;
    private final OutputStream standardOutput;
    private final boolean terminal;
    private final Watchdog watchdog = new Watchdog();
    private final CountDownLatch stopped = new CountDownLatch(1);

    Instance(Distribution distribution, Home home, OutputStream standardOutput, boolean terminal) {
        this.distribution = distribution;
        this.home = home;
        this.standardOutput = standardOutput;
        this.terminal = terminal;
    }

    /** Serves until it is told to stop. */
    void run(boolean demo) throws Refusal, InterruptedException {
        home.prepare();
        HomeLock lock = HomeLock.take(home);
        try {
            home.removeLeftovers();
            chooseLogging();
            serve(demo);
        } finally {
            lock.release();
            stopped.countDown();
        }
    }

    private void chooseLogging() {
        Path own = home.etc().resolve("logback.xml");
        if (Files.exists(own) && System.getProperty(StandardErrorLog.CONFIGURATION) == null) {
            System.setProperty(StandardErrorLog.CONFIGURATION, own.toString());
        }
    }

    private void serve(boolean demo) throws Refusal, InterruptedException {
        Logger log = LoggerFactory.getLogger(Instance.class);
        Container container = Container.prepare(distribution, home);
        Gogo gogo = new Gogo(container.context());
        try (ControlSocket control = ControlSocket.open(home.controlSocket(), gogo)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(container), "stop"));
            watchEnd(container, control);
            container.offerReadyLines(new ReadyLines(standardOutput));
            begin(container, gogo, demo);
            log.info(
                    "dirtylog {} runs on {} as process {}, started in {} ms",
                    Distribution.version(),
                    home.folder(),
                    ProcessHandle.current().pid(),
                    ManagementFactory.getRuntimeMXBean().getUptime());
            container.awaitEnd();
            log.info("dirtylog has stopped");
        } catch (Refusal e) {
            watchdog.watch();
            container.stop();
            throw e;
        }
    }

    private void begin(Container container, Gogo gogo, boolean demo) throws Refusal {
        DemoMirror mirror = new DemoMirror(home);
        if (!demo || mirror.isConfigured()) {
            container.start(distribution, home, terminal);
            gogo.begin();
            return;
        }
        mirror.prepareLegs();
        try {
            container.start(distribution, home, terminal);
            gogo.begin();
            mirror.create(gogo);
        } catch (Refusal e) {
            mirror.undo();
            throw e;
        }
    }

    /** However the end begins: no further commands, and it gets a bound. */
    private void watchEnd(Container container, ControlSocket control) {
        SynchronousBundleListener listener = event -> {
            if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == 0) {
                control.close();
                watchdog.watch();
            }
        };
        container.context().addBundleListener(listener);
    }

    /** Runs while the process ends; when it returns, the process is gone. */
    private void stop(Container container) {
        watchdog.watch();
        container.stop();
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
