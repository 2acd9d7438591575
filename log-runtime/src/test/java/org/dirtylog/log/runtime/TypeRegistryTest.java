// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.junit.jupiter.api.Test;

class TypeRegistryTest {
    private final TestTasks tasks = new TestTasks();
    private final TypeRegistry registry = new TypeRegistry(tasks, tasks);
    private final LogSpec spec = LogSpec.of(new UUID(1, 2), new RegionGeometry(80, 8));
    private final List<String> makers = new ArrayList<>();

    /** A type that tells which of several it is. */
    private class Type implements DirtyLogType {
        private final String id;
        private final String name;
        private final List<String> parameters;

        Type(String id, String name, String... parameters) {
            this.id = id;
            this.name = name;
            this.parameters = Arrays.asList(parameters);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public List<String> parameters() {
            return parameters;
        }

        @Override
        public DirtyLog create(LogSpec theSpec, LogHost host) {
            makers.add(id);
            return new TestLog(theSpec);
        }
    }

    private static Map<String, Object> service(long id, int ranking) {
        return Map.of("service.id", id, "service.ranking", ranking);
    }

    private String maker() throws DirtyLogException {
        registry.create("t", spec, new TestHost()).close();
        return makers.get(makers.size() - 1);
    }

    @Test
    void withoutAnyTypeTheMessageSaysSo() {
        DirtyLogException.Unavailable none =
                assertThrows(DirtyLogException.Unavailable.class, () -> registry.create("t", spec, new TestHost()));
        assertTrue(none.getMessage().contains("no log type 't'"), none.getMessage());
        assertEquals(Optional.empty(), registry.parametersOf("t"));
        assertEquals(List.of(), registry.types());
    }

    @Test
    void ofEqualRankTheOneThatCameFirstMakesTheLogs() throws DirtyLogException {
        registry.add(new Type("late", "t"), service(5, 0));
        registry.add(new Type("early", "t"), service(3, 0));
        assertEquals("early", maker());
    }

    @Test
    void theHighestRankMakesTheLogsAndWhenItGoesTheNext() throws DirtyLogException {
        Type best = new Type("best", "t", new String[0]);
        registry.add(new Type("worst", "t"), service(1, Integer.MIN_VALUE));
        registry.add(new Type("usual", "t"), service(2, 0));
        registry.add(best, service(9, Integer.MAX_VALUE));
        assertEquals("best", maker());
        assertEquals(
                List.of(true, false, false),
                registry.types().stream().map(DirtyLogs.TypeInfo::active).toList());
        registry.remove(best, service(9, Integer.MAX_VALUE));
        assertEquals("usual", maker());
    }

    @Test
    void aBetterNewcomerTakesNoLogOver() throws DirtyLogException {
        registry.add(new Type("usual", "t"), service(2, 0));
        GuardedLog running = registry.create("t", spec, new TestHost());
        registry.add(new Type("best", "t"), service(3, 1));
        running.resume(new TestOpening());
        running.flush();
        assertEquals(List.of("usual"), makers);
        running.close();
        assertEquals("best", maker());
    }

    @Test
    void aRankThatChangesCounts() throws DirtyLogException {
        Type rising = new Type("rising", "t");
        registry.add(new Type("usual", "t"), service(1, 0));
        registry.add(rising, service(2, -1));
        assertEquals("usual", maker());
        registry.change(rising, service(2, 1));
        assertEquals("rising", maker());
        assertEquals(2, registry.types().size());
        registry.change(rising, service(2, -5));
        assertEquals("usual", maker());
    }

    @Test
    void oneObjectMayBeTwoServicesOfWhichOneGoes() throws DirtyLogException {
        Type twice = new Type("twice", "t");
        registry.add(twice, service(1, 0));
        registry.add(twice, service(2, 50));
        registry.remove(twice, service(2, 50));
        assertEquals(1, registry.types().size());
        assertEquals(0, registry.types().get(0).ranking());
        assertEquals("twice", maker());
    }

    @Test
    void aTypeOutsideAFrameworkIsKnownByItself() throws DirtyLogException {
        Type first = new Type("first", "t");
        registry.add(first, Map.of());
        registry.add(new Type("second", "t"), Map.of());
        assertEquals("first", maker());
        registry.remove(first, Map.of());
        assertEquals("second", maker());
        assertEquals(Type.class.getName(), registry.types().get(0).providedBy());
    }

    @Test
    void aNameThatIsNoneLeavesTheTypeOut() {
        for (String name : Arrays.asList("Core", "a_b", "", "-a", "1a", null, "a".repeat(65), "a b", "ü")) {
            registry.add(new Type("bad", name), service(1, 0));
        }
        assertEquals(List.of(), registry.types());
        registry.add(new Type("good", "a".repeat(64)), service(1, 0));
        registry.add(new Type("good", "ok-1"), service(2, 0));
        assertEquals(2, registry.types().size());
    }

    @Test
    void aTypeThatCannotSayWhatItIsDisturbsNobody() throws DirtyLogException {
        registry.add(new Type("usual", "t"), service(1, 0));
        for (Throwable planted : List.of(new StackOverflowError(), new AssertionError(), new IllegalStateException())) {
            registry.add(
                    new Type("bad", "t") {
                        @Override
                        public String name() {
                            return LogCall.raise(planted);
                        }
                    },
                    service(2, 9));
        }
        registry.add(new Type("bad", "t", (String) null), service(3, 9));
        assertEquals("usual", maker());
        assertEquals(1, registry.types().size());
    }

    @Test
    void aTypeThatNoLongerSaysWhatItIsGoes() {
        Map<String, Object> properties = new HashMap<>(service(1, 0));
        String[] name = {"t"};
        Type type = new Type("turns", "t") {
            @Override
            public String name() {
                return name[0];
            }
        };
        registry.add(type, properties);
        name[0] = null;
        registry.change(type, properties);
        assertEquals(List.of(), registry.types());
    }

    @Test
    void argumentsAreCountedBeforeTheTypeIsAsked() throws DirtyLogException {
        registry.add(new Type("fixed", "t", "log_dev"), service(1, 0));
        assertTrue(assertThrows(DirtyLogException.Rejected.class, () -> registry.create("t", spec, new TestHost()))
                .getMessage()
                .contains("[log_dev]"));
        registry.add(new Type("open", "t", "log_dev", "peer…"), service(2, 1));
        assertThrows(DirtyLogException.Rejected.class, () -> registry.create("t", spec, new TestHost()));
        for (List<String> arguments : List.of(List.of("a"), List.of("a", "b"), List.of("a", "b", "c"))) {
            registry.create("t", spec.withArguments(arguments), new TestHost()).close();
        }
        assertEquals(List.of("open", "open", "open"), makers);
        assertEquals(Optional.of(List.of("log_dev", "peer…")), registry.parametersOf("t"));
    }
}
