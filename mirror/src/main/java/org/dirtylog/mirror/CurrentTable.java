// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;

/**
 * What a mirror is asked to be, as it is now. Name and log stay; policies may change; length and legs are what the record says, which the
 * mirror's file may not say yet. It is changed in turns, and may be looked at by anybody.
 */
final class CurrentTable {
    private final MirrorState state;
    private volatile MirrorConfig config;
    /** What the file says of legs and length. */
    private volatile TableLine inFile;

    private volatile Runnable changed = () -> {};

    CurrentTable(MirrorConfig config, MirrorState state) {
        this.config = config;
        this.inFile = config.table();
        this.state = state;
    }

    MirrorConfig config() {
        return config;
    }

    /** What is asked for, with the table line of the file. */
    MirrorConfig configInFile() {
        return config.withTable(inFile);
    }

    TableShape shapeInFile() {
        return TableShape.of(inFile);
    }

    /** Takes over other policies. */
    void follow(MirrorConfig next) {
        MirrorConfig now = config;
        boolean sameTable = next.table().equals(now.table()) || next.table().equals(inFile);
        if (!sameTable || !next.name().equals(now.name()) || !next.exportName().equals(now.exportName())) {
            throw new IllegalArgumentException("mirror " + now.name() + " can take over policies only, not " + next);
        }
        config = next.withTable(now.table());
    }

    /** The table line is what a record says of legs and length. */
    void follow(MirrorRecord record) {
        TableShape shape = TableShape.of(record);
        try {
            config = config.withTable(config.table().with(shape.sectors(), shape.legs()));
        } catch (TableException e) {
            throw new IllegalStateException("record of mirror " + config.name() + ": " + e.getMessage(), e);
        }
        if (state.geometry.targetSectors() != shape.sectors()) {
            state.grow(config.table().geometry());
        }
    }

    /**
     * The same with another length.
     *
     * @throws MirrorException if there cannot be such a mirror
     */
    MirrorConfig longer(long sectors) throws MirrorException {
        TableLine table = config.table();
        if (sectors <= table.targetSectors()) {
            throw new MirrorException("mirror " + config.name() + " has " + table.targetSectors() + " sectors, "
                    + sectors + " are not more. A mirror does not become shorter");
        }
        try {
            return config.withTable(table.with(sectors, table.legs()));
        } catch (TableException e) {
            throw new MirrorException("mirror " + config.name() + " does not grow: " + e.getMessage(), e);
        }
    }

    /** Sets who is told that the file is behind. */
    void onChange(Runnable listener) {
        changed = listener;
    }

    void tell() {
        if (!config.table().equals(inFile)) {
            changed.run();
        }
    }

    /**
     * Has the file written, if it is behind.
     *
     * @param life of a mirror that is open, or {@code null}
     */
    void write(Mirror.TableWriter writer, MirrorLife life) throws IOException, MirrorException {
        TableLine table = config.table();
        if (table.equals(inFile)) {
            return;
        }
        writer.write(table);
        // If we crash here, the file says what the record says, which is all that is asked of it.
        inFile = table;
        if (life != null) {
            life.forgetSuperseded();
        }
    }
}
