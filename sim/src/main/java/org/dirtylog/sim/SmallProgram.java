// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What is done in small scope: on a mirror of two regions with two sectors each, of sixteen cells in all, each client does its
 * operations one after the other, all clients at once.
 *
 * @param legs    2 or 3
 * @param start   what the mirror is opened on
 * @param clients what each does, 3 operations in all at most
 * @param ending  what the operator does meanwhile
 * @param fault   what goes wrong once the mirror is open
 */
record SmallProgram(int legs, Start start, List<List<Op>> clients, Ending ending, Fault fault) {
    /** What a mirror is opened on. */
    enum Start {
        /** Everything was the same on all legs, and the mirror was stopped. */
        SYNCED,
        /** It was never opened, all legs are different. */
        FRESH,
        /** Power failed when one leg had a write and the others had not. */
        DIFFERENT
    }

    /** An operation of a client. */
    enum Op {
        /** Writes in two sectors, wholly in the first region. */
        A(Kind.WRITE, 4, 8),
        /** Writes in three sectors, over what {@link #A} writes and in both regions. */
        B(Kind.WRITE, 8, 12),
        /** Writes in one sector of the second region. */
        C(Kind.WRITE, 18, 2),
        /** Zeroes the first region. */
        Z(Kind.ZERO, 0, 16),
        /** Reads the first region. */
        R(Kind.READ, 0, 16),
        /** Reads a part of what {@link #A} and {@link #B} write. */
        S(Kind.READ, 8, 2),
        /** Flushes. */
        F(Kind.FLUSH, 0, 0);

        final Kind kind;
        final int first;
        final int count;

        Op(Kind kind, int first, int count) {
            this.kind = kind;
            this.first = first;
            this.count = count;
        }
    }

    /** Kinds of operations. */
    enum Kind {
        WRITE,
        ZERO,
        READ,
        FLUSH
    }

    /** What the operator does while clients are at work. */
    enum Ending {
        /** Nothing. */
        NONE,
        /** He waits until all is clean. */
        CLEANED,
        /** He stops the mirror. */
        STOP,
        /** He suspends and resumes it. */
        SUSPEND
    }

    /** What fails, the first time that it is asked. */
    enum Fault {
        NONE(false),
        /** A write to the source. */
        WRITE_0(true),
        /** A write to the leg after it. */
        WRITE_1(false),
        /** A read of the source. */
        READ_0(true),
        /** A force of the source. */
        FORCE_0(true),
        /** A force of the leg after it. */
        FORCE_1(false),
        /** A write to the log. */
        LOG_WRITE(false),
        /** A force of the log. */
        LOG_FORCE(false);

        final boolean ofSource;

        Fault(boolean ofSource) {
            this.ofSource = ofSource;
        }
    }

    /** Whether what is refused may be refused: the log is gone, the mirror is, or the only leg that is current. */
    boolean mayRefuse() {
        boolean onlyLeg = start == Start.FRESH && fault.ofSource;
        return fault == Fault.LOG_WRITE || fault == Fault.LOG_FORCE || ending == Ending.STOP || onlyLeg;
    }

    /**
     * Reads one.
     *
     * @param text as {@link #toString} shows it, as {@code 2:synced:AF+B:cleaned:none}
     */
    static SmallProgram of(String text) {
        String[] words = text.split(":");
        try {
            if (words.length != 5) {
                throw new IllegalArgumentException(words.length + " parts in place of 5");
            }
            List<List<Op>> clients = new ArrayList<>();
            for (String client : words[2].split("\\+")) {
                clients.add(client.chars()
                        .mapToObj(letter -> Op.valueOf(String.valueOf((char) letter)))
                        .toList());
            }
            return new SmallProgram(
                    Integer.parseInt(words[0]),
                    Start.valueOf(upper(words[1])),
                    clients,
                    Ending.valueOf(upper(words[3])),
                    Fault.valueOf(upper(words[4])));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no program, as 2:synced:AF+B:cleaned:none is; ops are "
                            + Arrays.toString(Op.values()) + ": " + e.getMessage(),
                    e);
        }
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public String toString() {
        String ops = clients.stream()
                .map(client -> client.stream().map(Op::name).collect(Collectors.joining()))
                .collect(Collectors.joining("+"));
        return legs + ":" + lower(start) + ":" + ops + ":" + lower(ending) + ":" + lower(fault);
    }
}
