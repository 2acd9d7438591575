// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What was typed behind a command, sorted out. Options stand anywhere; {@code --} ends them, as with the other commands.
 *
 * @param operands as many as the command has
 * @param flags    as typed
 */
record Words(List<String> operands, Set<String> flags) {
    private static final String JSON = "--json";

    boolean has(String flag) {
        return flags.contains(flag);
    }

    boolean json() {
        return flags.contains(JSON);
    }

    /**
     * Reads them.
     *
     * @param command with its scope
     * @param names   of its operands, as shown in messages
     * @param known   flags that it has beside {@code --json}
     * @throws IllegalArgumentException if they are not understood; the message says what would be
     */
    static Words read(String command, List<String> names, List<String> known, List<Object> arguments) {
        List<String> found = new ArrayList<>();
        Set<String> flags = new HashSet<>();
        boolean options = true;
        for (Object argument : arguments) {
            String word = String.valueOf(argument);
            if (options && word.equals("--")) {
                options = false;
            } else if (options && (word.equals(JSON) || known.contains(word))) {
                flags.add(word);
            } else if (options && word.startsWith("--")) {
                throw wrong(command, "unknown option " + word, names, known);
            } else {
                found.add(word);
            }
        }
        if (found.size() < names.size()) {
            throw wrong(command, names.get(found.size()) + " is missing", names, known);
        }
        if (found.size() > names.size()) {
            throw wrong(
                    command,
                    "unexpected word '" + found.get(names.size()) + "'; rules are one word, put them in quotes",
                    names,
                    known);
        }
        return new Words(List.copyOf(found), Set.copyOf(flags));
    }

    private static IllegalArgumentException wrong(String command, String what, List<String> names, List<String> known) {
        StringBuilder usage = new StringBuilder(command);
        names.forEach(name -> usage.append(' ').append(name));
        known.forEach(flag -> usage.append(" [").append(flag).append(']'));
        return new IllegalArgumentException(command + ": " + what + "; usage: " + usage + " [" + JSON + "]");
    }
}
