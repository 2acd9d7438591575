// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;

/** A mirror of some regions with a log on a medium, for tests that do one thing to it. */
final class DiskLogFixture {
    static final UUID MIRROR = UUID.fromString("7d1f0c9e-52a4-4b8e-9a63-0f5c2d8e1b47");

    final CrashableMedium medium;
    final TestHost host;
    RecordModel record = new RecordModel(42);
    UUID mirror = MIRROR;
    RegionGeometry geometry;
    DirtyLog log;
    Found found;

    DiskLogFixture(long regions, int mediumBytes, int blockBytes) {
        this.geometry = new RegionGeometry(regions * 16, 16);
        this.medium = new CrashableMedium(mediumBytes, blockBytes);
        this.host = new TestHost(medium);
    }

    static DiskLogFixture hundred() {
        return new DiskLogFixture(100, 4096, 512);
    }

    LogSpec spec() {
        return LogSpec.of(mirror, geometry).withArguments(List.of("/dev/log"));
    }

    DiskLogFixture open() throws DirtyLogException {
        log = new DiskLogType().create(spec(), host);
        found = log.resume(record);
        record.complete();
        return this;
    }

    /** Opened, with these regions dirty and the others clean. */
    DiskLogFixture openWithDirty(RegionSet dirty) throws DirtyLogException {
        open();
        log.setInSync(geometry.allRegions());
        log.markClean(geometry.allRegions().minus(dirty));
        log.flush();
        assertEquals(dirty, dirty());
        return this;
    }

    void stop() throws DirtyLogException {
        log.preSuspend();
        log.postSuspend();
        log.close();
        medium.closed = false;
    }

    RegionSet dirty() throws DirtyLogException {
        return log.snapshot(0, geometry.regionCount()).dirty();
    }

    RegionSet kernelSees() {
        return KernelModel.resume(medium.content(), (int) geometry.regionCount(), "")
                .dirty();
    }

    void kernelResumes(int regions) {
        medium.put(KernelModel.resume(medium.content(), regions, "").written());
    }

    void poke(int at, int... bytes) {
        byte[] content = medium.content();
        for (int i = 0; i < bytes.length; i++) {
            content[at + i] = (byte) bytes[i];
        }
        medium.put(content);
    }

    /** Leaves a log with a kernel's header and no identity, some regions dirty, to a mirror that was never opened. */
    void makeKernelLog(RegionSet dirty) throws DirtyLogException {
        openWithDirty(dirty).stop();
        poke(256, new int[128]);
        poke(768, new int[128]);
        record = new RecordModel(5);
    }

    static int newest(byte[] content) {
        ByteBuffer b = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        return b.getLong(256) == b.getLong(768) && b.getLong(768 + 64) > b.getLong(256 + 64) ? 768 : 256;
    }

    static void sign(byte[] content, int at) {
        CRC32C crc = new CRC32C();
        crc.update(content, at, 124);
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(at + 124, (int) crc.getValue());
    }
}
