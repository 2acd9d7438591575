// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.dirtylog.seams.BlockDevice;

/** A disk as a running machine sees it. */
final class DiskPort implements BlockDevice {
    private final Disk disk;
    private final Scheduler scheduler;
    private final DiskWatch watch;
    private final boolean readOnly;
    private boolean open = true;
    /** Operations under way. The disk is given back when the last of them has ended. */
    private int inside;

    private boolean given;

    DiskPort(Disk disk, Scheduler scheduler, DiskWatch watch, boolean readOnly) {
        this.disk = disk;
        this.scheduler = scheduler;
        this.watch = watch;
        this.readOnly = readOnly;
    }

    @Override
    public String name() {
        return disk.name();
    }

    @Override
    public long sizeBytes() {
        return disk.bytes();
    }

    @Override
    public int blockBytes() {
        return Disk.SECTOR;
    }

    @Override
    public boolean punchesHoles() {
        return true;
    }

    /** Counts itself in; {@link #end} counts out. */
    private void begin(String what, long position, long bytes) throws IOException {
        inside++;
        boolean begun = false;
        try {
            check(what, position, bytes);
            begun = true;
        } finally {
            if (!begun) {
                end();
            }
        }
    }

    private void end() {
        inside--;
        giveBack();
    }

    private void giveBack() {
        if (!open && inside == 0 && !readOnly && !given) {
            given = true;
            disk.troubles().owned = false;
        }
    }

    private void check(String what, long position, long bytes) throws IOException {
        if (position < 0 || bytes < 0 || bytes > disk.bytes() - position) {
            throw new IllegalArgumentException(what + " of " + bytes + " bytes at " + position + " of " + name());
        }
        scheduler.point(what, position, bytes);
        if (scheduler.dice().oneIn(50)) {
            scheduler.sleep(1 + scheduler.dice().below(40_000_000));
        }
        if (disk.troubles().takeEviction(scheduler.steps())) {
            disk.evict();
        }
        if (!open) {
            throw new IOException(name() + " is closed");
        }
        if (disk.troubles().isGone(scheduler.steps())) {
            watch.fails(DiskWatch.Failure.GONE, disk);
            throw new IOException(name() + " is gone");
        }
        // It has begun: closing the device meanwhile does not call it off.
        long hang = disk.troubles().hangNanos(scheduler.steps(), scheduler.time());
        if (hang > 0) {
            watch.fails(DiskWatch.Failure.HANGS, disk);
            disk.troubles().hanging++;
            scheduler.sleep(hang + scheduler.dice().below(5_000_000));
            disk.troubles().hanging--;
        }
    }

    @Override
    public void read(long position, ByteBuffer into) throws IOException {
        begin("read", position, into.remaining());
        try {
            if (disk.troubles().takeRead(position, position + into.remaining())) {
                watch.fails(DiskWatch.Failure.READ, disk);
                scheduler.hasFailed();
                throw new IOException(name() + " cannot be read at " + position);
            }
            into.put(disk.view(), (int) position, into.remaining());
            scheduler.point("has read", position, 0);
        } finally {
            end();
        }
    }

    @Override
    public void write(long position, ByteBuffer from) throws IOException {
        change("write", (int) position, from.remaining(), from);
    }

    @Override
    public void zero(long position, long bytes, Zeroing zeroing) throws IOException {
        change("zero", (int) position, (int) bytes, null);
    }

    private void change(String what, int position, int bytes, ByteBuffer from) throws IOException {
        begin(what, position, bytes);
        try {
            doChange(what, position, bytes, from);
        } finally {
            end();
        }
    }

    private void doChange(String what, int position, int bytes, ByteBuffer from) throws IOException {
        if (readOnly) {
            throw new IOException(name() + " was opened to read");
        }
        if (goesAstray(position, bytes, from)) {
            return;
        }
        boolean fails = disk.troubles().takeWrite(position, position + bytes);
        int wanted = fails ? scheduler.dice().below(bytes + 1) / 64 * 64 : bytes;
        for (int done = 0; done < wanted; ) {
            int part = wanted - done;
            if (part > Disk.SECTOR && scheduler.dice().oneIn(4)) {
                part = Disk.SECTOR;
            }
            watch.writing(disk, position + done, part, from);
            if (from == null) {
                disk.putZeroes(position + done, part);
            } else {
                disk.put(position + done, from, part);
            }
            done += part;
            scheduler.point("has written", position, done);
        }
        disk.troubles().written(position, position + wanted);
        if (fails) {
            watch.fails(DiskWatch.Failure.WRITE, disk);
            scheduler.hasFailed();
            throw new IOException(name() + " cannot be written at " + position + ": " + wanted + " of " + bytes);
        }
    }

