// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Between what chooses inputs and a target: Jazzer calls {@link #fuzzerInitialize} once and {@link #fuzzerTestOneInput} for each
 * input.
 */
public final class Driver {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** So often an input may exceed its bound before it counts: the first ones load classes. */
    private static final int TRIES = 3;

    private static Target target;

    private Driver() {}

    /**
     * Chooses the target.
     *
     * @param arguments one of {@link Targets}
     */
    public static void fuzzerInitialize(String[] arguments) {
        target = Targets.valueOf(arguments[0]).make();
    }

    /**
     * Tries one input.
     *
     * @param input any bytes
     * @throws Exception if something is found
     */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        tryOut(target, input);
    }

    /**
     * Tries one input, with its bound of memory.
     *
     * @param one   the target
     * @param input any bytes
     * @throws Exception if something is found
     */
    public static void tryOut(Target one, byte[] input) throws Exception {
        long allocated = Long.MAX_VALUE;
        for (int i = 0; i < TRIES && allocated > one.mostBytes(); i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            one.tryOut(input);
            allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        if (allocated > one.mostBytes()) {
            throw new Broken("bounded memory: an input of " + input.length + " bytes had " + allocated
                    + " bytes allocated, at most " + one.mostBytes() + " are expected");
        }
    }

    /**
     * Writes the seeds of a target into a folder, one file each; or tries files.
     *
     * @param arguments the target and the folder, which is there; or {@code --try}, the target, and files
     * @throws Exception if a file cannot be written or read, or something is found
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("--try")) {
            Target tried = Targets.valueOf(arguments[1]).make();
            for (int i = 2; i < arguments.length; i++) {
                tryOut(tried, Files.readAllBytes(Path.of(arguments[i])));
            }
            return;
        }
        List<byte[]> seeds = Targets.valueOf(arguments[0]).make().seeds();
        for (int i = 0; i < seeds.size(); i++) {
            Files.write(Path.of(arguments[1], "seed-" + i), seeds.get(i));
        }
    }
}
