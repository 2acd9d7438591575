// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import aQute.bnd.osgi.Jar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The comparison in {@link ApiTest} is seen to fail, on changes compiled into copies of the API. */
class ApiStepTest {
    private static final String FLUSH = "    FlushResult flush() throws";

    private static ApiVariant unchanged;
    private static ApiVariant withDefault;
    private static ApiVariant withAbstract;
    private static ApiVariant without;

    @TempDir
    Path kept;

    @BeforeAll
    static void compile(@TempDir Path scratch) throws IOException {
        unchanged = ApiVariant.of(scratch.resolve("a"), "DirtyLog", FLUSH, "    // Says nothing new.\n" + FLUSH);
        withDefault =
                ApiVariant.of(scratch.resolve("b"), "DirtyLog", FLUSH, "    default void notInTheApi() {}\n" + FLUSH);
        withAbstract = ApiVariant.of(scratch.resolve("c"), "DirtyLog", FLUSH, "    void notInTheApi();\n" + FLUSH);
        without = ApiVariant.of(scratch.resolve("d"), "DirtyLogType", "    String name();", "");
    }

    @BeforeEach
    void keepTheUnchanged() throws Exception {
        keep(unchanged, "0.1.0");
    }

    private void keep(ApiVariant variant, String version) throws Exception {
        assertEquals(List.of(), new KeptApi(kept, "SPI " + version).advice(variant.at(version), true));
    }

    private String advice(ApiVariant variant, String version, String changelog) throws Exception {
        return advice(variant, version, changelog, false);
    }

    private String advice(ApiVariant variant, String version, String changelog, boolean keep) throws Exception {
        try (Jar built = variant.at(version)) {
            return String.join("\n", new KeptApi(kept, changelog).advice(built, keep));
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(kept)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void assertSays(String text, String... expected) {
        for (String words : expected) {
            assertTrue(text.contains(words), () -> "'" + words + "' is not in:\n" + text);
        }
    }

    private static void assertSilentOn(String text, String words) {
        assertTrue(!text.contains(words), () -> "'" + words + "' is in:\n" + text);
    }

    @Test
    void what_is_the_same_passes_without_a_line() throws Exception {
        assertEquals("", advice(unchanged, "0.1.0", ""));
    }

    @Test
    void a_method_more_is_refused_and_the_message_says_all_that_is_to_do() throws Exception {
        assertEquals(
                """
                The exported package org.dirtylog.log is not the one in %s/org.dirtylog.log-0.1.0.jar:
                    added in DirtyLog: method notInTheApi()
                Its version was 0.1.0 and is 0.1.0 now.
                It must be at least 0.2.0: write @Version("0.2.0") in package-info.java.
                CHANGELOG.md lacks the line for it: write *SPI 0.2.0.* and what changes for authors of logs.
                After that, keep the new API and commit it with the change: %s
                If the change is not meant, take it back.
                """.formatted(kept.getFileName(), KeptApi.HOW_TO_KEEP), advice(withDefault, "0.1.0", "*SPI 0.1.0.*"));
    }

    @Test
    void below_1_an_abstract_method_more_or_a_method_less_is_a_minor_step_too() throws Exception {
        assertSays(advice(withAbstract, "0.1.0", ""), "added in DirtyLog: method notInTheApi()", "at least 0.2.0");
        assertSays(advice(without, "0.1.0", ""), "removed in DirtyLogType: method name()", "at least 0.2.0");
    }

    @Test
    void a_micro_step_is_too_small() throws Exception {
        assertSays(advice(withDefault, "0.1.1", "*SPI 0.1.1.*"), "is 0.1.1 now", "at least 0.2.0");
    }

    @Test
    void the_step_alone_lacks_its_line_and_the_line_of_another_version_does_not_count() throws Exception {
        for (String changelog : List.of("", "*SPI 0.1.0.*", "*SPI 0.2.01*", "*SPI 0.2.0.1*", "0.2.0")) {
            String text = advice(withDefault, "0.2.0", changelog);
            assertSays(text, "lacks the line for it: write *SPI 0.2.0.*");
            assertSilentOn(text, "at least");
        }
    }

    @Test
    void the_line_alone_lacks_its_step() throws Exception {
        String text = advice(withDefault, "0.1.0", "*SPI 0.2.0.*");
        assertSays(text, "at least 0.2.0");
        assertSilentOn(text, "CHANGELOG");
    }

    @Test
    void an_announced_change_still_has_to_be_kept_and_then_passes() throws Exception {
        String changelog = "*SPI 0.2.0.*";
        assertSays(advice(withDefault, "0.2.0", changelog), "The step is announced.", KeptApi.HOW_TO_KEEP);
        assertEquals("", advice(withDefault, "0.2.0", changelog, true));
        assertEquals(List.of("org.dirtylog.log-0.2.0.jar"), files());
        assertEquals("", advice(withDefault, "0.2.0", changelog));
        assertSays(advice(withAbstract, "0.2.0", changelog), "at least 0.3.0", "*SPI 0.3.0.*");
    }

    @Test
    void what_is_not_announced_is_not_kept() throws Exception {
        assertSays(advice(withDefault, "0.1.0", "*SPI 0.2.0.*", true), "at least 0.2.0");
        assertSays(advice(withDefault, "0.2.0", "", true), "*SPI 0.2.0.*");
        assertEquals(List.of("org.dirtylog.log-0.1.0.jar"), files());
        assertEquals("", advice(unchanged, "0.1.0", ""));
    }

    @Test
    void a_step_back_is_refused() throws Exception {
        assertSays(advice(unchanged, "0.0.9", "*SPI 0.0.9.*"), "is 0.0.9 now", "at least 0.1.0");
    }

    @Test
    void from_1_on_the_step_is_the_one_bnd_suggests() throws Exception {
        keep(unchanged, "1.0.0");
        assertSays(advice(withDefault, "1.0.0", ""), "at least 1.1.0", "*SPI 1.1.0.*");
        assertSays(advice(without, "1.1.0", ""), "at least 2.0.0", "*SPI 2.0.0.*");
        assertSays(advice(withDefault, "1.1.0", "*SPI 1.1.0.*"), "The step is announced.");
    }

    @Test
    void a_package_that_was_never_kept_or_is_gone_is_named() throws Exception {
        Files.move(kept.resolve("org.dirtylog.log-0.1.0.jar"), kept.resolve("org.dirtylog.old-0.1.0.jar"));
        String text = advice(unchanged, "0.1.0", "");
        assertSays(text, "package org.dirtylog.log was never kept", "org.dirtylog.old is not exported any more");
    }

    @Test
    void what_is_kept_has_the_same_bytes_each_time() throws Exception {
        Path file = kept.resolve("org.dirtylog.log-0.1.0.jar");
        byte[] first = Files.readAllBytes(file);
        Files.delete(file);
        keepTheUnchanged();
        assertArrayEquals(first, Files.readAllBytes(file));
    }
}
