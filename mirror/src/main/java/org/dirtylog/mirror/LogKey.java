// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import java.util.Objects;

/**
 * Which log a mirror's record speaks of: the type and its own arguments.
 *
 * @param type      name of the type
 * @param arguments the type's own, without region size and sync word
 */
record LogKey(String type, List<String> arguments) {
    LogKey {
        Objects.requireNonNull(type, "type");
        arguments = List.copyOf(arguments);
    }

    @Override
    public String toString() {
        return arguments.isEmpty() ? type : type + " " + String.join(" ", arguments);
    }
}
