// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.List;
import java.util.Optional;
import org.dirtylog.leg.chaos.ActiveRule.Firing;

/**
 * What becomes of one request.
 *
 * @param waits  hold it up, in this order
 * @param ending ends it, if anything does
 * @param lie    whether a force is only pretended
 * @param rot    each flips a bit
 */
record Verdict(List<Firing> waits, Optional<Firing> ending, boolean lie, List<Firing> rot) {
    static final Verdict PASS = new Verdict(List.of(), Optional.empty(), false, List.of());
}
