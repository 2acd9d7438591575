// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.dirtylog.mirror.WordSources.Fault;
import org.dirtylog.mirror.steps.Explorer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The protocol of a region's word, by the production code of all that takes part in it, in every order in which three threads can
 * take their steps.
 */
class RegionWordExplorationTest {
    /** How it begins, and what the threads do ({@link WordScenes}). */
    private static final List<String> SCENES = List.of(
            "clean: write0 write1 clean",
            "clean: write0 clean read",
            "dirty: write0 write1 clean",
            "dirty: write0 clean clean",
            "dirty: write0 clean read",
            "dirty: write0 clean lose",
            "alone dirty: write0 write1 clean",
            "doubt: write0 write1 copy",
            "doubt: write0 copy read1",
            "doubt: write0 copy pause",
            "doubt: read copy pause",
            "doubt: read lose0 clean",
            "doubt: write0 copyClean clean",
            "stale: write0 write1 copyClean",
            "stale: write0 copy lose",
            "away: write0 write1 attach",
            "missing: write0 write1 attach",
            "dirty refusing1: write0 write1 clean",
            "dirty refusing1: write0 read clean",
            "doubt refusing1: write0 copy clean",
            "dirty refusing: write0 copy clean",
            "dirty refusing landing0: write0 write1 clean",
            "clean unforceable1: write0 clean exclude",
            "dirty unforceable1: write0 clean exclude",
            "clean logFails: write0 write1 clean",
            "dirty logFails: write0 write1 clean");

    @TempDir
    Path folder;

    @Test
    void whateverTheOrderTheRulesHoldAndTheOutcomeIsThatOfSomeOneAfterTheOther() throws Exception {
        Function<String, Explorer.Scene> scenes = WordSources.scenes(null, folder);
        long states = 0;
        for (String name : SCENES) {
            Explorer.Result all = Explorer.explore(scenes.apply(name));
            System.out.printf(
                    "%-45s %,10d states %,10d steps %.1e orders of up to %d steps%n",
                    name, all.states(), all.steps(), all.interleavings(), all.longest());
            states += all.states();
            Set<String> expected = oneAfterTheOther(scenes, name);
            for (String outcome : all.outcomes()) {
                assertTrue(expected.contains(outcome), name + " ends as " + outcome + ", not as one of " + expected);
            }
        }
        System.out.printf("%d scenes, %,d states%n", SCENES.size(), states);
    }

    /** What comes of some of the threads, one after the other: one that found the region busy has done nothing. */
    private static Set<String> oneAfterTheOther(Function<String, Explorer.Scene> scenes, String name) throws Exception {
        String[] parts = name.split(": ");
        String[] threads = parts[1].split(" ");
        Set<String> outcomes = new TreeSet<>();
        for (int some = 1; some < 1 << threads.length; some++) {
            StringBuilder chosen = new StringBuilder(parts[0]).append(": ");
            for (int i = 0; i < threads.length; i++) {
                chosen.append((some & 1 << i) == 0 ? "" : threads[i] + " ");
            }
            outcomes.addAll(Explorer.sequential(scenes.apply(chosen.toString())).outcomes());
        }
        return outcomes;
    }

    static List<Fault> faults() {
        return WordFaults.ALL;
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aBugThatIsPutInIsFound(Fault fault) throws Exception {
        Explorer.Scene scene = WordSources.scenes(fault, folder).apply(fault.scene());
        Explorer.Found found = assertThrows(Explorer.Found.class, () -> Explorer.explore(scene), fault.name());
        System.out.println(
                fault.name() + " -> " + found.getMessage().lines().findFirst().orElseThrow());
    }

    /** What finds everything finds nothing. */
    @Test
    void eachSceneOfABugIsExploredWithoutIt() {
        for (Fault fault : WordFaults.ALL) {
            assertEquals(1, SCENES.stream().filter(fault.scene()::equals).count(), fault.scene());
        }
    }
}
