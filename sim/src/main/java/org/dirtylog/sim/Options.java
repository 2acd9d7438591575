// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import org.dirtylog.sim.world.Carrier;

/**
 * How histories are run; with a seed they say all about one.
 *
 * @param carrier     what coroutines run on; makes no difference to what happens
 * @param troubles    whether devices fail and files are changed behind the mirror's back
 * @param legTroubles whether legs fail in every history; else in some of those that have troubles
 * @param reshaped    whether legs come and go and the mirror grows in every history; else in some
 * @param online      whether writes are judged when they are made; else only what survives crashes is
 * @param crashes     the most that count in one history, 1 to 10
 */
public record Options(
        Carrier carrier, boolean troubles, boolean legTroubles, boolean reshaped, boolean online, int crashes) {

    /**
     * What is used unless something else is asked for.
     *
     * @return all of it, ten crashes
     */
    public static Options usual() {
        return new Options(Carrier.best(), true, false, false, true, 10);
    }

    Options withoutTroubles() {
        return new Options(carrier, false, false, false, online, crashes);
    }

    Options withLegTroubles() {
        return new Options(carrier, troubles, true, reshaped, online, crashes);
    }

    Options withReshaping() {
        return new Options(carrier, troubles, legTroubles, true, online, crashes);
    }

    Options onlyCrashes() {
        return new Options(carrier, troubles, legTroubles, reshaped, false, crashes);
    }

    Options withCrashes(int most) {
        return new Options(carrier, troubles, legTroubles, reshaped, online, most);
    }

    /** Shows what differs from the usual, as arguments of the script. */
    @Override
    public String toString() {
        return (troubles ? "" : " --no-troubles")
                + (legTroubles ? " --leg-troubles" : "")
                + (reshaped ? " --reshape" : "")
                + (online ? "" : " --only-crashes")
                + (crashes == 10 ? "" : " --crashes " + crashes);
    }
}
