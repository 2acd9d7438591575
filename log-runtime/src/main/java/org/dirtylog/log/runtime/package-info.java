// SPDX-License-Identifier: Apache-2.0

/**
 * Finds the types of dirty logs, makes logs by table line, and stands as a guard between a mirror and foreign code: it keeps
 * both sides to the contract of {@code org.dirtylog.log}.
 */
@Export
@Version("0.1.0")
package org.dirtylog.log.runtime;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
