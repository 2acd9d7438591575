// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/**
 * Looks at a mirror's regions and legs as they are at a moment, without a call that the mirror could notice. It is in this package
 * because nobody else may see that.
 */
public final class MirrorProbe {
    /** How many states a region has. */
    public static final int STATES = 5;

    private final Mirror mirror;
    private final MirrorState state;

    /**
     * Prepares.
     *
     * @param mirror the mirror
     */
    public MirrorProbe(Mirror mirror) {
        this.mirror = mirror;
        this.state = mirror.state;
    }

    /**
     * Reads the states of the regions.
     *
     * @param into receives them: 0 CLEAN, 1 DIRTY, 2 CLEANING, 3 OUT_OF_SYNC, 4 RECOVERING
     * @return how many there are, at most as many as there is room for; 0 while none are known
     */
    public int regions(byte[] into) {
        RegionTable table = state.table;
        if (table == null) {
            return 0;
        }
        int count = (int) Math.min(into.length, state.geometry.regionCount());
        int known = 0;
        for (int region = 0; region < count; region++) {
            long found = RegionWord.state(table.get(region)) >>> 40;
            if (found >= STATES) {
                // The table is being filled anew.
                return known;
            }
            into[known++] = (byte) found;
        }
        return known;
    }

    /**
     * Tells whether a leg is about to be excluded.
     *
     * @return whether one has failed and is not excluded yet
     */
    public boolean isALegFailing() {
        return state.legs() != null && state.legs().failingMask() != 0;
    }

    /**
     * Tells whether a leg does not answer.
     *
     * @return whether one is said to hang
     */
    public boolean isALegHanging() {
        return state.legs() != null && state.legs().hangingMask() != 0;
    }

    /**
     * Tells whether legs are being compared.
     *
     * @return whether a scrub is under way
     */
    public boolean isComparing() {
        MirrorLife life = mirror.life;
        return life != null && life.scrub.status().state() == ScrubStatus.State.RUNNING;
    }
}
