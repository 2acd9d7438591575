// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.dirtylog.fuzz.Castagnoli;

/** An identity slot as {@code docs/disk-format.md} describes it, read from its bytes without the product's reader. */
record RawSlot(byte[] bytes) {
    static final int BYTES = 128;
    private static final byte[] LETTERS = "dirtylog".getBytes(StandardCharsets.US_ASCII);

    static RawSlot at(byte[] image, int at) {
        return new RawSlot(Arrays.copyOfRange(image, at, at + BYTES));
    }

    private ByteBuffer numbers() {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    boolean hasLetters() {
        return Arrays.equals(bytes, 0, LETTERS.length, LETTERS, 0, LETTERS.length);
    }

    int checksum() {
        return Castagnoli.of(bytes, 0, BYTES - 4);
    }

    boolean isSlot() {
        return hasLetters() && numbers().getInt(124) == checksum();
    }

    /** Whether it is of the format that is known, and each of its numbers is one that can be. */
    boolean makesSense() {
        long region = regionSectors();
        boolean geometry = targetSectors() >= 1
                && region >= 2
                && region <= 1L << 31
                && (region & region - 1) == 0
                && (targetSectors() - 1) / region + 1 <= 0xFFFF_FFFFL;
        return numbers().getShort(8) == 1
                && state() >= 1
                && state() <= 3
                && (bytes[11] & ~1) == 0
                && numbers().getInt(12) == BYTES
                && geometry
                && numbers().getLong(48) >= 1
                && sequence() >= 1
                && isZero(104, 124);
    }

    private boolean isZero(int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    int state() {
        return bytes[10];
    }

    boolean isClosed() {
        return state() == 2;
    }

    boolean isConverting() {
        return state() == 3;
    }

    boolean legsAgree() {
        return (bytes[11] & 1) != 0;
    }

    byte[] mirrorId() {
        return Arrays.copyOfRange(bytes, 16, 32);
    }

    long regionSectors() {
        return numbers().getLong(32);
    }

    long targetSectors() {
        return numbers().getLong(40);
    }

    /** Generation and nonce. */
    byte[] pair() {
        return Arrays.copyOfRange(bytes, 48, 64);
    }

    long sequence() {
        return numbers().getLong(64);
    }

    byte[] digest() {
        return Arrays.copyOfRange(bytes, 72, 104);
    }

    /** Puts the right checksum into an image where letters stand, so that what lies behind the checksum is reached. */
    static void repair(byte[] image, int at) {
        RawSlot slot = at(image, at);
        if (slot.hasLetters()) {
            ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putInt(at + 124, slot.checksum());
        }
    }
}
