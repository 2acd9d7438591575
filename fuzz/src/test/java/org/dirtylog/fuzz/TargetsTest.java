// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each target with its seeds, with what was ever found, and with small changes of both. No input is chosen by coverage here. */
class TargetsTest {
    private static final Path FOUND = Path.of("regressions");
    private static final int CHANGES = 300;
    private static final long SEED = Long.getLong("dirtylog.fuzz.seed", System.nanoTime());

    /** What was found, by file. */
    static List<byte[]> found(Targets target) throws IOException {
        Path folder = FOUND.resolve(target.name());
        List<byte[]> inputs = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.sorted().toList()) {
                    inputs.add(Files.readAllBytes(file));
                }
            }
        }
        return inputs;
    }

    @ParameterizedTest
    @EnumSource
    void holdsForSeedsForWhatWasFoundAndForChangesOfThem(Targets target) throws IOException {
        Target one = target.make();
        List<byte[]> inputs = new ArrayList<>(one.seeds());
        inputs.addAll(found(target));
        assertTrue(inputs.size() >= 3, inputs.size() + " inputs to begin with");
        Changes changes = new Changes(SEED, inputs);
        for (int i = 0; i < inputs.size() + CHANGES; i++) {
            byte[] input = i < inputs.size() ? inputs.get(i) : changes.next();
            try {
                Driver.tryOut(one, input);
            } catch (Exception | Error e) {
                Path kept = Files.createDirectories(Path.of("target/found")).resolve(target.name());
                Files.write(kept, input);
                throw new AssertionError(
                        target + ", input " + i + " of -Ddirtylog.fuzz.seed=" + SEED + ", which is kept in " + kept, e);
            }
        }
    }
}