    /** Whether a write is answered as done, and is not where it should be. */
    private boolean goesAstray(int position, int bytes, ByteBuffer from) {
        Troubles troubles = disk.troubles();
        if (troubles.takeLostWrite(position, position + bytes)) {
            watch.astray(disk, position, bytes);
        } else if (from != null && troubles.takeStrayWrite(position, position + bytes)) {
            watch.astray(disk, position, bytes);
            int sectors = (troubles.silentEnd() - troubles.silentStart() - bytes) / Disk.SECTOR + 1;
            int at = troubles.silentStart() + scheduler.dice().below(sectors) * Disk.SECTOR;
            watch.astray(disk, at, bytes);
            disk.put(at, from.duplicate(), bytes);
        } else {
            return false;
        }
        watch.fails(DiskWatch.Failure.ASTRAY, disk);
        if (from != null) {
            from.position(from.position() + bytes);
        }
        scheduler.point("has gone astray", position, bytes);
        return true;
    }

    @Override
    public void force() throws IOException {
        begin("force", 0, 0);
        try {
            doForce();
        } finally {
            end();
        }
    }

    @Override
    public boolean keepsAttributes() {
        return disk.keepsNote() && !readOnly;
    }

    @Override
    public Optional<byte[]> attribute(String attribute) throws IOException {
        begin("note", 0, 0);
        end();
        return disk.note().length == 0 ? Optional.empty() : Optional.of(disk.note());
    }

    @Override
    public void setAttribute(String attribute, byte[] value) throws IOException {
        begin("set note", 0, value.length);
        try {
            if (!keepsAttributes()) {
                throw new IOException(name() + " keeps no attributes");
            }
            disk.putNote(value.clone());
            doForce();
        } finally {
            end();
        }
    }

    private void doForce() throws IOException {
        if (readOnly) {
            throw new IOException(name() + " was opened to read");
        }
        long mark = disk.mark();
        scheduler.point("forcing", 0, 0);
        if (disk.troubles().isGone(scheduler.steps())) {
            watch.fails(DiskWatch.Failure.GONE, disk);
            throw new IOException(name() + " is gone");
        }
        if (disk.troubles().takeForce()) {
            disk.forget(mark);
            watch.fails(DiskWatch.Failure.FORCE, disk);
            scheduler.hasFailed();
            // Nobody has heard of it yet, and others may force meanwhile.
            scheduler.point("cannot force", 0, 0);
            if (scheduler.dice().oneIn(2)) {
                disk.troubles().evictAfter(scheduler.steps());
            }
            throw new IOException(name() + " cannot be forced");
        }
        if (disk.troubles().takeLie()) {
            watch.fails(DiskWatch.Failure.LIES, disk);
            disk.drainExcept(
                    mark, disk.troubles().silentStart(), disk.troubles().silentEnd(), watch);
        } else {
            disk.drain(mark);
        }
        scheduler.point("forced", mark, 0);
    }

    /** What is all zeroes is sometimes a hole. */
    @Override
    public void extents(long position, long bytes, ExtentVisitor visitor) throws IOException {
        begin("extents", position, bytes);
        boolean zero = true;
        for (long at = position; at < position + bytes; at++) {
            zero &= disk.view()[(int) at] == 0;
        }
        end();
        boolean hole = zero && scheduler.dice().oneIn(2);
        visitor.extent(bytes, hole, zero);
    }

    @Override
    public void submit(Work work, Completion completion) {
        scheduler.start(name() + "/submitted", () -> {
            IOException failure = null;
            try {
                work.on(this);
            } catch (IOException e) {
                failure = e;
            }
            completion.done(failure);
        });
    }

    /** Operations under way end by themselves: none of them takes for ever. */
    @Override
    public boolean fence(long deadlineNanos) {
        open = false;
        return true;
    }

    @Override
    public void close() {
        scheduler.point("close", 0, 0);
        open = false;
        giveBack();
    }
}
