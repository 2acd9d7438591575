// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.time.Duration;

/**
 * What a mirror is to do about its legs.
 *
 * @param startDegraded whether a leg that was attached at the last stop and is absent now is excluded, so that the others serve; else
 *                      the mirror waits for it
 * @param adopt         whether, at the first opening, legs that carry the label of another mirror are taken over
 * @param slowAfter     how long something may be under way on a leg before the leg is called slow; zero for ever
 * @param hungAfter     how long something may be under way on a leg before the leg is given up on; zero for ever
 */
public record LegPolicy(boolean startDegraded, boolean adopt, Duration slowAfter, Duration hungAfter) {

    /** When a leg is called slow, unless the configuration says otherwise. */
    public static final Duration DEFAULT_SLOW_AFTER = Duration.ofSeconds(3);

    /** When a leg is given up on, unless the configuration says otherwise. */
    public static final Duration DEFAULT_HUNG_AFTER = Duration.ofSeconds(30);

    /** Unless the configuration says otherwise. */
    public static final LegPolicy DEFAULT = new LegPolicy(true, false, DEFAULT_SLOW_AFTER, DEFAULT_HUNG_AFTER);

    /** Refuses times below zero. */
    public LegPolicy {
        if (slowAfter.isNegative() || hungAfter.isNegative()) {
            throw new IllegalArgumentException(
                    "legs cannot be slow after " + slowAfter + " and hung after " + hungAfter);
        }
    }

    /**
     * The same with another answer to absent legs.
     *
     * @param degraded whether to start without them
     * @return a policy
     */
    public LegPolicy withStartDegraded(boolean degraded) {
        return new LegPolicy(degraded, adopt, slowAfter, hungAfter);
    }

    /**
     * The same with another answer to legs of other mirrors.
     *
     * @param adopted whether they are taken over
     * @return a policy
     */
    public LegPolicy withAdopt(boolean adopted) {
        return new LegPolicy(startDegraded, adopted, slowAfter, hungAfter);
    }

    /**
     * The same with other time-outs.
     *
     * @param slow when a leg is called slow; zero for never
     * @param hung when a leg is given up on; zero for never
     * @return a policy
     */
    public LegPolicy withTimeouts(Duration slow, Duration hung) {
        return new LegPolicy(startDegraded, adopt, slow, hung);
    }
}
