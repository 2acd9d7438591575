// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.time.Duration;
import java.util.Map;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.disk.DiskLogType;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.log.runtime.TypeRegistry;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.RecoveryPolicy;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.sim.world.Scheduler;

/** The mirror under test, on the disks of a world. */
final class MirrorOn {
    private MirrorOn() {}

    /**
     * Makes it.
     *
     * @param hungAfterNanos when a leg is given up on; 0 for never
     */
    static Mirror disks(World world, Scheduler scheduler, long hungAfterNanos) {
        Surroundings surroundings =
                new Surroundings(scheduler, scheduler, scheduler, world.devices.under(scheduler, world.judge));
        TypeRegistry types = new TypeRegistry(scheduler, scheduler);
        types.add(new CoreLogType(), Map.of());
        types.add(new DiskLogType(), Map.of());
        MirrorConfig usual;
        try {
            usual = MirrorConfig.of(World.MIRROR, TableLine.parse(world.table, types::parametersOf));
        } catch (TableException e) {
            throw new IllegalStateException(world.table, e);
        }
        MirrorConfig config = new MirrorConfig(
                usual.name(),
                usual.exportName(),
                usual.table(),
                usual.otherWriter(),
                usual.adoptLog(),
                world.shape.failOnLogLoss,
                Duration.ofNanos(world.shape.patienceNanos),
                Duration.ofNanos(world.shape.cleanAfterNanos),
                world.shape.hotRegions,
                usual.legs().withTimeouts(Duration.ofNanos(hungAfterNanos / 2), Duration.ofNanos(hungAfterNanos)),
                new RecoveryPolicy(1, world.shape.recoveryCeiling));
        return new Mirror(config, surroundings, types);
    }
}
