// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import org.dirtylog.mirror.WordSources.Fault;

/** Bugs that are put into the copies, one at a time, and the scene that must find each. */
final class WordFaults {
    private WordFaults() {}

    static final List<Fault> ALL = List.of(
            new Fault(
                    "P1: a writer enters what is clean",
                    "RegionWord",
                    "(state == DIRTY || state == OUT_OF_SYNC)",
                    "(state == DIRTY || state == OUT_OF_SYNC || state == CLEAN)",
                    "clean: write0 write1 clean"),
            new Fault(
                    "P1: a writer enters what is being cleaned",
                    "RegionWord",
                    "(state == DIRTY || state == OUT_OF_SYNC)",
                    "(state == DIRTY || state == OUT_OF_SYNC || state == CLEANING)",
                    "dirty: write0 write1 clean"),
            new Fault(
                    "P1: a writer looks, and counts itself in whatever is there then",
                    "RegionTable",
                    "if (!RegionWord.admits(seen) || compareAndSet(region, seen, seen + 1 | RegionWord.TOUCHED)) {",
                    "if (!RegionWord.admits(seen) || getAndUpdate(region, word -> word + 1 | RegionWord.TOUCHED) != -1) {",
                    "dirty: write0 write1 clean"),
            new Fault(
                    "P1: a writer that leaves overwrites what came meanwhile",
                    "RegionTable",
                    "if (compareAndSet(region, seen, seen - 1)) {",
                    "if (getAndUpdate(region, word -> seen - 1) != -1) {",
                    "dirty: write0 write1 clean"),
            new Fault(
                    "P1: a mark counts before it is durable",
                    "LogBook",
                    "            FlushResult result = flush();\n            admit(fresh.minus(result.refusedMarks()));",
                    "            admit(fresh);\n            FlushResult result = flush();",
                    "clean: write0 write1 clean"),
            new Fault(
                    "P2: the cleaner takes a busy region",
                    "Cleaner",
                    "                    && RegionWord.count(word) == 0\n",
                    "",
                    "dirty: write0 write1 clean"),
            new Fault(
                    "P2: the cleaner takes whatever is there then",
                    "Cleaner",
                    "&& mirror.table.compareAndSet(region, word, RegionWord.in(word, RegionWord.CLEANING))",
                    "&& mirror.table.getAndUpdate(region, now -> RegionWord.in(now, RegionWord.CLEANING)) != -1",
                    "dirty: write0 write1 clean"),
            new Fault(
                    "P2: the copier takes a busy region",
                    "RegionCopier",
                    "                && RegionWord.count(word) == 0\n",
                    "",
                    "doubt: write0 write1 copy"),
            new Fault(
                    "P2: a copier that has the region keeps others out for ever",
                    "RegionCopier",
                    "RegionWord.in(word, RegionWord.RECOVERING) & ~RegionWord.COPY_WANTED",
                    "RegionWord.in(word, RegionWord.RECOVERING)",
                    "doubt: write0 write1 copy"),
            new Fault(
                    "P2: a copier that gives up keeps others out for ever",
                    "RegionCopier",
                    "mirror.table.getAndUpdate(region, word -> word & ~RegionWord.COPY_WANTED);",
                    "mirror.table.get(region);",
                    "doubt: write0 copy pause"),
            new Fault(
                    "P2: the last writer does not tell the copier",
                    "WritePath",
                    "RegionWord.has(mirror.table.leave(write.region), RegionWord.COPY_WANTED)",
                    "mirror.table.leave(write.region) < 0",
                    "doubt: write0 write1 copy"),
            new Fault(
                    "P3: who enters looks before it counts itself",
                    "Gate",
                    "        inside.incrementAndGet(slot);\n        if (closers.get() == 0 && !shut) {\n",
                    "        boolean open = closers.get() == 0;\n        inside.incrementAndGet(slot);\n        if (open) {\n",
                    "missing: write0 write1 attach"),
            new Fault(
                    "P3: who closes does not wait",
                    "Gate",
                    "changed.await(this::isEmpty);",
                    "isEmpty();",
                    "missing: write0 write1 attach"),
            new Fault(
                    "P5: a write that failed is not inside until the region is in doubt",
                    "WritePath",
                    "            recovery.cast(write.region);\n            throw e;",
                    "            throw e;",
                    "dirty refusing landing0: write0 write1 clean"),
            new Fault(
                    "P6: a copy ends, and nobody is told",
                    "RegionCopier",
                    "        mirror.markAgain(region);\n        mirror.regionsChanged.raise();\n",
                    "        mirror.markAgain(region);\n",
                    "doubt: write0 write1 copy"),
            new Fault(
                    "P11: a read in doubt is not written back",
                    "ReadPath",
                    "                if ((legs.currentMask() & 1 << i) != 0) {\n",
                    "                if (i == legs.size()) {\n",
                    "doubt: read lose0 clean"),
            new Fault(
                    "P14: the dirty is not doubted",
                    "LegFailures",
                    "                mirror.markAllAgain();\n",
                    "                mirror.legs();\n",
                    "dirty refusing1: write0 write1 clean"),
            new Fault(
                    "P14: the legs are published after the words were looked at",
                    "LegFailures",
                    "            mirror.legs(after);\n            if (after.attachedMask() != before.attachedMask()) {\n"
                            + "                mirror.markAllAgain();\n            }\n",
                    "            mirror.markAllAgain();\n            mirror.legs(after);\n",
                    "clean unforceable1: write0 clean exclude"),
            new Fault(
                    "P14: who marks does not look at the legs again",
                    "MirrorState",
                    "if (word != ifMarked(word)) {",
                    "if (word < 0) {",
                    "missing: write0 write1 attach"),
            new Fault(
                    "P17: legs are not forced before the cleaning",
                    "LegFlush",
                    "forces.forceAttached(legs)",
                    "new LegForces.Outcome(0, null)",
                    "dirty: write0 write1 clean"),
            new Fault(
                    "P18: a cleaning that was dropped counts",
                    "LogBook",
                    "leaveCleaning(region, mirror::marked)",
                    "leaveCleaning(region, word -> 0)",
                    "dirty: write0 clean lose"),
            new Fault(
                    "P18: a cleaning ends, and nobody is told",
                    "LogBook",
                    "mirror.table.trim(first));\n        mirror.regionsChanged.raise();\n",
                    "mirror.table.trim(first));\n",
                    "dirty: write0 write1 clean"),
            new Fault(
                    "P45: a leg that comes back lacks nothing",
                    "LegReturns",
                    "RegionWord.in(word, RegionWord.OUT_OF_SYNC) | RegionWord.lacking(mask));",
                    "RegionWord.in(word, RegionWord.DIRTY));",
                    "away: write0 write1 attach"),
            new Fault(
                    "doubt is forgotten by the word",
                    "Recovery",
                    "RegionWord.in(word, RegionWord.OUT_OF_SYNC) | flags",
                    "RegionWord.in(word, RegionWord.OUT_OF_SYNC)",
                    "dirty refusing landing0: write0 write1 clean"),
            new Fault(
                    "a leaf that is going is written to",
                    "RegionTable",
                    "            if (words.get(at) != RegionWord.MOVED) {\n                return false;\n            }\n",
                    "            if (words.compareAndSet(at, RegionWord.MOVED, next)) {\n                return true;\n            }\n",
                    "alone dirty: write0 write1 clean"));
}
