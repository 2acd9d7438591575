// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.IOException;
import org.dirtylog.fuzz.Planted;
import org.dirtylog.fuzz.Targets;
import org.junit.jupiter.api.Test;

/** Faults in reading table lines, each of which the target finds. */
class TableFaultsTest {
    @Test
    void whatStandsBehindALineIsIgnored() throws IOException {
        TableLineFuzz faulty = new TableLineFuzz((line, types) -> {
            try {
                return TableLine.parse(line, types);
            } catch (TableException e) {
                if (e.getMessage().contains("the line ends before it")) {
                    return TableLine.parse(line.replaceFirst("[ \t\n\u000B\f\r]+[^ \t\n\u000B\f\r]*$", ""), types);
                }
                throw e;
            }
        });
        Planted.isFound(Targets.TableLine, faulty, "");
    }

    @Test
    void aPercentSignStandsForItself() throws IOException {
        TableLineFuzz faulty = new TableLineFuzz((line, types) -> TableLine.parse(line.replace("%", "%25"), types));
        Planted.isFound(Targets.TableLine, faulty, "a name: expected");
    }

    @Test
    void aRefusalNamesNoWord() throws IOException {
        TableLineFuzz faulty = new TableLineFuzz((line, types) -> {
            try {
                return TableLine.parse(line, types);
            } catch (TableException e) {
                throw new TableException("this is no table line");
            }
        });
        Planted.isFound(Targets.TableLine, faulty, "a refusal names a word");
    }

    @Test
    void aRefusalNamesTheWordBeforeIt() throws IOException {
        TableLineFuzz faulty = new TableLineFuzz((line, types) -> {
            try {
                return TableLine.parse(line, types);
            } catch (TableException e) {
                throw new TableException(e.getMessage().replaceFirst("^word 1([0-9])", "word $1"));
            }
        });
        Planted.isFound(Targets.TableLine, faulty, "");
    }
}
