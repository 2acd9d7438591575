// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.LegType;
import org.dirtylog.seams.Randomness;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Legs named {@code chaos:BELOW} or {@code chaos:BELOW?RULES}, which do to what lies below as the rules say. */
@Component(service = {LegType.class, ChaosLegType.class})
public final class ChaosLegType implements LegType {
    private final ChaosLegs legs;

    /**
     * Takes what rules need.
     *
     * @param clock      counts the time of rules
     * @param randomness draws a seed where a rule leaves something to chance and the name has none
     */
    @Activate
    public ChaosLegType(@Reference Clock clock, @Reference Randomness randomness) {
        legs = new ChaosLegs(clock, randomness);
    }

    ChaosLegs legs() {
        return legs;
    }

    @Override
    public String scheme() {
        return LegName.SCHEME;
    }

    @Override
    public BlockDevice open(String rest, Devices devices) throws IOException {
        return legs.open(rest, devices);
    }
}
