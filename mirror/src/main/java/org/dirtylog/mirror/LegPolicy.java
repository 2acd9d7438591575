// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/**
 * What a mirror is to do about its legs.
 *
 * @param startDegraded whether a leg that was attached at the last stop and is absent now is excluded, so that the others serve; else
 *                      the mirror waits for it
 * @param adopt         whether, at the first opening, legs that carry the label of another mirror are taken over
 */
public record LegPolicy(boolean startDegraded, boolean adopt) {

    /** Unless the configuration says otherwise. */
    public static final LegPolicy DEFAULT = new LegPolicy(true, false);

    /**
     * The same with another answer to absent legs.
     *
     * @param degraded whether to start without them
     * @return a policy
     */
    public LegPolicy withStartDegraded(boolean degraded) {
        return new LegPolicy(degraded, adopt);
    }

    /**
     * The same with another answer to legs of other mirrors.
     *
     * @param adopted whether they are taken over
     * @return a policy
     */
    public LegPolicy withAdopt(boolean adopted) {
        return new LegPolicy(startDegraded, adopted);
    }
}
