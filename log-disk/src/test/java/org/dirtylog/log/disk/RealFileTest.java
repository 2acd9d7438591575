// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.InUseException;
import org.dirtylog.seams.real.FileDevices;
import org.dirtylog.seams.real.FileRecordFolder;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log on a file, with the real seams below. */
class RealFileTest {
    @TempDir
    Path folder;

    private final ThreadTasks tasks = new ThreadTasks(2);
    private Devices devices;
    private String path;
    private final RecordModel record = new RecordModel(11);

    @BeforeEach
    void real() throws Exception {
        devices = new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks);
        path = folder.resolve("log").toString();
    }

    @AfterEach
    void end() {
        tasks.close();
    }

    private DirtyLog open() throws DirtyLogException {
        LogSpec spec =
                LogSpec.of(DiskLogFixture.MIRROR, new RegionGeometry(1600, 16)).withArguments(List.of(path));
        DirtyLog log = new DiskLogType().create(spec, new FileHost());
        assertEquals(record.completed ? Found.RECORDED : Found.FRESH, log.resume(record));
        record.complete();
        return log;
    }

    @Test
    void a_log_made_on_a_file_is_there_after_the_process_lost_it() throws Exception {
        DirtyLog log = open();
        log.setInSync(RegionSet.range(0, 100));
        log.markClean(RegionSet.range(0, 100));
        log.flush();
        log.markDirty(RegionSet.of(7, 70));
        log.flush();
        log.close();
        assertEquals(
                RegionSet.of(7, 70),
                KernelModel.resume(Files.readAllBytes(Path.of(path)), 100, "").dirty());
        log = open();
        assertEquals(RegionSet.of(7, 70), log.snapshot(0, 100).dirty());
        log.close();
    }

    @Test
    void p40_log_show_looks_at_a_log_in_use_and_leaves_its_lock_alone() throws Exception {
        DirtyLog log = open();
        String text = new LogCommands(devices).report(path, ShowArguments.of(path));
        assertTrue(text.contains("open, opening 1/"), text);
        assertThrows(InUseException.class, () -> devices.openMedium(path, 512, Devices.Missing.REFUSE));
        log.markDirty(RegionSet.of(1));
        log.flush();
        log.close();
    }

    private final class FileHost extends TestHost {
        FileHost() {
            super(null);
        }

        @Override
        public LogMedium openMedium(String name, long needBytes) {
            try {
                return new Writable(devices.openMedium(name, needBytes, Devices.Missing.CREATE));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private record Writable(BlockDevice device) implements LogMedium {
        @Override
        public long sizeBytes() {
            return device.sizeBytes();
        }

        @Override
        public int blockBytes() {
            return device.blockBytes();
        }

        @Override
        public void read(long positionBytes, ByteBuffer into) throws IOException {
            device.read(positionBytes, into);
        }

        @Override
        public void write(long positionBytes, ByteBuffer from) throws IOException {
            device.write(positionBytes, from);
        }

        @Override
        public void force() throws IOException {
            device.force();
        }

        @Override
        public void close() {
            device.close();
        }
    }
}
