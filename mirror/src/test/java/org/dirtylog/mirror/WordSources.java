// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.io.StringWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.dirtylog.mirror.steps.Explorer;

/**
 * Copies of production sources in which each atomic access is a step of the {@link Explorer}. Whole classes get other atomics of
 * the same names by their imports; single methods are taken out, as they are, of classes that know more of the world. Whatever does
 * not fit the sources any more fails.
 */
final class WordSources {
    private static final Path SOURCES = Path.of("src/main/java/org/dirtylog/mirror");
    private static final String STEPS = "org.dirtylog.mirror.steps.";

    /** A bug that is put in. */
    record Fault(String name, String file, String from, String to, String scene) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final Fault fault;
    private final Map<String, String> copies = new LinkedHashMap<>();

    private WordSources(Fault fault) throws IOException {
        this.fault = fault;
        whole("RegionWord");
        String table = source("RegionTable");
        table = replace(table, "LEAF_BITS = 10;", "LEAF_BITS = 1;");
        copy("RegionTable", replace(table, "MID_BITS = LEAF_BITS + 10;", "MID_BITS = LEAF_BITS + 1;"));
        String gate = replace(
                source("Gate"),
                "private volatile boolean shut;",
                "private final AtomicBoolean shut = new AtomicBoolean();");
        gate = replace(gate, "shut = true;", "shut.set(true);");
        gate = gate.replaceAll("(?<![\\w.#])shut(?![\\w(.]| =)", "shut.get()");
        copy(
                "Gate",
                replace(
                        gate,
                        "import java.util.concurrent.atomic.AtomicInteger;",
                        "import " + STEPS + "AtomicBoolean;\nimport java.util.concurrent.atomic.AtomicInteger;"));
        part(
                "State",
                "MirrorState",
                "mayEnter marked markAgain markAllAgain ifMarked beginSettling endSettling isSettling awaitSettled",
                "legs");
        part("LegFlush", "LegFlush", "flush", "");
        part("Failures", "LegFailures", "alone exclude settle excludeAlone", "");
        part("Recovery", "Recovery", "cast", "");
        part("Write", "WritePath", "change enter carryOn leave writeTo settleFailure leaveRegion", "");
        part(
                "Read",
                "ReadPath",
                "read isPlain readFromSome readFrom readInDoubt readAndWriteBack writeBack settleDoubtfulRead",
                "");
        part("Copier", "RegionCopier", "copy end take tryTake copyChunks readSource isZero isHole write release", "");
        part("Cleaner", "Cleaner", "cleanIdle forceFailed", "");
        part("Returns", "LegReturns", "lackAllDirty", "");
        part("Book", "LogBook", "await refuses notMarked flushLegs stillClean admit settle leaveCleaning", "failure");
    }

    /** The scenes of the sources as they are, or with a fault in them. */
    @SuppressWarnings("unchecked") // it is what it is
    static Function<String, Explorer.Scene> scenes(Fault fault, Path folder) throws Exception {
        WordSources sources = new WordSources(fault);
        Path classes = sources.compile(folder);
        return (Function<String, Explorer.Scene>) new CopyLoader(classes)
                .loadClass(WordScenes.class.getName())
                .getDeclaredConstructor()
                .newInstance();
    }

    // ---- text -------------------------------------------------------------------------------------------------------

    private String source(String name) throws IOException {
        String text = Files.readString(SOURCES.resolve(name + ".java"));
        return fault != null && fault.file.equals(name) ? replace(text, fault.from, fault.to) : text;
    }

    private static String replace(String text, String from, String to) {
        int at = text.indexOf(from);
        if (at < 0 || text.indexOf(from, at + 1) >= 0) {
            throw new AssertionError("not once in the sources any more: " + from);
        }
        return text.substring(0, at) + to + text.substring(at + from.length());
    }

    private void whole(String name) throws IOException {
        copy(name, source(name));
    }

    private void copy(String name, String text) {
        String copy = forgetting(text.replace("import java.util.concurrent.atomic.", "import " + STEPS))
                .replaceAll("\n( *\\w+)\\.incrementAndGet\\((\\w+)\\);", "\n$1.increment($2);");
        for (String unknown : List.of("java.util.concurrent", "volatile ", "synchronized", "VarHandle")) {
            if (copy.contains(unknown)) {
                throw new AssertionError(name + " has got something that no step is made of: " + unknown);
            }
        }
        copies.put(name, copy);
    }

