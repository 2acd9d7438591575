// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.List;

/** Starts an instance, or talks to one that runs. Called by the script {@code dirtylog}. */
public final class Main {
    private static final String TERMINAL = "dirtylog.terminal";

    private Main() {}

    /**
     * Does what the words say and ends the process.
     *
     * @param words a verb and what belongs to it
     */
    public static void main(String[] words) {
        int code;
        try {
            code = run(Arguments.parse(List.of(words)));
        } catch (Refusal e) {
            System.err.println(Failures.printable(e.getMessage()));
            code = e.exitCode();
        } catch (InterruptedException e) {
            code = Refusal.FAILED;
        }
        System.exit(code);
    }

    private static int run(Arguments arguments) throws Refusal, InterruptedException {
        Home home = new Home(arguments.home());
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        switch (arguments.verb()) {
            case VERSION -> System.out.println("dirtylog " + Distribution.version());
            case EXEC -> {
                return new ControlClient(home).run(arguments.command(), out, new FileOutputStream(FileDescriptor.err));
            }
            case DEMO, RUN -> {
                boolean terminal = Boolean.getBoolean(TERMINAL);
                if (!terminal) {
                    // Whoever prints, prints to standard error: scripts read standard output line by line.
                    System.setOut(System.err);
                }
                new Instance(Distribution.find(), home, out, terminal).run(arguments.verb() == Arguments.Verb.DEMO);
            }
        }
        return 0;
    }
}
