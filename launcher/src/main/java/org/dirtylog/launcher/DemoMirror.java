// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;

/**
 * The mirror of a demo home. On first use its legs are made together, empty, so they are equal and the table says
 * {@code nosync}; legs that were there before get no such promise.
 */
final class DemoMirror {
    static final String NAME = "demo";

    private static final long SECTOR_BYTES = 512;
    private static final long LEG_BYTES = 256L << 20;
    /** What docs/leg-label.md asks for. */
    private static final long LABEL_BYTES = 8192;

    private static final long REGION_SECTORS = 1024;

    private final Home home;
    private boolean madeLegs;

    DemoMirror(Home home) {
        this.home = home;
    }

    boolean isConfigured() {
        return Files.exists(home.etc().resolve("org.dirtylog.mirror-" + NAME + ".cfg"));
    }

    private List<Path> legs() {
        return List.of(home.data().resolve("demo-0.img"), home.data().resolve("demo-1.img"));
    }

    /**
     * Makes the legs, or finds both. Each comes to its name when all are made, so that a leg alone is one that somebody has
     * used, unless what was made for the other one is still there.
     */
    void prepareLegs() throws Refusal {
        try {
            finishWhatWasBegun();
        } catch (IOException e) {
            throw Refusal.of("the demo's legs cannot be made: " + Failures.describe(e), e);
        }
        List<Path> found = legs().stream().filter(Files::exists).toList();
        if (found.size() == 1) {
            throw Refusal.of("the demo's mirror is not configured, and of its legs only " + found.get(0)
                    + " is there: making the other one empty could lose what this one holds. Nothing was changed."
                    + " Delete it if it is not needed, or choose another --home");
        }
        if (found.isEmpty()) {
            try {
                for (Path leg : legs()) {
                    try (RandomAccessFile file =
                            new RandomAccessFile(draftOf(leg).toFile(), "rw")) {
                        file.setLength(LEG_BYTES + roomForLabel(draftOf(leg)));
                        file.getFD().sync();
                    }
                }
                madeLegs = true;
                for (Path leg : legs()) {
                    // If we are killed here, the next start finishes it, and both are copied once.
                    Files.move(draftOf(leg), leg);
                }
            } catch (IOException e) {
                removeLegs();
                throw Refusal.of("the demo's legs cannot be made: " + Failures.describe(e), e);
            }
        }
    }

    /** What lies behind the mirrored range is for the leg's label, where that cannot be an attribute of the file. */
    private static long roomForLabel(Path leg) {
        try {
            UserDefinedFileAttributeView attributes =
                    Files.getFileAttributeView(leg, UserDefinedFileAttributeView.class);
            if (attributes != null) {
                attributes.write("dirtylog.trial", ByteBuffer.wrap(new byte[1]));
                attributes.delete("dirtylog.trial");
                return 0;
            }
        } catch (IOException | UnsupportedOperationException e) {
            // A file system without attributes: it gets room.
            return LABEL_BYTES;
        }
        return LABEL_BYTES;
    }

    /** Drafts without a leg are of a start that was killed before any had its name; they are made over. */
    private void finishWhatWasBegun() throws IOException {
        boolean named = legs().stream().anyMatch(Files::exists);
        for (Path leg : legs()) {
            if (named && !Files.exists(leg) && Files.exists(draftOf(leg))) {
                Files.move(draftOf(leg), leg);
            }
        }
    }

    private static Path draftOf(Path leg) {
        return leg.resolveSibling("." + leg.getFileName() + ".new");
    }

    /** Takes back what {@link #prepareLegs} made, if nothing came of it. */
    void undo() {
        if (madeLegs) {
            removeLegs();
        }
    }

    private void removeLegs() {
        for (Path leg : legs()) {
            try {
                Files.deleteIfExists(draftOf(leg));
                Files.deleteIfExists(leg);
            } catch (IOException e) {
                // An empty file is left; the message that follows names the folder.
                continue;
            }
        }
    }

    /** Makes the mirror as {@code mirror:create} does. */
    void create(CommandRunner commands) throws Refusal {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = commands.run("mirror:create " + NAME + " '" + tableLine() + "'", out, err);
        if (code != 0) {
            throw Refusal.of("the demo's mirror cannot be made: "
                    + err.toString(StandardCharsets.UTF_8).strip());
        }
    }

    private String tableLine() {
        String log = word(home.data().resolve("demo.log"));
        // If we crash between making the legs and making the mirror, they are found next time and copied once.
        String sync = madeLegs ? "3 " + log + " " + REGION_SECTORS + " nosync" : "2 " + log + " " + REGION_SECTORS;
        StringBuilder line = new StringBuilder("0 " + LEG_BYTES / SECTOR_BYTES + " mirror disk " + sync + " 2");
        for (Path leg : legs()) {
            line.append(' ').append(word(leg)).append(" 0");
        }
        return line.toString();
    }

    /** A path as one word of a table line that also stands within the shell's single quotes. */
    static String word(Path path) {
        StringBuilder word = new StringBuilder();
        for (byte b : path.toString().getBytes(StandardCharsets.UTF_8)) {
            int c = b & 0xFF;
            boolean plain = c > ' ' && c < 0x7F && c != '%' && c != '\'' && c != '\\';
            word.append(plain ? String.valueOf((char) c) : String.format("%%%02X", c));
        }
        return word.toString();
    }
}
