// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.LegType;
import org.dirtylog.seams.RecordFolder;
import org.dirtylog.seams.Tasks;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Publishes {@link FileDevices}, with records in the folder {@code data} of the home, which the framework property
 * {@value #HOME} names, and with the leg types of all bundles.
 */
@Component(service = Devices.class)
public final class DevicesService implements Devices {
    /** The framework property that names the home. */
    public static final String HOME = "dirtylog.home";

    private final FileDevices devices;

    /**
     * Made by Declarative Services.
     *
     * @param context tells the home
     * @param tasks   runs what is submitted to devices
     * @throws IOException if the folder of records cannot be made
     */
    @Activate
    public DevicesService(BundleContext context, @Reference Tasks tasks) throws IOException {
        String home = context.getProperty(HOME);
        if (home == null) {
            throw new IOException("the framework property " + HOME + " is not set; it names the folder of etc, deploy"
                    + " and data, and the launcher sets it");
        }
        devices = new FileDevices(new FileRecordFolder(Path.of(home, "data")), tasks);
        // A tenth of a second that the first opening need not wait for, on a machine with a processor to spare.
        tasks.start("load native calls", Native::load);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addLegType(LegType type, Map<String, Object> properties) {
        Object ranking = properties.get(Constants.SERVICE_RANKING);
        devices.addLegType(
                type, ranking instanceof Integer number ? number : 0, (Long) properties.get(Constants.SERVICE_ID));
    }

    void removeLegType(LegType type) {
        devices.removeLegType(type);
    }

    @Override
    public BlockDevice openLeg(String name) throws IOException {
        return devices.openLeg(name);
    }

    @Override
    public BlockDevice openMedium(String path, long bytes, Missing missing) throws IOException {
        return devices.openMedium(path, bytes, missing);
    }

    @Override
    public BlockDevice openReadOnly(String path) throws IOException {
        return devices.openReadOnly(path);
    }

    @Override
    public RecordFolder records() {
        return devices.records();
    }
}
