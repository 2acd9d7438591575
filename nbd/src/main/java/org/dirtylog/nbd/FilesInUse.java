// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was last made of some files, and makes it anew when they have changed. Files that are not in order change nothing. */
final class FilesInUse {
    private static final Logger LOG = LoggerFactory.getLogger(FilesInUse.class);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final List<Path> files;
    private final Reading reading;

    // Guarded by this.
    private SSLContext made;
    private String madeOf = "";
    private long lookedNanos;

    /** Makes something of the files. */
    @FunctionalInterface
    interface Reading {
        SSLContext read() throws IOException;
    }

    FilesInUse(List<Path> files, Reading reading) {
        this.files = List.copyOf(files);
        this.reading = reading;
    }

    synchronized void load() throws IOException {
        String state = state();
        made = reading.read();
        madeOf = state;
        lookedNanos = System.nanoTime();
    }

    synchronized SSLContext get() {
        if (made == null) {
            throw new IllegalStateException("the files " + files + " were not loaded");
        }
        if (System.nanoTime() - lookedNanos >= LOOK_NANOS) {
            lookedNanos = System.nanoTime();
            lookAgain();
        }
        return made;
    }

    private void lookAgain() {
        String state = state();
        if (state.equals(madeOf)) {
            return;
        }
        // Also if it fails: it is told once for each state of the files.
        madeOf = state;
        try {
            made = reading.read();
            LOG.info("Clients that come from now on get the changed certificates of {}", files);
        } catch (IOException e) {
            LOG.error("The changed certificates are not used, those from before are: {}", e.getMessage());
        }
    }

    private String state() {
        StringBuilder state = new StringBuilder();
        for (Path file : files) {
            try {
                state.append(Files.getLastModifiedTime(file)).append(Files.size(file));
            } catch (IOException e) {
                state.append(e);
            }
            state.append('\n');
        }
        return state.toString();
    }
}
