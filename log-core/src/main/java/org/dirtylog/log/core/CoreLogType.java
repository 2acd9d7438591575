// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.core;

import java.util.List;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.bits.RegionBits;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Makes logs that live in memory; the kernel's {@code core}. */
@Component(service = DirtyLogType.class)
public final class CoreLogType implements DirtyLogType {

    /** Has nothing to set up. */
    @Activate
    public CoreLogType() {}

    @Override
    public String name() {
        return "core";
    }

    @Override
    public List<String> parameters() {
        return List.of();
    }

    @Override
    public DirtyLog create(LogSpec spec, LogHost host) throws DirtyLogException {
        if (!spec.arguments().isEmpty()) {
            throw new DirtyLogException.Rejected("log type core takes no arguments before the region size, found "
                    + spec.arguments() + "; write: core 1 " + spec.geometry().regionSectors());
        }
        long regions = spec.geometry().regionCount();
        if (regions > RegionBits.MAX_SIZE) {
            throw new DirtyLogException.Rejected("log type core covers at most " + RegionBits.MAX_SIZE
                    + " regions, the target has " + regions + " of "
                    + spec.geometry().regionSectors()
                    + " sectors each; use a larger region size");
        }
        return new CoreLog(spec);
    }
}
