// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import org.dirtylog.mirror.MirrorTarget;
import org.dirtylog.nbd.MetaContext;

/**
 * The context {@code dirtylog:regions}: what the mirror knows about its regions. Flags: 0 clean, 1 dirty, 2 out of sync, 3 being
 * copied; documented in {@code docs/nbd.md}.
 */
record RegionContext(MirrorTarget mirror) implements MetaContext {
    @Override
    public String name() {
        return "dirtylog:regions";
    }

    @Override
    public void describe(long positionBytes, long bytes, Visitor visitor) {
        mirror.conditions(
                positionBytes,
                bytes,
                (length, condition) -> visitor.run(
                        length,
                        switch (condition) {
                            case CLEAN -> 0;
                            case DIRTY -> 1;
                            case OUT_OF_SYNC -> 2;
                            case RECOVERING -> 3;
                        }));
    }
}
