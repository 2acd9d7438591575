// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.nio.file.Path;

/** Names of files in table lines. */
final class FileNames {
    private FileNames() {}

    /**
     * Makes a name absolute: the daemon may be started elsewhere next time. A {@code ..} stays, since behind a symbolic link it
     * leads elsewhere than the text suggests; only the kernel knows where.
     */
    static String absolute(String name) {
        boolean isPath = !name.matches("[a-z][a-z0-9]+:.*");
        return isPath ? absolute(Path.of(name)).toString() : name;
    }

    static Path absolute(Path path) {
        Path whole = path.toAbsolutePath();
        Path plain = whole.getRoot();
        for (Path step : whole) {
            if (!step.toString().equals(".")) {
                plain = plain.resolve(step);
            }
        }
        return plain;
    }
}
