// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.LetGoException;
import org.dirtylog.seams.Tasks;

/**
 * A device that lets callers go: of a call that it is told to hang in, a part is done by somebody else, and the thread comes back when
 * the test says so, after having done to the memory that it was lent what a late device may do.
 */
class HangingDevice implements BlockDevice {
    static final byte LATE = 0x5A;

    final MemoryDevice behind;
    private final Tasks tasks;
    /** How many calls hang from now on. */
    final AtomicInteger hangs = new AtomicInteger();
    /** How much of a write is done when its thread is let go. */
    volatile int part;

    volatile IOException failure;
    volatile boolean quick = true;
    /** Threads that hang come back. */
    final CountDownLatch answer = new CountDownLatch(1);

    final CountDownLatch returned;
    /** Whether the bytes of a write were changed while a thread was inside that could still read them. */
    volatile boolean disturbed;

    HangingDevice(MemoryDevice behind, Tasks tasks, int hanging) {
        this.behind = behind;
        this.tasks = tasks;
        hangs.set(hanging);
        returned = new CountDownLatch(hanging);
    }

    private boolean hangsNow() {
        return hangs.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }

    private void hang(long done, Successor successor, Runnable whenBack) throws LetGoException {
        tasks.start("taker", () -> successor.goOn(done, failure));
        try {
            answer.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        whenBack.run();
        returned.countDown();
        throw new LetGoException(name());
    }

    @Override
    public void read(long positionBytes, ByteBuffer into, Successor successor) throws IOException {
        if (hangsNow()) {
            hang(0, successor, () -> {
                while (into.hasRemaining()) {
                    into.put(LATE);
                }
            });
        }
        behind.read(positionBytes, into);
    }

    @Override
    public void write(long positionBytes, ByteBuffer from, Successor successor) throws IOException {
        if (hangsNow()) {
            byte[] before = new byte[from.remaining()];
            from.duplicate().get(before);
            int done = failure == null ? Math.min(part, from.remaining()) : 0;
            behind.write(positionBytes, from.duplicate().limit(from.position() + done));
            ByteBuffer lent = from.duplicate();
            hang(done, successor, () -> disturbed |= !lent.equals(ByteBuffer.wrap(before)));
        }
        behind.write(positionBytes, from);
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing, Successor successor) throws IOException {
        if (hangsNow()) {
            long done = failure == null ? Math.min(part, bytes) : 0;
            if (done > 0) {
                behind.zero(positionBytes, done, zeroing);
            }
            hang(done, successor, () -> {});
        }
        behind.zero(positionBytes, bytes, zeroing);
    }

    // ---- the rest ---------------------------------------------------------------------------------------------------

    @Override
    public String name() {
        return "hanging";
    }

    @Override
    public long sizeBytes() {
        return behind.sizeBytes();
    }

    @Override
    public int blockBytes() {
        return behind.blockBytes();
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        behind.read(positionBytes, into);
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        behind.write(positionBytes, from);
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        behind.zero(positionBytes, bytes, zeroing);
    }

    @Override
    public boolean punchesHoles() {
        return behind.punchesHoles();
    }

    @Override
    public void force() throws IOException {
        behind.force();
    }

    @Override
    public boolean isQuick(Operation operation, long positionBytes, long bytes) {
        return quick;
    }

    @Override
    public void submit(Work work, Completion completion) {
        behind.submit(work, completion);
    }

    @Override
    public boolean fence(long deadlineNanos) {
        return behind.fence(deadlineNanos);
    }

    @Override
    public void close() {
        behind.close();
    }
}
