// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import aQute.bnd.differ.Baseline;
import aQute.bnd.differ.DiffPluginImpl;
import aQute.bnd.osgi.Instructions;
import aQute.bnd.osgi.Jar;
import aQute.bnd.osgi.Processor;
import aQute.bnd.service.diff.Delta;
import aQute.bnd.service.diff.Diff;
import aQute.bnd.service.diff.Type;
import aQute.bnd.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How a package stands to what was kept of it, by bnd's differ, and what has to be done about it. Where bnd leaves 0.x free, any change is
 * at least a minor step here: authors of logs import [0.m, 0.m+1) if they implement what we provide.
 */
record ApiStep(
        String packageName, Version kept, Version now, Version needed, List<String> changes, boolean lineMissing) {

    /** Compares one exported package. The changelog counts with its whole text. */
    static ApiStep between(Jar keptJar, Jar builtJar, String packageName, String changelog) throws Exception {
        try (Processor reporter = new Processor()) {
            Baseline baseline = new Baseline(reporter, new DiffPluginImpl());
            Baseline.Info info = baseline.baseline(builtJar, keptJar, new Instructions(packageName)).stream()
                    .filter(found -> found.packageName.equals(packageName))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("bnd finds no package " + packageName));
            List<String> changes = new ArrayList<>();
            collect(info.packageDiff, simpleName(packageName), changes);
            Version needed = changes.isEmpty() ? info.olderVersion : step(info);
            Version named = info.newerVersion.compareTo(needed) < 0 ? needed : info.newerVersion;
            boolean same = changes.isEmpty() && info.newerVersion.equals(info.olderVersion);
            return new ApiStep(
                    packageName,
                    info.olderVersion,
                    info.newerVersion,
                    needed,
                    List.copyOf(changes),
                    !same && !names(changelog, named));
        }
    }

    private static Version step(Baseline.Info info) {
        Version minor = new Version(info.olderVersion.getMajor(), info.olderVersion.getMinor() + 1, 0);
        boolean free = info.olderVersion.getMajor() == 0 || info.suggestedVersion == null;
        return free ? minor : info.suggestedVersion;
    }

    /** What was added or taken away, each by its outermost part; a step of the version alone is no change. */
    private static void collect(Diff diff, String within, List<String> changes) {
        for (Diff part : diff.getChildren()) {
            Delta delta = part.getDelta();
            if (delta == Delta.UNCHANGED || delta == Delta.IGNORED || part.getType() == Type.VERSION) {
                continue;
            }
            if (delta == Delta.ADDED
                    || delta == Delta.REMOVED
                    || part.getChildren().isEmpty()) {
                changes.add(delta.name().toLowerCase(Locale.ROOT) + " in " + within + ": "
                        + part.getType().name().toLowerCase(Locale.ROOT) + " " + part.getName());
            } else {
                collect(part, simpleName(part.getName()), changes);
            }
        }
    }

    private static String simpleName(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static boolean names(String changelog, Version version) {
        return Pattern.compile("\\bSPI " + Pattern.quote(version.toString()) + "(?!\\.?[0-9])")
                .matcher(changelog)
                .find();
    }

    boolean stepMissing() {
        return now.compareTo(needed) < 0;
    }

    /** Whether what was kept is what there is. */
    boolean same() {
        return changes.isEmpty() && now.equals(kept);
    }

    /** Whether the change is announced, so that it may be kept. */
    boolean announced() {
        return !stepMissing() && !lineMissing;
    }

    /** What has changed and what to do, in the order in which to do it. Empty if nothing has. */
    String advice(String keptFile, String howToKeep) {
        if (same()) {
            return "";
        }
        StringBuilder text =
                new StringBuilder("The exported package " + packageName + " is not the one in " + keptFile + ":\n");
        changes.forEach(change -> text.append("    ").append(change).append('\n'));
        if (changes.isEmpty()) {
            text.append("    only the version: ").append(kept).append(" was kept\n");
        }
        text.append("Its version was ")
                .append(kept)
                .append(" and is ")
                .append(now)
                .append(" now.\n");
        Version named = stepMissing() ? needed : now;
        if (stepMissing()) {
            text.append("It must be at least ")
                    .append(needed)
                    .append(": write @Version(\"")
                    .append(needed);
            text.append("\") in package-info.java.\n");
        }
        if (lineMissing) {
            text.append("CHANGELOG.md lacks the line for it: write *SPI ").append(named);
            text.append(".* and what changes for authors of logs.\n");
        }
        text.append(announced() ? "The step is announced. " : "After that, ");
        text.append("keep the new API and commit it with the change: ")
                .append(howToKeep)
                .append('\n');
        return text.append("If the change is not meant, take it back.\n").toString();
    }
}
