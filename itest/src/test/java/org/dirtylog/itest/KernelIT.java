// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The distribution beside a real kernel, in a machine whose power goes. The scenarios are in {@code itest/kernel}. */
final class KernelIT {
    private static final Path VM = Path.of("kernel", "vm").toAbsolutePath();
    private static final int SKIP = 77;

    @Test
    void theMachineLosesWhatWasNotForcedOnOneSideOnly() throws Exception {
        run(20, "self-test");
    }

    @Test
    void theKernelAndWeReadTheSameDirtySetFromEachOthersLog() throws Exception {
        run(30, "dirty-set");
    }

    @Test
    void afterAPowerCutLegsAreEqualWhereTheLogSaysSoAndNoFlushedBlockIsLost() throws Exception {
        cutPower("power-cut");
    }

    @Test
    void norIsOneLostWhileALegFailsHangsVanishesAndReturns() throws Exception {
        cutPower("leg-trouble");
    }

    private static void cutPower(String scenario) throws IOException, InterruptedException {
        int cuts = Integer.getInteger("dirtylog.powerCuts", 1);
        run(20 + 10 * cuts, scenario, String.valueOf(cuts));
    }

    private static void run(int minutes, String... words) throws IOException, InterruptedException {
        Path work = Path.of("target", "kernel").toAbsolutePath();
        Files.createDirectories(work);
        Path output = work.resolve(words[0] + ".output");
        List<String> command = new ArrayList<>(List.of("python3", VM.toString()));
        command.addAll(List.of(words));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("DIRTYLOG_VM_WORK", work.toString());
        builder.environment().put("DIRTYLOG_DIST", Objects.requireNonNull(System.getProperty("dirtylog.distribution")));
        Process process = start(builder);
        try {
            assertTrue(process.waitFor(minutes, TimeUnit.MINUTES), () -> "not ended in time: " + read(output));
        } finally {
            process.destroyForcibly(); // its emulator ends with it
        }
        String told = read(output);
        System.out.print(told);
        Assumptions.assumeFalse(process.exitValue() == SKIP, told);
        assertEquals(0, process.exitValue(), told);
    }

    private static Process start(ProcessBuilder builder) {
        try {
            return builder.start();
        } catch (IOException e) {
            return Assumptions.abort("python3 is missing here (Debian: apt-get install python3): " + e.getMessage());
        }
    }

    private static String read(Path output) {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(no output: " + e.getMessage() + ")";
        }
    }
}
