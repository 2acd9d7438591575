// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/** Changes the record of a running mirror, one change at a time. */
final class RecordKeeper {
    private final MirrorRecords records;
    private final Signal freed;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile MirrorRecord record;

    /**
     * Starts from a record.
     *
     * @param record as loaded, or a first one with counter 0 that is not written yet
     */
    RecordKeeper(MirrorRecords records, MirrorRecord record, Tasks tasks, String name) {
        this.records = records;
        this.record = record;
        this.freed = tasks.signal(name + "/record");
    }

    /** The record as it was last known to be durable; of a mirror that is being created, the one to be written first. */
    MirrorRecord record() {
        return record;
    }

    /**
     * Replaces the record.
     *
     * @throws IOException if the new one is not known to be durable; {@link #record()} is the old one still, and nothing
     *                     may proceed that would be wrong under either (P20)
     */
    MirrorRecord change(UnaryOperator<MirrorRecord> change) throws IOException {
        freed.await(() -> busy.compareAndSet(false, true));
        try {
            MirrorRecord before = record;
            MirrorRecord after = records.compareAndSet(before.counter(), change.apply(before));
            record = after;
            return after;
        } catch (RuntimeException | Error e) {
            // Perhaps no memory: as undecided as a write that failed.
            throw new IOException("the record could not be replaced: " + e, e);
        } finally {
            busy.set(false);
            freed.raise();
        }
    }
}
