// SPDX-License-Identifier: Apache-2.0

/**
 * The contract between a mirror and the log that remembers which of its regions may differ between legs. Implement
 * {@link org.dirtylog.log.DirtyLogType} and {@link org.dirtylog.log.DirtyLog}, register the type as an OSGi service,
 * and every mirror in the framework can use your log. Start with {@code DirtyLog}; the numbered rules are in
 * {@code docs/contract.md}.
 *
 * <h2>The promise a log makes</h2>
 * <ol>
 * <li><b>Dirty before data.</b> When {@link org.dirtylog.log.DirtyLog#flush()} returns, every region marked dirty before
 *     the call is still dirty after a crash. The mirror writes to a leg only then.</li>
 * <li><b>Data before clean.</b> No region becomes clean on stable storage before
 *     {@link org.dirtylog.log.LogHost#flushLegs()} has returned normally, in a call begun after the region was marked
 *     clean.</li>
 * <li><b>Doubt is dirt.</b> A log that cannot tell whether a region is clean says that it is not. A needless recovery
 *     costs time; a missing one costs data.</li>
 * </ol>
 *
 * <h2>Rules that hold for every method here</h2>
 * <ul>
 * <li><b>Numbers.</b> Regions count from 0 and are always {@code long}. Lengths of disk are in 512-byte sectors or in
 *     bytes, and the name says which.</li>
 * <li><b>Null</b> is never passed, returned or accepted, unless a parameter says otherwise.</li>
 * <li><b>Checked for you.</b> A mirror calls a log through a guard that verifies region numbers, life-cycle states and
 *     nulls. An implementation does not repeat these checks.</li>
 * <li><b>Threads.</b> The guard makes the calls to one log one at a time, each happening before the next, so an
 *     implementation needs no locks of its own. Three methods are exempt and may be called at any time from any thread:
 *     {@link org.dirtylog.log.DirtyLog#status()}, {@link org.dirtylog.log.DirtyLog#peekInSync(long)} and
 *     {@link org.dirtylog.log.DirtyLog#close()}. Calls to different logs, and to
 *     {@link org.dirtylog.log.DirtyLogType#create}, may overlap.</li>
 * <li><b>Interrupts.</b> A thread inside a log is never interrupted: an interrupt closes a
 *     {@link java.nio.channels.FileChannel}.</li>
 * <li><b>Time.</b> A method that may block returns or throws within {@link org.dirtylog.log.LogSpec#patience()}; the time
 *     it spends inside {@code LogHost} is not counted.</li>
 * </ul>
 *
 * <p>Methods carry three tags of their own: the life-cycle <em>states</em> in which they may be called, whether they may
 * <em>block</em>, and their counterpart in the Linux <em>kernel</em>'s {@code dm_dirty_log_type}.
 */
@Export
@Version("0.2.0")
package org.dirtylog.log;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
