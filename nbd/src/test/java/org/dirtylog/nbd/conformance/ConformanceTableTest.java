// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The table and the tests are about the same. */
class ConformanceTableTest {
    private static final List<Class<?>> SUITE = List.of(
            HandshakeConformanceTest.class,
            ContextsConformanceTest.class,
            RequestsConformanceTest.class,
            RepliesConformanceTest.class,
            ExtendedConformanceTest.class);

    /** Tests of the server's own that hold some rules, and more. */
    private static final Set<String> OTHERS = Set.of("PayloadMemoryTest", "TlsTest", "TlsStreamTest");

    private final ConformanceTable table = ConformanceTable.read();

    ConformanceTableTest() throws IOException {}

    @Test
    void each_rule_names_a_test_and_each_test_a_rule() {
        Set<String> there = new TreeSet<>();
        for (Class<?> type : SUITE) {
            tests(type).forEach(test -> there.add(type.getSimpleName() + "." + test));
        }
        Set<String> named = new TreeSet<>();
        table.rows().forEach(row -> named.add(row.type() + "." + row.test()));
        named.removeIf(name -> OTHERS.contains(name.substring(0, name.indexOf('.'))));
        assertEquals(there, named);
    }

    @Test
    void rules_that_other_tests_hold_name_such() throws ClassNotFoundException {
        for (ConformanceTable.Row row : table.rows()) {
            if (OTHERS.contains(row.type())) {
                Set<String> there = tests(Class.forName("org.dirtylog.nbd." + row.type()));
                assertTrue(there.contains(row.test()), row.test());
            }
        }
    }

    private static Set<String> tests(Class<?> type) {
        Set<String> names = new TreeSet<>();
        for (Method method : type.getDeclaredMethods()) {
            if (method.isAnnotationPresent(Test.class)) {
                names.add(method.getName());
            }
        }
        return names;
    }

    @Test
    void rules_are_numbered_and_counted() throws IOException {
        List<Integer> numbers =
                table.rows().stream().map(ConformanceTable.Row::number).toList();
        assertEquals(IntStream.rangeClosed(1, numbers.size()).boxed().toList(), numbers);
        long kept = table.rows().stream()
                .filter(row -> row.ours().equals(Verdicts.KEPT))
                .count();
        String all = Files.readString(ConformanceTable.FILE);
        String count = "**" + kept + " of " + numbers.size() + " rules are kept**";
        assertTrue(all.contains(count), "docs/nbd-conformance.md does not say " + count);
    }

    @Test
    void results_are_words_that_are_explained() {
        List<String> ours = List.of(Verdicts.KEPT, Verdicts.DEVIATES);
        List<String> others =
                List.of(Verdicts.KEPT, Verdicts.DEVIATES, Verdicts.VARIES, Verdicts.NOT_OFFERED, Verdicts.NOT_TRIED);
        for (ConformanceTable.Row row : table.rows()) {
            assertTrue(ours.contains(row.ours()), "rule " + row.number() + ": " + row.ours());
            assertTrue(others.containsAll(Arrays.asList(row.nbdkit(), row.qemu())), "rule " + row.number());
        }
    }
}
