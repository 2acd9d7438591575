// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.dirtylog.log.DirtyLogType;

/**
 * A bug put into a copy of one source of our logs.
 *
 * @param file   where, below {@code org/dirtylog/log}
 * @param right  what stands there, once
 * @param wrong  what stands there instead
 */
record PlantedFault(String name, String file, String right, String wrong) {
    private static final Path DISK = Path.of("").toAbsolutePath();
    private static final Path CORE = DISK.resolveSibling("log-core");
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    /** One for all: it keeps what it has read of the class path. */
    private static final StandardJavaFileManager FILES = COMPILER.getStandardFileManager(null, null, null);

    private static final String PACKAGES = "org\\.dirtylog\\.log\\.(bits|core|disk)\\.[A-Za-z$0-9]+";

    /** Compiles the one source, and loads all of our logs anew with it. */
    ClassLoader load(Path folder) throws IOException {
        Path module = file.startsWith("disk/") ? DISK : CORE;
        Path below = Path.of("org/dirtylog/log").resolve(file);
        String source = Files.readString(module.resolve("src/main/java").resolve(below));
        int found = source.split(Pattern.quote(right), -1).length - 1;
        assertEquals(1, found, () -> name + " no longer fits " + file + ": \"" + right + "\" is not there once");
        Path copy = folder.resolve("src").resolve(below);
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, source.replace(right, wrong));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<String> options = List.of("-proc:none", "-nowarn", "-d", classes.toString());
        boolean compiled = COMPILER.getTask(null, FILES, null, options, null, FILES.getJavaFileObjects(copy.toFile()))
                .call();
        assertTrue(compiled, () -> name + " does not compile");
        return loader(classes);
    }

    /** Our logs as they are, loaded in the same way. */
    static ClassLoader unchanged(Path folder) throws IOException {
        return loader(folder);
    }

    private static ClassLoader loader(Path first) throws IOException {
        Path disk = DISK.resolve("target/classes");
        Path core = CORE.resolve("target/classes");
        assertTrue(Files.isDirectory(disk) && Files.isDirectory(core), () -> "no classes in " + disk + " and " + core);
        URL[] places = {
            first.toUri().toURL(), disk.toUri().toURL(), core.toUri().toURL()
        };
        return new URLClassLoader(places, PlantedFault.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String type, boolean resolve) throws ClassNotFoundException {
                if (!type.matches(PACKAGES)) {
                    return super.loadClass(type, resolve);
                }
                synchronized (getClassLoadingLock(type)) {
                    Class<?> loaded = findLoadedClass(type);
                    return loaded != null ? loaded : findClass(type);
                }
            }
        };
    }

    static DirtyLogType type(ClassLoader loader, String name) throws ReflectiveOperationException {
        return (DirtyLogType) loader.loadClass(name).getConstructor().newInstance();
    }
}
