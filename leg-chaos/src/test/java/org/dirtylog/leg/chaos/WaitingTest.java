// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.Operation;
import org.dirtylog.seams.InUseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that are held up: by time, until they are released, and at the end of a device. */
@Timeout(60)
class WaitingTest {
    private static final long SECOND = 1_000_000_000L;

    private final Bench bench = new Bench();

    /** The pool that is there for all has one thread on a machine of two processors, and what hangs here would fill it. */
    private static void onOwnThread(Runnable work) {
        Thread thread = new Thread(work, "request");
        thread.setDaemon(true);
        thread.start();
    }

    private BlockDevice open(String rules) throws IOException {
        bench.nanos = -1;
        return bench.open(rules);
    }

    /** Reads on a thread of its own. */
    private static CompletableFuture<Byte> read(BlockDevice device) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return Bench.read(device, 0, 1)[0];
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                WaitingTest::onOwnThread);
    }

    private void awaitHung(int requests) throws InterruptedException {
        while (bench.leg().report().hung() != requests) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private static String failure(CompletableFuture<Byte> request) {
        return assertThrows(ExecutionException.class, () -> request.get(20, TimeUnit.SECONDS))
                .getCause()
                .getMessage();
    }

    @Test
    void a_delay_holds_a_request_up_and_lets_it_succeed() throws Exception {
        BlockDevice device = open("delay=60ms..120ms@read");
        long before = System.nanoTime();
        Bench.read(device, 0, 1);
        long took = System.nanoTime() - before;
        assertTrue(took >= 60_000_000, took + " ns");
        device.write(0, Bench.filled(1, 1));
        assertEquals(1, bench.counted().fired());
    }

    @Test
    void an_interrupt_ends_no_delay_and_is_not_lost() throws Exception {
        BlockDevice device = open("delay=60ms@read");
        long before = System.nanoTime();
        Thread.currentThread().interrupt();
        Bench.read(device, 0, 1);
        assertTrue(Thread.interrupted(), "the interrupt was swallowed");
        assertTrue(System.nanoTime() - before >= 60_000_000);
    }

    @Test
    void what_hangs_goes_on_when_it_is_released_and_the_next_one_hangs_again() throws Exception {
        BlockDevice device = open("hang@read:2..4");
        Bench.read(device, 0, 1);
        CompletableFuture<Byte> second = read(device);
        CompletableFuture<Byte> third = read(device);
        awaitHung(2);
        bench.below.content[0] = 7;
        assertFalse(second.isDone());
        assertEquals(2, bench.leg().release());
        assertEquals((byte) 7, second.get(20, TimeUnit.SECONDS));
        third.get(20, TimeUnit.SECONDS);
        CompletableFuture<Byte> fourth = read(device);
        awaitHung(1);
        TimeUnit.MILLISECONDS.sleep(50);
        assertFalse(fourth.isDone(), "what was released earlier counts for nothing");
        bench.leg().release();
        fourth.get(20, TimeUnit.SECONDS);
        Bench.read(device, 0, 1);
        assertEquals(0, bench.leg().report().hung());
    }

    @Test
    void a_release_ends_no_delay() throws Exception {
        BlockDevice device = open("delay=200ms@read");
        long before = System.nanoTime();
        CompletableFuture<Byte> read = read(device);
        while (bench.counted().fired() == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertEquals(0, bench.leg().release());
        read.get(20, TimeUnit.SECONDS);
        assertTrue(System.nanoTime() - before >= SECOND / 5);
    }

    @Test
    void a_hang_with_a_time_ends_by_itself_and_without_one_not_by_new_rules() throws Exception {
        BlockDevice device = open("hang=60ms@read:times=1;hang@read:times=1");
        CompletableFuture<Byte> read = read(device);
        TimeUnit.MILLISECONDS.sleep(200);
        awaitHung(1);
        bench.leg().set(Rules.NONE);
        TimeUnit.MILLISECONDS.sleep(50);
        assertFalse(read.isDone(), "taking a rule away released what it had caught");
        bench.leg().release();
        read.get(20, TimeUnit.SECONDS);
        bench.leg().set(Rules.parse("hang=60ms@read"));
        Bench.read(device, 0, 1);
    }

    @Test
    void while_a_rule_may_hold_requests_up_none_of_them_is_quick() throws Exception {
        BlockDevice device = open("hang@read:1000000;error@write");
        assertFalse(device.isQuick(Operation.READ, 0, 1));
        assertTrue(device.isQuick(Operation.WRITE, 0, 1));
        bench.leg().add(Rules.parse("delay=1us@write:0.001%"));
        assertFalse(device.isQuick(Operation.WRITE, 0, 1));
        bench.leg().set(Rules.NONE);
        assertTrue(device.isQuick(Operation.READ, 0, 1));
    }

    @Test
    void a_fence_waits_for_what_hangs_until_its_deadline_and_lets_nobody_in() throws Exception {
        BlockDevice device = open("hang@read");
        CompletableFuture<Byte> read = read(device);
        awaitHung(1);
        long before = System.nanoTime();
        assertFalse(device.fence(before + SECOND / 20));
        assertTrue(System.nanoTime() - before >= SECOND / 20);
        assertFalse(read.isDone(), "a fence ends no hang, as with a real device");
        assertFalse(bench.below.fenced, "what hangs could not go on to the device it belongs to");
        assertTrue(assertThrows(IOException.class, () -> device.write(0, Bench.filled(1, 1)))
                .getMessage()
                .contains("taken away"));
        CompletableFuture<Boolean> fence = CompletableFuture.supplyAsync(
                () -> device.fence(System.nanoTime() + 20 * SECOND), WaitingTest::onOwnThread);
        bench.leg().release();
        assertTrue(fence.get(20, TimeUnit.SECONDS));
        assertTrue(bench.below.fenced);
        read.get(20, TimeUnit.SECONDS);
    }

    @Test
    void closing_lets_what_hangs_or_is_delayed_fail_and_then_gives_the_device_back() throws Exception {
        BlockDevice device = open("hang@read");
        bench.leg().add(Rules.parse("delay=1h@write"));
        CompletableFuture<Byte> read = read(device);
        CompletableFuture<Void> write = CompletableFuture.runAsync(
                () -> {
                    try {
                        device.write(0, Bench.filled(1, 1));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                WaitingTest::onOwnThread);
        awaitHung(1);
        while (bench.leg().report().rules().get(1).fired() == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        device.close();
        assertTrue(failure(read).contains("it was closed while rule 'hang@read' held this up"));
        assertThrows(ExecutionException.class, () -> write.get(20, TimeUnit.SECONDS));
        while (!bench.below.closed) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertEquals(0, bench.below.content[0]);
        device.close();
        assertThrows(IOException.class, () -> Bench.read(device, 0, 1));
    }

    @Test
    void the_device_below_is_given_back_when_the_last_request_has_left_it() throws Exception {
        BlockDevice device = open("error@read:2");
        bench.below.gate = new CountDownLatch(1);
        CompletableFuture<Byte> read = read(device);
        while (bench.counted().matched() == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        device.close();
        assertFalse(bench.below.closed, "a new owner could have it now");
        assertThrows(InUseException.class, () -> bench.open("error@read:2"));
        bench.below.gate.countDown();
        read.get(20, TimeUnit.SECONDS);
        while (bench.leg().report().open()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertTrue(bench.below.closed);
    }

    @Test
    void a_leg_that_vanished_while_a_request_hung_fails_it_afterwards() throws Exception {
        BlockDevice device = open("hang@read");
        CompletableFuture<Byte> read = read(device);
        awaitHung(1);
        bench.leg().vanish();
        bench.leg().release();
        assertTrue(failure(read).contains("it has vanished"));
    }
}
