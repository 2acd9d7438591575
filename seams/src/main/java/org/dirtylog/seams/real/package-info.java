// SPDX-License-Identifier: Apache-2.0

/**
 * The real surroundings: threads, the system's clock, files and block devices on Linux. Published as services; whoever
 * runs outside a framework makes them with their constructors.
 *
 * <p>Every file of legs and logs is opened through one registry in the process (protocol rules P40 and P42), because
 * closing any descriptor of a file drops the POSIX lock that keeps other processes off it.
 */
@Export
@Version("0.1.0")
package org.dirtylog.seams.real;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
