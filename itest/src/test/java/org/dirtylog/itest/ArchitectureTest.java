// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The directions of imports between modules, and what code that decides about data must not touch. */
class ArchitectureTest {
    private static final Set<String> BEHIND_THE_SEAMS = Set.of("log-core", "log-disk", "log-runtime", "mirror");

    /**
     * At the rim: what turns configuration files and typed commands into calls. It holds no bits, words or legs, and the
     * simulator does not run it.
     */
    private static final Set<String> RIM = Set.of("org.dirtylog.mirror.home", "org.dirtylog.log.disk.LogCommands");

    private static Map<String, JavaClasses> modules;

    @BeforeAll
    static void readWhatWasBuilt() {
        modules = Modules.built();
        assertTrue(modules.keySet().containsAll(BEHIND_THE_SEAMS), "modules are missing: " + modules.keySet());
    }

    @Test
    void everyPackageIsInTheModuleItBelongsTo() {
        Set<String> strays = new TreeSet<>();
        modules.forEach((module, classes) -> classes.forEach(type -> {
            String home =
                    Modules.unitOf(type.getPackageName()).map(Modules::moduleOf).orElse("no module");
            if (!home.equals(module)) {
                strays.add(type.getPackageName() + " is in " + module + " and belongs to " + home);
            }
        }));
        assertNone(strays);
    }

    @Test
    void modulesImportOnlyWhatStandsBelowThem() {
        Set<String> wrong = new TreeSet<>();
        eachDependency((module, dependency) -> {
            JavaClass from = dependency.getOriginClass();
            JavaClass to = dependency.getTargetClass();
            if (!to.getPackageName().startsWith("org.dirtylog")) {
                return;
            }
            String unit = Modules.unitOf(from.getPackageName()).orElseThrow();
            String imported = Modules.unitOf(to.getPackageName()).orElse("unknown");
            if (!Modules.mayImport(unit, from.getName()).contains(imported)) {
                wrong.add(unit + " imports " + imported + ": " + dependency.getDescription());
            }
        });
        assertNone(wrong);
    }

    @Test
    void theSpiUsesTheJavaLibraryAndOsgiAnnotationsOnly() {
        Set<String> wrong = new TreeSet<>();
        eachDependency((module, dependency) -> {
            String to = dependency.getTargetClass().getPackageName();
            if (module.equals("log-api")
                    && !to.isEmpty()
                    && !to.matches("java\\..*|org\\.dirtylog\\.log|org\\.osgi\\.annotation\\..*")) {
                wrong.add(dependency.getDescription());
            }
        });
        assertNone(wrong);
    }

    @Test
    void onlyTheSurroundingsThemselvesAreRealInSeams() {
        Set<String> wrong = new TreeSet<>();
        modules.get("seams").stream()
                .filter(type -> type.getPackageName().equals("org.dirtylog.seams"))
                .forEach(type -> wrong.addAll(World.touchedBy(type)));
        assertNone(wrong);
    }

    @Test
    void codeThatDecidesAboutDataTouchesTheWorldThroughTheSeamsOnly() {
        Set<String> wrong = new TreeSet<>();
        for (String module : BEHIND_THE_SEAMS) {
            for (JavaClass type : modules.get(module)) {
                if (RIM.contains(type.getPackageName()) || RIM.contains(outermost(type.getName()))) {
                    continue;
                }
                wrong.addAll(World.touchedBy(type));
                type.getDirectDependenciesFromSelf().stream()
                        .filter(dependency ->
                                dependency.getTargetClass().getPackageName().startsWith("org.dirtylog.seams.real"))
                        .forEach(dependency -> wrong.add(dependency.getDescription()));
            }
        }
        assertNone(wrong);
    }

    @Test
    void onlyOneClassKnowsTheNativeLibrary() {
        Set<String> users = new TreeSet<>();
        eachDependency((module, dependency) -> {
            if (dependency.getTargetClass().getPackageName().startsWith("com.sun.jna")) {
                users.add(dependency.getOriginClass().getName());
            }
        });
        assertEquals(Set.of("org.dirtylog.seams.real.Native"), users);
    }

    private interface DependencyVisitor {
        void visit(String module, Dependency dependency);
    }

    private static void eachDependency(DependencyVisitor visitor) {
        modules.forEach((module, classes) -> classes.forEach(
                type -> type.getDirectDependenciesFromSelf().forEach(dependency -> visitor.visit(module, dependency))));
    }

    private static String outermost(String className) {
        return className.replaceFirst("\\$.*", "");
    }

    private static void assertNone(Set<String> wrong) {
        assertTrue(
                wrong.isEmpty(),
                () -> wrong.size() + " things are not as they should be:\n" + String.join("\n", wrong));
    }
}
