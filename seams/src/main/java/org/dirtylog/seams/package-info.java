// SPDX-License-Identifier: Apache-2.0

/**
 * What code that decides about data sees of the world: devices, records, clock, randomness, tasks and the waiting among
 * them. Such code gets a {@link org.dirtylog.seams.Surroundings} through its constructor and touches no file, thread or
 * system clock itself, so that the same classes run in production and in the simulator. A test in each module holds that.
 *
 * <p>Rules for code behind the seams:
 * <ul>
 * <li>It waits only in {@link org.dirtylog.seams.Signal#await}.</li>
 * <li>It may use {@code synchronized} and atomics for short work in memory, but calls no method of this package while it
 *     holds a monitor: in the simulator every such call may hand the baton to another task.</li>
 * <li>It never interrupts a thread (P44).</li>
 * </ul>
 *
 * <p>Package {@code org.dirtylog.seams.real} has the real ones.
 */
@Export
@Version("0.1.0")
package org.dirtylog.seams;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
