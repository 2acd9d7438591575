// SPDX-License-Identifier: Apache-2.0

/** Publishes every mirror that serves through one NBD server. */
package org.dirtylog.export;
