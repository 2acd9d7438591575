// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.dirtylog.sim.world.Carrier;

/**
 * How histories are run; with a seed they say all about one.
 *
 * @param carrier  what coroutines run on; makes no difference to what happens
 * @param troubles whether devices fail and files are changed behind the mirror's back
 * @param always   what is there in every history; else in some of them
 * @param online   whether writes are judged when they are made; else only what survives crashes is
 * @param crashes  the most that count in one history, 1 to 10
 * @param cuts     what is left out
 */
record Options(Carrier carrier, boolean troubles, Set<Theme> always, boolean online, int crashes, Cuts cuts) {

    /** What a history may be about. */
    enum Theme {
        /** Legs fail, hang, vanish and return. */
        LEG_TROUBLES,
        /** Legs come and go by command, and the mirror grows. */
        RESHAPE,
        /** Clients come over an NBD connection. */
        NBD,
        /** Legs lose or misdirect writes, or lie about forces, and the log loses writes, and nobody is told. */
        SILENT_FAULTS;

        /** The one that an option of the script stands for. */
        static Optional<Theme> of(String option) {
            return Arrays.stream(values())
                    .filter(theme -> theme.option().equals(option))
                    .findFirst();
        }

        String option() {
            return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** What is used unless something else is asked for: all of it, ten crashes. */
    static Options usual() {
        return new Options(Carrier.best(), true, Set.of(), true, 10, Cuts.NONE);
    }

    Options withoutTroubles() {
        return new Options(carrier, false, always, online, crashes, cuts);
    }

    Options withAlways(Theme theme) {
        EnumSet<Theme> more = EnumSet.of(theme);
        more.addAll(always);
        return new Options(carrier, troubles, more, online, crashes, cuts);
    }

    boolean has(Theme theme) {
        return always.contains(theme);
    }

    Options onlyCrashes() {
        return new Options(carrier, troubles, always, false, crashes, cuts);
    }

    Options withCrashes(int most) {
        return new Options(carrier, troubles, always, online, most, cuts);
    }

    Options withCuts(Cuts parts) {
        return new Options(carrier, troubles, always, online, crashes, parts);
    }

    /** Shows what differs from the usual, as arguments of the script. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(troubles ? "" : " --no-troubles");
        for (Theme theme : Theme.values()) {
            text.append(has(theme) ? " " + theme.option() : "");
        }
        return text.append(online ? "" : " --only-crashes")
                .append(crashes == 10 ? "" : " --crashes " + crashes)
                .append(cuts.count() == 0 ? "" : " --without " + cuts)
                .toString();
    }
}
