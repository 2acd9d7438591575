// SPDX-License-Identifier: Apache-2.0

/**
 * The commands {@code mirror:*} and {@code log:types} for people and scripts. They take their words as they were typed: the
 * shell's own conversions, which read {@code 007} as a number, are not used.
 */
package org.dirtylog.shell;
