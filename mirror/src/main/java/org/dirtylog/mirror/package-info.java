// SPDX-License-Identifier: Apache-2.0

/**
 * The mirror target: writes to all legs, remembers in a dirty log where they may differ, and copies only that after a
 * crash. {@link org.dirtylog.mirror.MirrorTarget} is one running mirror, {@link org.dirtylog.mirror.Mirrors} all of them.
 * The rules P1 to P45 that the code cites are in {@code docs/crash-safety.md}.
 */
@Export
@Version("0.1.0")
package org.dirtylog.mirror;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
