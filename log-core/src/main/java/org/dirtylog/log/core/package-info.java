// SPDX-License-Identifier: Apache-2.0

/** The log type {@code core}: it remembers in memory, and so forgets when the process ends. */
package org.dirtylog.log.core;
