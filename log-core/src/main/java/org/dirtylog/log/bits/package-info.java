// SPDX-License-Identifier: Apache-2.0

/**
 * What a log needs to keep one bit a region in memory: a bitmap that is searched fast and costs little where all bits are
 * equal, a cursor that hands regions out for recovery, and the two facts of {@link org.dirtylog.log.DirtyLog} with the rule
 * between them.
 *
 * <p>One thread changes an object of this package at a time, each change happening before the next. Questions about a single
 * region, and counts, may be asked by any thread at any time: they are answered as of a moment during the call or shortly
 * before it.
 */
@Export
@Version("0.1.0")
package org.dirtylog.log.bits;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
