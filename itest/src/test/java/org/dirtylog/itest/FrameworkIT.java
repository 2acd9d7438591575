// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import javax.inject.Inject;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.MirrorTarget;
import org.dirtylog.mirror.Mirrors;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.Timeout;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/**
 * The shipped bundles in the shipped framework, with services that come and go. The class runs in the framework, as a bundle beside them.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class FrameworkIT {
    private static final String OURS = "org.dirtylog.";
    private static final int MIB = 1 << 20;
    private static final int SECTORS = 8 * MIB / 512;

    @Rule
    public final Timeout timeout = Timeout.seconds(60);

    @Inject
    private BundleContext context;

    @Inject
    private ServiceComponentRuntime components;

    @Inject
    private CommandProcessor shell;

    @Inject
    private DirtyLogs logs;

    @Inject
    private Mirrors mirrors;

    @Inject
    private ConfigurationAdmin configurations;

    /** Runs outside the framework. */
    @Configuration
    public Option[] configuration() throws IOException {
        return ShippedBundles.options();
    }

    @Test
    public void all_shipped_bundles_resolve_and_those_that_need_no_terminal_are_started() throws BundleException {
        int shipped = 0;
        List<Bundle> terminal = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            if (!bundle.getLocation().contains("/bundles/")) {
                continue;
            }
            shipped++;
            String name = bundle.getLocation().replaceFirst(".*/", "");
            boolean forTerminals = ShippedBundles.FOR_TERMINALS.stream().anyMatch(name::startsWith);
            if (forTerminals) {
                terminal.add(bundle);
            } else if (bundle.getState() != Bundle.ACTIVE) {
                // Tells why.
                bundle.start();
            }
        }
        assertEquals(Integer.parseInt(context.getProperty("dirtylog.itest.shipped")), shipped);
        assertTrue("bundles: " + shipped, shipped > 15);
        assertEquals(ShippedBundles.FOR_TERMINALS.size(), terminal.size());
        FrameworkWiring wiring =
                context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
        assertTrue(terminal + " do not resolve", wiring.resolveBundles(terminal));
    }

    @Test
    public void no_component_of_ours_lacks_anything() {
        Map<String, Integer> found = new TreeMap<>();
        Map<String, Integer> declared = new TreeMap<>();
        for (Bundle bundle : context.getBundles()) {
            String header = bundle.getHeaders().get("Service-Component");
            if (!bundle.getSymbolicName().startsWith(OURS) || header == null) {
                continue;
            }
            declared.put(bundle.getSymbolicName(), header.split(",").length);
            for (ComponentDescriptionDTO description : components.getComponentDescriptionDTOs(bundle)) {
                found.merge(bundle.getSymbolicName(), 1, Integer::sum);
                assertTrue(description.name + " is disabled", components.isComponentEnabled(description));
                assertRuns(description);
            }
        }
        assertEquals(declared, found);
        assertEquals(
                Set.of("export", "leg.chaos", "log.core", "log.disk", "log.runtime", "mirror", "seams", "shell"),
                withoutPrefix(found.keySet()));
    }

    private void assertRuns(ComponentDescriptionDTO description) {
        List<ComponentConfigurationDTO> configurations =
                List.copyOf(components.getComponentConfigurationDTOs(description));
        assertEquals("configurations of " + description.name, 1, configurations.size());
        ComponentConfigurationDTO only = configurations.get(0);
        boolean runs = only.state == ComponentConfigurationDTO.ACTIVE
                || only.state == ComponentConfigurationDTO.SATISFIED && !description.immediate;
        String lacking = Arrays.stream(only.unsatisfiedReferences)
                .map(reference -> reference.name)
                .toList()
                .toString();
        assertTrue(description.name + " is in state " + only.state + ", lacks " + lacking + ", " + only.failure, runs);
    }

    private static Set<String> withoutPrefix(Set<String> full) {
        Set<String> names = new TreeSet<>();
        full.forEach(name -> names.add(name.substring(OURS.length())));
        return names;
    }

    @Test
    public void the_log_types_are_services_of_their_bundles() throws Exception {
        Map<String, String> types = new TreeMap<>();
        for (ServiceReference<DirtyLogType> reference : context.getServiceReferences(DirtyLogType.class, null)) {
            Bundle bundle = reference.getBundle();
            DirtyLogType type = context.getService(reference);
            types.put(type.name(), bundle.getSymbolicName() + " " + type.parameters());
            assertEquals(type.getClass().getName(), reference.getProperty("component.name"));
            assertNull("a type of ours leaves the ranking to others", reference.getProperty("service.ranking"));
            DirtyLogs.TypeInfo info = info(type.name());
            assertEquals(bundle.getSymbolicName() + " " + bundle.getVersion(), info.providedBy());
            assertEquals(type.parameters(), info.parameters());
            context.ungetService(reference);
        }
        assertEquals(Map.of("core", "org.dirtylog.log.core []", "disk", "org.dirtylog.log.disk [log_dev]"), types);
    }

    private DirtyLogs.TypeInfo info(String name) {
        return logs.types().stream()
                .filter(type -> type.name().equals(name) && type.active())
                .findFirst()
                .orElseThrow();
    }

    @Test
    public void the_commands_are_there_under_their_scopes() throws Exception {
        assertEquals(
                Set.of(
                        "list",
                        "create",
                        "status",
                        "table",
                        "suspend",
                        "resume",
                        "resync",
                        "add-leg",
                        "remove-leg",
                        "replace-leg",
                        "grow",
                        "scrub",
                        "rebuild",
                        "remove"),
                functions("mirror"));
        assertEquals(Set.of("types", "show"), functions("log"));
        assertEquals(
                Set.of(
                        "list",
                        "set",
                        "add",
                        "clear",
                        "release",
                        "vanish",
                        "return",
                        "snapshot",
                        "rollback",
                        "power-loss"),
                functions("chaos"));
        assertTrue(run("log:types"), run("log:types").contains("disk log_dev  (org.dirtylog.log.disk "));
        String refusal = assertThrows(Exception.class, () -> run("mirror:status nothing"))
                .getMessage();
        assertTrue(refusal, refusal.contains("there is no mirror 'nothing'"));
    }

    private Set<String> functions(String scope) throws InvalidSyntaxException {
        Set<String> functions = new TreeSet<>();
        String filter = "(&(osgi.command.scope=" + scope + ")(osgi.command.function=*))";
        for (ServiceReference<?> reference : context.getServiceReferences((String) null, filter)) {
            Object function = reference.getProperty("osgi.command.function");
            functions.addAll(function instanceof String[] several ? List.of(several) : List.of(function.toString()));
        }
        return functions;
    }

    private String run(String command) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (CommandSession session = shell.createSession(InputStream.nullInputStream(), out, out)) {
            session.execute(command);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    // ---- mirrors ----------------------------------------------------------------------------------------------------

    private Path leg(String mirror, int index) {
        return Path.of(context.getProperty("dirtylog.home")).resolve(mirror + "-" + index + ".img");
    }

    private void create(String name, String log) throws IOException, MirrorException {
        for (int i = 0; i < 2; i++) {
            try (RandomAccessFile file = new RandomAccessFile(leg(name, i).toFile(), "rw")) {
                file.setLength(8 * MIB);
            }
        }
        String table =
                "0 " + SECTORS + " mirror " + log + " 1024 nosync 2 " + leg(name, 0) + " 0 " + leg(name, 1) + " 0";
        mirrors.create(name, table, "", false, false, "dirty");
    }

    private void createOnDisk(String name) throws IOException, MirrorException {
        create(name, "disk 3 " + context.getProperty("dirtylog.home") + "/" + name + ".log");
    }

    private ServiceReference<MirrorTarget> target(String name) throws InvalidSyntaxException {
        return context.getServiceReferences(MirrorTarget.class, "(mirror.name=" + name + ")").stream()
                .findFirst()
                .orElse(null);
    }

    /** Writes through the service, reads it back, and finds it on both legs. */
    private void assertServes(String name, int atBytes) throws Exception {
        ServiceReference<MirrorTarget> reference = target(name);
        assertNotNull("mirror " + name + " is no service", reference);
        byte[] written = (name + " at " + atBytes).repeat(300).getBytes(StandardCharsets.US_ASCII);
        byte[] read = new byte[written.length];
        MirrorTarget mirror = context.getService(reference);
        mirror.device().write(atBytes, ByteBuffer.wrap(written));
        mirror.device().force();
        mirror.device().read(atBytes, ByteBuffer.wrap(read));
        context.ungetService(reference);
        assertArrayEquals(written, read);
        for (int i = 0; i < 2; i++) {
            byte[] leg = Files.readAllBytes(leg(name, i));
            assertArrayEquals("leg " + i, written, Arrays.copyOfRange(leg, atBytes, atBytes + written.length));
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    /** The rule of this class ends it if it never holds. */
    private static void await(Condition condition) throws Exception {
        while (!condition.holds()) {
            Thread.sleep(5);
        }
    }

    @Test
    public void a_configuration_of_the_factory_is_a_mirror_whoever_makes_it() throws Exception {
        assertEquals("etc is to be the only thing that lasts", "memory", context.getProperty("felix.cm.pm"));
        createOnDisk("twin");
        org.osgi.service.cm.Configuration made =
                configurations.getFactoryConfiguration("org.dirtylog.mirror", "twin", "?");
        String table = (String) made.getProperties().get("table");
        assertEquals("what a command made is there, too", mirrors.status("twin").tableLine(), table);
        MirrorTarget first = context.getService(target("twin"));
        made.update(new Hashtable<>(Map.of("table", table, "export", "cousin")));
        await(() -> {
            // Asked for once: between two questions the service may go and come back under its new name.
            ServiceReference<MirrorTarget> target = target("twin");
            return target != null
                    && "cousin".equals(target.getProperty("mirror.export"))
                    && mirrors.status("twin").message().isEmpty();
        });
        assertServes("twin", MIB);
        made.update(new Hashtable<>(Map.of("table", table, "export", "cousin", "hotRegions", -1)));
        await(() -> mirrors.status("twin").message().contains("key 'hotRegions': '-1' is no number from 1"));
        assertServes("twin", 2 * MIB);
        made.delete();
        await(() -> !mirrors.names().contains("twin"));
        assertNull(target("twin"));
        assertEquals("twin", first.name());
        configurations
                .getFactoryConfiguration("org.dirtylog.mirror", "twin", "?")
                .update(new Hashtable<>(Map.of("table", table)));
        await(() -> target("twin") != null);
        assertServes("twin", 3 * MIB);
        mirrors.remove("twin");
        assertNull(configurations.listConfigurations("(service.factoryPid=org.dirtylog.mirror)"));
    }

    @Test
    public void a_mirror_made_through_the_service_serves_until_it_is_removed() throws Exception {
        createOnDisk("made");
        assertEquals("made", target("made").getProperty("mirror.export"));
        assertServes("made", 3 * MIB);
        assertEquals(MirrorStatus.Word.RUNNING, mirrors.status("made").word());
        assertTrue(run("mirror:list"), run("mirror:list").contains("made"));
        mirrors.remove("made");
        assertNull(target("made"));
        assertFalse(mirrors.names().contains("made"));
    }

    /** Makes logs of the type it found, and counts them. */
    private static final class Newcomer implements DirtyLogType {
        final AtomicInteger made = new AtomicInteger();
        private final DirtyLogType older;

        Newcomer(DirtyLogType older) {
            this.older = older;
        }

        @Override
        public String name() {
            return older.name();
        }

        @Override
        public List<String> parameters() {
            return older.parameters();
        }

        @Override
        public DirtyLog create(LogSpec spec, LogHost host) throws DirtyLogException {
            made.incrementAndGet();
            return older.create(spec, host);
        }
    }

    @Test
    public void a_newcomer_of_higher_ranking_leaves_a_running_mirror_alone_and_is_used_for_the_next() throws Exception {
        ServiceReference<DirtyLogType> core = context.getServiceReferences(DirtyLogType.class, null).stream()
                .filter(reference -> reference.getBundle().getSymbolicName().equals("org.dirtylog.log.core"))
                .findFirst()
                .orElseThrow();
        create("before", "core 2");
        Newcomer newcomer = new Newcomer(context.getService(core));
        ServiceRegistration<DirtyLogType> registration = offer(newcomer, 100);
        try {
            assertEquals(100, info("core").ranking());
            assertTrue(run("log:types"), run("log:types").contains("hidden by the one above"));
            assertServes("before", MIB);
            mirrors.suspend("before");
            mirrors.resume("before");
            assertServes("before", 2 * MIB);
            assertEquals("logs of the newcomer", 0, newcomer.made.get());
            create("during", "core 2");
            assertEquals("logs of the newcomer", 1, newcomer.made.get());
        } finally {
            registration.unregister();
        }
        assertEquals(0, info("core").ranking());
        assertServes("during", MIB);
        create("after", "core 2");
        assertServes("after", MIB);
        assertEquals("logs of the newcomer", 1, newcomer.made.get());
        for (String name : List.of("before", "during", "after")) {
            mirrors.remove(name);
        }
        context.ungetService(core);
    }

    @Test
    public void a_newcomer_of_lower_ranking_is_not_used() throws Exception {
        ServiceReference<DirtyLogType> core = context.getServiceReferences(DirtyLogType.class, null).stream()
                .filter(reference -> reference.getBundle().getSymbolicName().equals("org.dirtylog.log.core"))
                .findFirst()
                .orElseThrow();
        Newcomer newcomer = new Newcomer(context.getService(core));
        ServiceRegistration<DirtyLogType> registration = offer(newcomer, -1);
        try {
            create("high", "core 2");
            mirrors.remove("high");
        } finally {
            registration.unregister();
            context.ungetService(core);
        }
        assertEquals("logs of the newcomer", 0, newcomer.made.get());
    }

    private ServiceRegistration<DirtyLogType> offer(DirtyLogType type, int ranking) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put("service.ranking", ranking);
        return context.registerService(DirtyLogType.class, type, properties);
    }

    @Test
    public void a_log_bundle_that_stops_and_starts_again_goes_and_comes_back_and_its_mirrors_go_on() throws Exception {
        createOnDisk("kept");
        Bundle disk = bundle("org.dirtylog.log.disk");
        disk.stop();
        try {
            assertEquals(
                    List.of("core"),
                    logs.types().stream().map(DirtyLogs.TypeInfo::name).toList());
            assertFalse(run("log:types"), run("log:types").contains("disk"));
            // A region that was clean: its mark goes to the log whose bundle is stopped.
            assertServes("kept", 5 * MIB);
            String refusal = assertThrows(MirrorException.class, () -> createOnDisk("refused"))
                    .getMessage();
            assertTrue(refusal, refusal.contains("word 4 is 'disk', but there is no log type of that name"));
        } finally {
            disk.start();
        }
        assertTrue(run("log:types"), run("log:types").contains("disk log_dev  (org.dirtylog.log.disk "));
        assertEquals(Set.of("types", "show"), functions("log"));
        assertServes("kept", 6 * MIB);
        createOnDisk("next");
        assertServes("next", MIB);
        mirrors.remove("next");
        mirrors.remove("kept");
    }

    private Bundle bundle(String symbolicName) throws BundleException {
        return Arrays.stream(context.getBundles())
                .filter(bundle -> bundle.getSymbolicName().equals(symbolicName))
                .findFirst()
                .orElseThrow(() -> new BundleException("no bundle " + symbolicName));
    }
}
