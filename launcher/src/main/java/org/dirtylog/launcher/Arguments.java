// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What was asked for on the command line.
 *
 * @param verb    what to do
 * @param home    on which home, absolute
 * @param command for {@link Verb#EXEC}, else empty
 */
record Arguments(Verb verb, Path home, String command) {
    static final String USAGE = String.join(
            System.lineSeparator(),
            "usage: dirtylog demo [--home DIR]            a mirror to try, made on first use (default home: ./demo)",
            "       dirtylog run --home DIR               serve the mirrors of a home",
            "       dirtylog exec [--home DIR] 'COMMAND'  run a command in the instance that runs on a home",
            "       dirtylog version");

    private static final String DEFAULT_HOME = "demo";

    enum Verb {
        DEMO,
        RUN,
        EXEC,
        VERSION
    }

    static Arguments parse(List<String> words) throws Refusal {
        if (words.isEmpty()) {
            throw Refusal.usage("dirtylog: say what to do");
        }
        Verb verb = verb(words.get(0));
        String home = null;
        List<String> operands = new ArrayList<>();
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("--home")) {
                if (++i == words.size()) {
                    throw Refusal.usage("dirtylog: --home needs a folder after it");
                }
                home = words.get(i);
            } else if (word.startsWith("--home=")) {
                home = word.substring("--home=".length());
            } else if (word.startsWith("-") && operands.isEmpty()) {
                throw Refusal.usage("dirtylog: unknown option " + word);
            } else {
                operands.add(word);
            }
        }
        if (home != null && home.isEmpty()) {
            throw Refusal.usage("dirtylog: --home needs the name of a folder, found an empty word");
        }
        return new Arguments(verb, folder(verb, home), command(verb, operands));
    }

    private static Verb verb(String word) throws Refusal {
        for (Verb verb : Verb.values()) {
            if (verb.name().toLowerCase(Locale.ROOT).equals(word)) {
                return verb;
            }
        }
        throw Refusal.usage("dirtylog: '" + word + "' is none of demo, run, exec, version");
    }

    private static Path folder(Verb verb, String home) throws Refusal {
        if (home == null && verb == Verb.RUN) {
            throw Refusal.usage("dirtylog: run needs --home DIR");
        }
        try {
            // A ".." behind a symbolic link leads elsewhere than the text suggests; only the kernel knows where.
            return Path.of(home == null ? DEFAULT_HOME : home).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw Refusal.usage("dirtylog: '" + home + "' is no name of a folder: " + e.getReason());
        }
    }

    private static String command(Verb verb, List<String> operands) throws Refusal {
        if (verb != Verb.EXEC) {
            if (!operands.isEmpty()) {
                throw Refusal.usage("dirtylog: unexpected word '" + operands.get(0) + "'");
            }
            return "";
        }
        if (operands.isEmpty()) {
            throw Refusal.usage("dirtylog: exec needs a command, for example: exec 'mirror:list'");
        }
        if (operands.size() > 1) {
            throw Refusal.usage("dirtylog: exec takes the command as one word, put it in quotes: exec '"
                    + String.join(" ", operands) + "'");
        }
        return operands.get(0);
    }
}
