// SPDX-License-Identifier: Apache-2.0

/**
 * The server's side of the NBD protocol, for any {@link org.dirtylog.seams.BlockDevice}. The words and numbers are those
 * of {@code doc/proto.md} in the repository of the reference implementation; what is supported is told in
 * {@code docs/nbd.md}.
 *
 * <p>{@link org.dirtylog.nbd.NbdServer} is where to begin. Handshake and transmission know a
 * {@link org.dirtylog.nbd.NbdStream} and no socket, so that they also run over simulated streams.
 *
 * <p>No framework is needed, only the jars of this bundle, of {@code seams} and of SLF4J. A disk in memory, until somebody
 * presses return; {@code nbdinfo "nbd+unix:///ram?socket=/tmp/ram.sock"} looks at it:
 *
 * <pre>{@code
 * import java.nio.ByteBuffer;
 * import java.nio.file.Path;
 * import org.dirtylog.nbd.*;
 * import org.dirtylog.seams.BlockDevice;
 * import org.dirtylog.seams.real.ThreadTasks;
 *
 * class RamDisk implements BlockDevice {
 *     private final ByteBuffer bytes = ByteBuffer.allocateDirect(64 << 20);
 *
 *     public String name() { return "ram"; }
 *     public long sizeBytes() { return bytes.capacity(); }
 *     public int blockBytes() { return 512; }
 *     public void read(long at, ByteBuffer into) { into.put(bytes.slice((int) at, into.remaining())); }
 *     public void write(long at, ByteBuffer from) { bytes.slice((int) at, from.remaining()).put(from); }
 *     public void zero(long at, long count, Zeroing zeroing) { write(at, ByteBuffer.allocate((int) count)); }
 *     public boolean punchesHoles() { return false; }
 *     public void force() {}
 *     public void submit(Work work, Completion completion) { throw new UnsupportedOperationException(); }
 *     public boolean fence(long deadlineNanos) { return true; }
 *     public void close() {}
 *
 *     public static void main(String[] words) throws Exception {
 *         try (ThreadTasks tasks = new ThreadTasks();
 *                 NbdServer server = new NbdServer(Path.of(words[0]), tasks, NbdLimits.STANDARD)) {
 *             server.add(NbdExport.of("ram", new RamDisk()));
 *             System.in.read();
 *         }
 *     }
 * }
 * }</pre>
 */
@Export
@Version("0.1.0")
package org.dirtylog.nbd;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
