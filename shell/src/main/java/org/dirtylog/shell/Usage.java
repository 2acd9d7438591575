// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a command is typed. Options stand anywhere after the command's name; {@code --} ends them. Every command has
 * {@code --json}.
 *
 * @param command  with its scope
 * @param operands as shown in messages, those that may be left out in brackets
 * @param flags    options without a value
 * @param values   options with a value, and what the value is
 */
record Usage(String command, List<String> operands, Set<String> flags, Map<String, String> values) {
    private static final String JSON = "--json";

    static Usage of(String command, String... operands) {
        return new Usage(command, List.of(operands), Set.of(), Map.of());
    }

    Usage withFlag(String flag) {
        Set<String> more = new HashSet<>(flags);
        more.add(flag);
        return new Usage(command, operands, Set.copyOf(more), values);
    }

    Usage withValue(String option, String what) {
        Map<String, String> more = new HashMap<>(values);
        more.put(option, what);
        return new Usage(command, operands, flags, Map.copyOf(more));
    }

    /** What somebody typed, sorted out. */
    record Words(List<String> operands, Set<String> flags, Map<String, String> values) {
        boolean json() {
            return flags.contains(JSON);
        }

        boolean has(String flag) {
            return flags.contains(flag);
        }

        String value(String option, String otherwise) {
            return values.getOrDefault(option, otherwise);
        }
    }

    Words read(List<Object> arguments) throws CommandException {
        List<String> found = new ArrayList<>();
        Set<String> set = new HashSet<>();
        Map<String, String> given = new HashMap<>();
        boolean options = true;
        for (int i = 0; i < arguments.size(); i++) {
            String word = String.valueOf(arguments.get(i));
            int equals = word.indexOf('=');
            String option = equals < 0 ? word : word.substring(0, equals);
            if (!options || !word.startsWith("--")) {
                found.add(word);
            } else if (word.equals("--")) {
                options = false;
            } else if (word.equals(JSON) || flags.contains(word)) {
                set.add(word);
            } else if (values.containsKey(option)) {
                if (equals < 0 && ++i == arguments.size()) {
                    throw wrong(option + " needs " + values.get(option) + " after it");
                }
                String value = equals < 0 ? String.valueOf(arguments.get(i)) : word.substring(equals + 1);
                if (given.put(option, value) != null) {
                    throw wrong(option + " stands there twice");
                }
            } else {
                throw wrong("unknown option " + word);
            }
        }
        checkCount(found);
        return new Words(List.copyOf(found), Set.copyOf(set), Map.copyOf(given));
    }

    private void checkCount(List<String> found) throws CommandException {
        long least = operands.stream().filter(name -> !name.startsWith("[")).count();
        if (found.size() < least) {
            throw wrong(operands.get(found.size()) + " is missing");
        }
        if (found.size() > operands.size()) {
            throw wrong("unexpected word '" + found.get(operands.size()) + "'"
                    + (operands.contains("TABLE") ? "; the table line is one word, put it in quotes" : ""));
        }
    }

    private CommandException wrong(String what) {
        return new CommandException(command + ": " + what + "; usage: " + this);
    }

    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(command);
        operands.forEach(name -> line.append(' ').append(name.equals("TABLE") ? "'TABLE'" : name));
        flags.stream().sorted().forEach(flag -> line.append(" [").append(flag).append(']'));
        values.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(option -> line.append(" [")
                        .append(option.getKey())
                        .append(' ')
                        .append(option.getValue())
                        .append(']'));
        return line.append(" [--json]").toString();
    }
}
