// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code docs/nbd-conformance.md}: the rules by number, what each server was found to do, and the tests. */
final class ConformanceTable {
    static final Path FILE = Path.of("..", "docs", "nbd-conformance.md");

    private static final Pattern SECTION = Pattern.compile("## .*`(\\w+)`.*");
    private static final Pattern ROW =
            Pattern.compile("\\| (\\d+) \\| (.*) \\| (.*) \\| (.*) \\| (.*) \\| `(\\w+)` \\|");
    private static final Pattern VERSIONS = Pattern.compile(".*nbdkit (\\d+\\.\\d+), qemu-nbd (\\d+\\.\\d+).*");

    private final List<Row> rows = new ArrayList<>();
    private String nbdkit = "";
    private String qemu = "";

    /** A rule. */
    record Row(int number, String rule, String ours, String nbdkit, String qemu, String type, String test) {
        String found(Server server) {
            return switch (server) {
                case OURS -> ours;
                case NBDKIT -> nbdkit;
                case QEMU -> qemu;
            };
        }
    }

    static ConformanceTable read() throws IOException {
        ConformanceTable table = new ConformanceTable();
        String type = "";
        for (String line : Files.readAllLines(FILE)) {
            Matcher section = SECTION.matcher(line);
            Matcher row = ROW.matcher(line);
            Matcher versions = VERSIONS.matcher(line);
            if (section.matches()) {
                type = section.group(1);
            } else if (line.startsWith("## ")) {
                type = "";
            } else if (row.matches() && !type.isEmpty()) {
                table.rows.add(new Row(
                        Integer.parseInt(row.group(1)),
                        row.group(2),
                        row.group(3),
                        row.group(4),
                        row.group(5),
                        type,
                        row.group(6)));
            } else if (versions.matches()) {
                table.nbdkit = versions.group(1);
                table.qemu = versions.group(2);
            }
        }
        return table;
    }

    List<Row> rows() {
        return rows;
    }

    List<Row> rows(String type, String test) {
        return rows.stream()
                .filter(row -> row.type.equals(type) && row.test.equals(test))
                .toList();
    }

    /** Of which version the results in the table are. */
    String version(Server server) {
        return server == Server.NBDKIT ? nbdkit : qemu;
    }
}
