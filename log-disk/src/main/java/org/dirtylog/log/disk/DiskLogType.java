// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.util.List;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Makes logs on files and block devices; the kernel's {@code disk}. */
@Component(service = DirtyLogType.class)
public final class DiskLogType implements DirtyLogType {

    /** Has nothing to set up. */
    @Activate
    public DiskLogType() {}

    @Override
    public String name() {
        return "disk";
    }

    @Override
    public List<String> parameters() {
        return List.of("log_dev");
    }

    @Override
    public DirtyLog create(LogSpec spec, LogHost host) throws DirtyLogException {
        if (spec.arguments().size() != 1) {
            throw new DirtyLogException.Rejected(
                    "log type disk takes one argument before the region size, the log device,"
                            + " found " + spec.arguments() + "; write: disk 2 LOG_DEVICE "
                            + spec.geometry().regionSectors());
        }
        String path = spec.arguments().get(0);
        requireCountable(path, spec.geometry());
        // The block size shows only once the medium is open, and may make the record longer.
        LogMedium medium =
                host.openMedium(path, new RecordLayout(spec.geometry().regionCount(), 512).areaBytes());
        try {
            return new DiskLog(spec, host, medium, layout(path, spec.geometry(), medium));
        } catch (DirtyLogException.Rejected e) {
            medium.close();
            throw e;
        }
    }

    private static void requireCountable(String path, RegionGeometry geometry) throws DirtyLogException.Rejected {
        long regions = geometry.regionCount();
        if (regions > RecordLayout.MAX_REGIONS) {
            throw new DirtyLogException.Rejected(
                    "log " + path + ": the format covers at most " + RecordLayout.MAX_REGIONS
                            + " regions, the target has " + regions + " of " + geometry.regionSectors()
                            + " sectors each; use a larger region size");
        }
    }

    /**
     * Lays a record out on a medium.
     *
     * @throws DirtyLogException.Rejected if it does not fit
     */
    static RecordLayout layout(String path, RegionGeometry geometry, LogMedium medium)
            throws DirtyLogException.Rejected {
        requireCountable(path, geometry);
        RecordLayout layout = new RecordLayout(geometry.regionCount(), medium.blockBytes());
        if (medium.sizeBytes() < layout.areaBytes()) {
            throw new DirtyLogException.Rejected("log " + path + " has " + medium.sizeBytes() + " bytes, needs "
                    + layout.areaBytes() + " for " + layout.regions() + " regions in blocks of " + layout.blockBytes()
                    + " bytes; it was not changed. Lengthen it, or use a larger region size");
        }
        return layout;
    }
}
