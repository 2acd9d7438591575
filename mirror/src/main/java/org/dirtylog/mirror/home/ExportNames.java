// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.dirtylog.mirror.MirrorException;

/** Which mirror has which name for clients. A mirror has its name before it is opened, and until it is removed. */
final class ExportNames {
    /** What NBD can send. */
    private static final int MOST_BYTES = 4096;

    // Guarded by this.
    private final Map<String, String> owners = new HashMap<>();

    /** Refuses a name that clients could not ask for, or that a mirror's file would not keep as it is. */
    static void check(String name) throws MirrorException {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MOST_BYTES) {
            throw new MirrorException("the export name has " + bytes + " bytes, clients can ask for at most "
                    + MOST_BYTES + "; choose a shorter one");
        }
        if (name.codePoints().anyMatch(Character::isISOControl)) {
            throw new MirrorException(
                    "the export name '" + name + "' has a control character, such as a line break; leave it out");
        }
        if (!name.equals(name.strip())) {
            throw new MirrorException("the export name '" + name
                    + "' begins or ends with a blank, which its file would not keep;" + " leave it out");
        }
    }

    /**
     * Gives a name to a mirror that had none, or another.
     *
     * @return the mirror that has it: the one named, or else nothing was changed
     */
    synchronized String claim(String name, String mirror) {
        String owner = owners.putIfAbsent(name, mirror);
        if (owner != null && !owner.equals(mirror)) {
            return owner;
        }
        owners.entrySet()
                .removeIf(entry ->
                        entry.getValue().equals(mirror) && !entry.getKey().equals(name));
        return mirror;
    }

    synchronized void release(String mirror) {
        owners.values().removeIf(mirror::equals);
    }
}
