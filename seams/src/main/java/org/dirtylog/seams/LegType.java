// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A kind of leg, registered as an OSGi service. A leg named {@code chaos:…} in a table line is opened by the type with the
 * scheme {@code chaos}; a name without a scheme is a file or block device.
 */
@ConsumerType
public interface LegType {

    /**
     * The word before the colon: lower-case letters and digits, starting with a letter, at least two characters.
     *
     * @return the same word on every call
     */
    String scheme();

    /**
     * Opens a leg.
     *
     * @param rest    what follows the colon
     * @param devices opens what lies below
     * @return the device, owned by the caller until it closes it
     * @throws IOException if it cannot be opened; the message names it
     */
    BlockDevice open(String rest, Devices devices) throws IOException;
}