    /** Methods of a class; reads of its volatile fields become calls. */
    private void part(String part, String from, String methods, String volatiles) throws IOException {
        String text = source(from);
        StringBuilder body = new StringBuilder();
        for (String method : methods.split(" ")) {
            body.append(method(text, method));
        }
        if (part.equals("Book")) {
            body.append(turn(text));
        }
        String taken = body.toString();
        for (String field : volatiles.isEmpty() ? new String[0] : volatiles.split(" ")) {
            if (!text.contains("volatile ")) {
                throw new AssertionError(from + " has no volatile fields any more");
            }
            taken = taken.replaceAll("(?<![.\\w])" + field + "(?=[.; ])", field + "()");
        }
        if (part.equals("Write")) {
            taken = replace(
                    taken,
                    "            enter(region, write.hint);\n",
                    "            enter(region, write.hint);\n            " + STEPS + "Explorer.forgetAt(1);\n");
        }
        String imports = text.lines().filter(line -> line.startsWith("import ")).collect(Collectors.joining("\n"));
        String name = part + "PartCopy";
        copies.put(
                name,
                "package org.dirtylog.mirror;\nimport org.dirtylog.mirror.WordParts.*;\n" + imports + "\nfinal class "
                        + name + " extends WordParts." + part + "Part {\n" + constructor(part) + forgetting(taken)
                        + "}\n");
    }

    /** No loop without end carries anything from one round to the next: what a round has seen is no part of the state. */
    private static String forgetting(String text) {
        return text.replace(
                "while (true) {",
                "for (int place = " + STEPS + "Explorer.place();; " + STEPS + "Explorer.forgetSince(place)) {");
    }

    private static String constructor(String part) {
        String given = switch (part) {
            case "State" -> "Shared a";
            case "Failures", "Returns" -> "StatePart a";
            case "LegFlush" -> "StatePart a, FailuresPart b";
            case "Recovery" -> "StatePart a, Log b";
            case "Book" -> "StatePart a, LegFlushPart b, Boolean c";
            case "Cleaner" -> "StatePart a, BookPart b, FailuresPart c";
            case "Copier" -> "StatePart a, FailuresPart b, Log c";
            case "Write" -> "StatePart a, BookPart b, FailuresPart c, RecoveryPart d";
            case "Read" -> "StatePart a, FailuresPart b, RecoveryPart c";
            default -> throw new AssertionError(part);
        };
        return "    " + part + "PartCopy(" + given + ") {\n        super(" + given.replaceAll("\\w+ (\\w)", "$1")
                + ");\n    }\n\n";
    }

    /** One method, of which there is one, without what hides it. */
    private static String method(String text, String name) {
        Matcher found = Pattern.compile("(?m)^    (?:private )?(?=(?:static )?[\\w.<>\\[\\]]+ " + name + "\\()")
                .matcher(text);
        if (!found.find()) {
            throw new AssertionError("no method " + name + " any more");
        }
        int from = found.end();
        if (found.find()) {
            throw new AssertionError("more than one method " + name);
        }
        String last = "\n    }\n";
        return "    " + text.substring(from, text.indexOf(last, from)) + last + "\n";
    }

    /** What a turn does, without what it does under the monitor. */
    private static String turn(String text) {
        int from = text.indexOf("            RegionSet fresh = ");
        String last = "            settle(cleaned, dropped);\n";
        int to = text.indexOf(last, from);
        if (from < 0 || to < 0) {
            throw new AssertionError("the turn of the log book is another one");
        }
        return "    void turn(RegionSet wanted, RegionSet cleaned, RegionSet doubtful) throws DirtyLogException {\n"
                + text.substring(from, to) + last + "    }\n";
    }

    // ---- classes ----------------------------------------------------------------------------------------------------

    private Path compile(Path folder) throws IOException {
        Path sources = Files.createDirectories(folder.resolve("sources"));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<Path> files = new ArrayList<>();
        for (Map.Entry<String, String> copy : copies.entrySet()) {
            files.add(Files.writeString(sources.resolve(copy.getKey() + ".java"), copy.getValue()));
        }
        StringWriter said = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of(
                    "-proc:none", "-nowarn", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
            boolean done = compiler.getTask(
                            said, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            if (!done) {
                throw new AssertionError("the copies do not compile: " + said);
            }
        }
        return classes;
    }

    /** Loads the mirror anew, and of it the copies first. */
    private static final class CopyLoader extends URLClassLoader {
        CopyLoader(Path copies) throws MalformedURLException {
            super(
                    new URL[] {
                        copies.toUri().toURL(),
                        WordScenes.class.getProtectionDomain().getCodeSource().getLocation(),
                        Mirror.class.getProtectionDomain().getCodeSource().getLocation()
                    },
                    WordSources.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.dirtylog.mirror.") || name.startsWith(STEPS)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                return known != null ? known : findClass(name);
            }
        }
    }
}
