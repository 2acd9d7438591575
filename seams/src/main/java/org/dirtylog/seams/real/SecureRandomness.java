// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.security.SecureRandom;
import org.dirtylog.seams.Randomness;
import org.osgi.service.component.annotations.Component;

/** Numbers from the system's source of randomness; used as identities and nonces, so they must not repeat over restarts. */
@Component
public final class SecureRandomness implements Randomness {
    private final SecureRandom source = new SecureRandom();

    /** Makes a source seeded by the system. */
    public SecureRandomness() {}

    @Override
    public long next() {
        return source.nextLong();
    }
}
