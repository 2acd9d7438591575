// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import static org.dirtylog.leg.chaos.Access.FORCE;
import static org.dirtylog.leg.chaos.Access.READ;
import static org.dirtylog.leg.chaos.Access.SETATTR;
import static org.dirtylog.leg.chaos.Access.WRITE;
import static org.dirtylog.leg.chaos.Access.ZERO;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a rule does. */
enum Fault {
    ERROR(Kind.ENDS, EnumSet.allOf(Access.class), EnumSet.allOf(Access.class)),
    DELAY(Kind.WAITS, EnumSet.allOf(Access.class), EnumSet.allOf(Access.class)),
    HANG(Kind.WAITS, EnumSet.allOf(Access.class), EnumSet.allOf(Access.class)),
    TEAR(Kind.ENDS, EnumSet.of(WRITE, ZERO), EnumSet.of(WRITE, ZERO)),
    SHORT(Kind.ENDS, EnumSet.of(READ, WRITE), EnumSet.of(WRITE)),
    LIE(Kind.ALTERS, EnumSet.of(FORCE), EnumSet.of(FORCE)),
    ROT(Kind.ALTERS, EnumSet.of(READ, WRITE), EnumSet.of(READ, WRITE)),
    READ_ONLY(Kind.ENDS, EnumSet.of(WRITE, ZERO, SETATTR), EnumSet.of(WRITE, ZERO, SETATTR)),
    VANISH(Kind.STATE, Set.of(), Set.of()),
    SHRINK(Kind.STATE, Set.of(), Set.of()),
    CACHE(Kind.STATE, Set.of(), Set.of());

    /** How a fault acts on what is asked. */
    enum Kind {
        /** It ends it; of several the first that fires. */
        ENDS,
        /** It holds it up. */
        WAITS,
        /** It lets it succeed, otherwise than it seems. */
        ALTERS,
        /** It is no matter of a single request: while it lasts, the leg is in that state. */
        STATE
    }

    private final Kind kind;
    private final Set<Access> possible;
    private final Set<Access> usual;

    Fault(Kind kind, Set<Access> possible, Set<Access> usual) {
        this.kind = kind;
        this.possible = possible;
        this.usual = usual;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Kind kind() {
        return kind;
    }

    /** What it can be done to. */
    Set<Access> possible() {
        return possible;
    }

    /** What it is done to if the rule names nothing. */
    Set<Access> usual() {
        return usual;
    }

    static Optional<Fault> of(String word) {
        return Arrays.stream(values())
                .filter(fault -> fault.word().equals(word))
                .findFirst();
    }

    static List<String> words() {
        return Arrays.stream(values()).map(Fault::word).toList();
    }
}
