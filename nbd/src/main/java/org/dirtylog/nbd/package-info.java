// SPDX-License-Identifier: Apache-2.0

/**
 * The server's side of the NBD protocol, for any {@link org.dirtylog.seams.BlockDevice}. The words and numbers are those
 * of {@code doc/proto.md} in the repository of the reference implementation; what is supported is told in
 * {@code docs/nbd.md}.
 *
 * <p>{@link org.dirtylog.nbd.NbdServer} is where to begin. Handshake and transmission know a
 * {@link org.dirtylog.nbd.NbdStream} and no socket, so that they also run over simulated streams.
 */
@Export
@Version("0.1.0")
package org.dirtylog.nbd;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
