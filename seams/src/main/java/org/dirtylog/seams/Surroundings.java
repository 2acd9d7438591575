// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.util.Objects;

/**
 * The world as code behind the seams sees it.
 *
 * @param tasks      runs work and lets it wait
 * @param clock      tells the time
 * @param randomness draws numbers
 * @param devices    opens legs and log media
 */
public record Surroundings(Tasks tasks, Clock clock, Randomness randomness, Devices devices) {
    /** Refuses null. */
    public Surroundings {
        Objects.requireNonNull(tasks, "tasks");
        Objects.requireNonNull(clock, "clock");
        Objects.requireNonNull(randomness, "randomness");
        Objects.requireNonNull(devices, "devices");
    }
}
