// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
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
        Optional<Path> newLog = log().filter(file -> !Files.exists(file, LinkOption.NOFOLLOW_LINKS));
        try {
            mirror.open();
            // If we crash here, record and log name a mirror that has no file: creating it again finds the record and
            // goes on.
            configurations.commit(draft);
        } catch (MirrorException | IOException e) {
            takeBack(newLog, e);
            throw e;
        }
    }

    private void takeBack(Optional<Path> newLog, Exception cause) throws MirrorException {
        try {
            configurations.dropDraft(draft);
            mirror.takeBack();
            if (newLog.isPresent()) {
                Files.deleteIfExists(newLog.get());
            }
        } catch (MirrorException | IOException e) {
            cause.addSuppressed(e);
            throw new MirrorException(
                    cause.getMessage() + "; and not all of it could be taken back: " + e.getMessage(), cause);
        }
    }

    /** The file that an opening may make, if the log has one. */
    private Optional<Path> log() {
        TableLine table = mirror.table();
        return table.logType().equals("disk")
                ? Optional.of(Path.of(table.logArguments().get(0)))
                : Optional.empty();
    }
}
