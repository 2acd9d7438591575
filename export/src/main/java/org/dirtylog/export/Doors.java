// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.nbd.NbdServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The places where clients get in, as the home's {@code etc/org.dirtylog.export.cfg} wants them. */
final class Doors {
    private static final Logger LOG = LoggerFactory.getLogger(Doors.class);

    private final Path socket;
    private final List<Opened> opened = new ArrayList<>();

    private record Opened(ExportSettings.Door door, int port) {}

    private Doors(Path socket) {
        this.socket = socket;
    }

    /** Reads what the home wants. What cannot be read counts as not there: then only its owner gets in. */
    static ExportSettings settings(Path home) {
        Path socket = home.resolve("nbd.sock");
        try {
            return ExportSettings.of(ExportFile.read(home.resolve("etc/org.dirtylog.export.cfg")), socket);
        } catch (IOException e) {
            LOG.error(
                    "{}. Nothing of that file counts: clients get in at {} only, without TLS, and only this user's."
                            + " Mend it, then start again",
                    e.getMessage(),
                    socket);
            return ExportSettings.standard(socket);
        }
    }

    /**
     * Opens them. A TCP address that cannot be had keeps nobody out of the others; without the Unix socket, if it is wanted,
     * nothing serves.
     */
    static Doors open(Path home, NbdServer server, List<ExportSettings.Door> wanted) throws IOException {
        Doors doors = new Doors(home.resolve("nbd.sock"));
        for (ExportSettings.Door door : wanted) {
            try {
                doors.opened.add(new Opened(door, server.listen(door.endpoint())));
            } catch (IOException e) {
                if (door.host().isEmpty()) {
                    throw e;
                }
                LOG.error(
                        "{}. The other places of listen= serve. Free the address, or choose another, then start again",
                        e.getMessage());
            }
        }
        return doors;
    }

    /** Where clients find an export: one URI for each place. */
    List<String> uris(String exportName) {
        List<String> uris = new ArrayList<>();
        for (Opened one : opened) {
            boolean tls = one.door.tls();
            uris.add(
                    one.door.host().isEmpty()
                            ? NbdUri.unix(tls, socket, exportName)
                            : NbdUri.tcp(tls, one.door.host(), one.port, exportName));
        }
        return uris;
    }
}
