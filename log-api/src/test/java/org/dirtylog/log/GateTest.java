// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What others implement does not change by accident: a new abstract method breaks every log bundle there is, and bnd's baseline calls it
 * minor on an interface that has default methods.
 */
class GateTest {
    private static Set<String> abstractMethods(Class<?> type) {
        Set<String> names = new TreeSet<>();
        for (Method method : type.getDeclaredMethods()) {
            if (Modifier.isAbstract(method.getModifiers())) {
                names.add(method.getName());
            }
        }
        return names;
    }

    @Test
    void an_author_of_a_log_implements_these_methods_and_no_others() {
        assertEquals(
                new TreeSet<>(Set.of(
                        "close",
                        "flush",
                        "geometry",
                        "inSyncCount",
                        "isClean",
                        "isInSync",
                        "markClean",
                        "markDirty",
                        "nextRecovery",
                        "resume",
                        "setInSync",
                        "setOutOfSync",
                        "status")),
                abstractMethods(DirtyLog.class));
        assertEquals(new TreeSet<>(Set.of("create", "name", "parameters")), abstractMethods(DirtyLogType.class));
    }

    /** Each method says in which states it may be called, whether it blocks, and what it is in the kernel. */
    @Test
    void every_method_of_the_contract_answers_the_questions_of_its_reader() throws IOException {
        List<String> missing = new ArrayList<>();
        missing.addAll(missing("DirtyLog", "@states", "@blocks", "@kernel"));
        missing.addAll(missing("DirtyLogType", "@blocks", "@kernel"));
        missing.addAll(missing("LogHost", "@blocks", "@kernel"));
        missing.addAll(missing("Opening", "@blocks"));
        missing.addAll(missing("LogMedium", "@blocks"));
        // Closing a medium waits for nothing and has no counterpart worth a word.
        missing.remove("LogMedium.close @blocks");
        assertEquals(List.of(), missing);
    }

    private static List<String> missing(String type, String... tags) throws IOException {
        String source = Files.readString(Path.of("src/main/java/org/dirtylog/log/" + type + ".java"));
        Matcher methods = Pattern.compile(
                        "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@Override\\s*)?(?:default )?[A-Za-z<>]+ (\\w+)\\(",
                        Pattern.DOTALL)
                .matcher(source);
        List<String> missing = new ArrayList<>();
        int found = 0;
        while (methods.find()) {
            found++;
            for (String tag : tags) {
                if (!methods.group(1).contains(tag)) {
                    missing.add(type + "." + methods.group(2) + " " + tag);
                }
            }
        }
        if (found < 3) {
            missing.add(type + ": only " + found + " methods were found in its source");
        }
        return missing;
    }
}
