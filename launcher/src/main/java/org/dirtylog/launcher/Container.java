// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The framework with the bundles of a distribution and of a home. */
final class Container {
    private static final Logger LOG = LoggerFactory.getLogger(Container.class);

    private static final int INFRASTRUCTURE_LEVEL = 2;
    private static final int OUR_LEVEL = 5;
    /** Stopped first, so that clients leave before the mirrors do. */
    private static final int DOOR_LEVEL = 7;

    private static final String OURS = "org.dirtylog.";
    private static final List<String> DOORS = List.of("org.dirtylog.export");
    private static final List<String> FOR_TERMINALS = List.of("jline", "org.apache.felix.gogo.jline");

    private final Framework framework;

    private Container(Framework framework) {
        this.framework = framework;
    }

    /** Prepares a framework in which nothing runs yet. */
    static Container prepare(Distribution distribution, Home home) throws Refusal {
        Map<String, String> settings = new HashMap<>();
        distribution.frameworkProperties().forEach((key, value) -> settings.put((String) key, (String) value));
        settings.put(Constants.FRAMEWORK_STORAGE, home.cache().toString());
        settings.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        settings.put("dirtylog.home", home.folder().toString());
        FrameworkFactory factory = ServiceLoader.load(FrameworkFactory.class)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no framework on the class path"));
        // With a class loader here, jline looks for its terminals in it instead of in its bundle.
        Thread.currentThread().setContextClassLoader(null);
        Framework framework = factory.newFramework(settings);
        try {
            framework.init();
        } catch (BundleException e) {
            throw Refusal.of("the framework cannot be prepared in " + home.cache() + ": " + e.getMessage(), e);
        }
        return new Container(framework);
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /** Whoever has a line for standard output finds this service. */
    void offerReadyLines(Consumer<String> lines) {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("dirtylog.channel", "ready");
        context().registerService(Consumer.class, lines, properties);
    }

    /** Installs and starts everything; returns when all bundles are started. */
    void start(Distribution distribution, Home home, boolean terminal) throws Refusal {
        List<Bundle> bundles = new ArrayList<>();
        for (Path jar : distribution.bundles()) {
            boolean wanted = terminal
                    || FOR_TERMINALS.stream()
                            .noneMatch(name -> jar.getFileName().toString().startsWith(name + "-"));
            if (wanted) {
                // By reference: nothing is copied. The build never writes over a jar, it makes new ones.
                bundles.add(install("reference:" + jar.toUri()));
            }
        }
        List<Path> added = new ArrayList<>(distribution.deployed());
        added.addAll(Distribution.jars(home.deploy()));
        for (Path jar : added) {
            bundles.add(install(jar.toUri().toString()));
        }
        try {
            for (Bundle bundle : bundles) {
                if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
                    bundle.start(Bundle.START_ACTIVATION_POLICY);
                }
            }
            framework.start();
        } catch (BundleException e) {
            throw Refusal.of("the bundles cannot be started: " + e.getMessage(), e);
        }
        checkStarted(bundles);
    }

    private Bundle install(String location) throws Refusal {
        try {
            Bundle bundle = context().installBundle(location);
            String name = String.valueOf(bundle.getSymbolicName());
            int level = DOORS.contains(name) ? DOOR_LEVEL : name.startsWith(OURS) ? OUR_LEVEL : INFRASTRUCTURE_LEVEL;
            bundle.adapt(BundleStartLevel.class).setStartLevel(level);
            return bundle;
        } catch (BundleException e) {
            throw Refusal.of("the bundle " + location + " cannot be installed: " + e.getMessage(), e);
        }
    }

    /** Ours must run; one that somebody added must not keep the mirrors from serving. */
    private void checkStarted(List<Bundle> bundles) throws Refusal {
        for (Bundle bundle : bundles) {
            boolean fragment = bundle.getHeaders().get(Constants.FRAGMENT_HOST) != null;
            // Starting: a bundle that begins when its first class is wanted.
            if (fragment || (bundle.getState() & (Bundle.ACTIVE | Bundle.STARTING)) != 0) {
                continue;
            }
            String trouble =
                    "the bundle " + bundle.getSymbolicName() + " from " + bundle.getLocation() + " does not start";
            if (bundle.getLocation().startsWith("reference:")) {
                throw Refusal.of(trouble + "; unpack the distribution again");
            }
            LOG.error("{}; the rest goes on without it", trouble);
        }
    }

    /** Waits until somebody stops the framework from within, such as the shell. */
    void awaitEnd() throws InterruptedException {
        FrameworkEvent event;
        do {
            event = framework.waitForStop(0);
        } while (event.getType() == FrameworkEvent.WAIT_TIMEDOUT);
    }

    /** Stops all bundles in reverse order and waits for it without end; {@link Watchdog} sets one. */
    void stop() {
        try {
            framework.stop();
            awaitEnd();
        } catch (BundleException e) {
            LOG.error("The framework does not stop cleanly", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
