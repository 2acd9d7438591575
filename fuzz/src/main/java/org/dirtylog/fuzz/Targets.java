// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import java.util.function.Supplier;
import org.dirtylog.log.disk.IdentitySlotFuzz;
import org.dirtylog.log.disk.LogHeaderFuzz;
import org.dirtylog.log.runtime.TableLineFuzz;
import org.dirtylog.mirror.LabelFuzz;
import org.dirtylog.mirror.MirrorRecordFuzz;

/** What can be fuzzed, by the names that {@code fuzz/run} takes. */
public enum Targets {
    /** The first bytes of a log of type {@code disk}, and what an opening makes of them. */
    LogHeader(LogHeaderFuzz::new),
    /** The two slots that say whose log it is. */
    IdentitySlot(IdentitySlotFuzz::new),
    /** The label of a leg. */
    Label(LabelFuzz::new),
    /** A line of a table. */
    TableLine(TableLineFuzz::new),
    /** The record of a mirror. */
    MirrorRecord(MirrorRecordFuzz::new);

    private final Supplier<Target> maker;

    Targets(Supplier<Target> maker) {
        this.maker = maker;
    }

    /**
     * Makes it, with the product's parser.
     *
     * @return a new one
     */
    public Target make() {
        return maker.get();
    }
}
