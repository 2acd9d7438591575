// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The context {@code base:allocation}: holes, and what reads as zeroes. */
record Allocation(NbdExport export) implements MetaContext {

    /** All contexts of an export; their ids count from 1 in this order. */
    static List<MetaContext> contextsOf(NbdExport export) {
        List<MetaContext> all = new ArrayList<>();
        all.add(new Allocation(export));
        all.addAll(export.contexts());
        return all;
    }

    @Override
    public String name() {
        return "base:allocation";
    }

    @Override
    public void describe(long positionBytes, long bytes, Visitor visitor) throws IOException {
        export.device()
                .extents(
                        positionBytes,
                        bytes,
                        (length, hole, zero) ->
                                visitor.run(length, (hole ? Wire.STATE_HOLE : 0) | (zero ? Wire.STATE_ZERO : 0)));
    }
}
