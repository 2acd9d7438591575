// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorException;

/** A mirror that a command makes, with its file. Either both are there in the end, or nothing is left of it. */
final class Creation {
    private final Mirror mirror;
    private final Configurations configurations;
    private final Configurations.Draft draft;

    /**
     * Prepares it.
     *
     * @param mirror not open yet
     * @param draft  its file
     */
    Creation(Mirror mirror, Configurations configurations, Configurations.Draft draft) {
        this.mirror = mirror;
        this.configurations = configurations;
        this.draft = draft;
    }

    /** Opens the mirror and gives its file a name. */
    void complete() throws MirrorException, IOException {
        boolean logWasThere = Files.exists(log(), LinkOption.NOFOLLOW_LINKS);
        try {
            mirror.open();
            // If we crash here, record and log name a mirror that has no file: creating it again finds the record and
            // goes on.
            configurations.commit(draft);
        } catch (MirrorException | IOException e) {
            takeBack(logWasThere, e);
            throw e;
        }
    }

    private void takeBack(boolean logWasThere, Exception cause) throws MirrorException {
        try {
            configurations.dropDraft(draft);
            mirror.takeBack();
            if (!logWasThere) {
                Files.deleteIfExists(log());
            }
        } catch (MirrorException | IOException e) {
            cause.addSuppressed(e);
            throw new MirrorException(
                    cause.getMessage() + "; and not all of it could be taken back: " + e.getMessage(), cause);
        }
    }

    /** The file that an opening may make; for a log without one, a name that nothing has. */
    private Path log() {
        TableLine table = mirror.table();
        boolean hasFile = table.logType().equals("disk");
        return Path.of(hasFile ? table.logArguments().get(0) : "/dev/null/none");
    }
}
