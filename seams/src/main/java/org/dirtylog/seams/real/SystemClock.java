// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import org.dirtylog.seams.Clock;
import org.osgi.service.component.annotations.Component;

/** The clock of this machine. */
@Component
public final class SystemClock implements Clock {

    /** Makes one; all of them tell the same. */
    public SystemClock() {}

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis();
    }
}
