// SPDX-License-Identifier: Apache-2.0

/**
 * Starts the framework with the bundles of the distribution on a home folder, tells on standard output when clients can
 * connect, and runs commands that come through the control socket. It knows no bundle of the project; what it shares with
 * them are names of properties and commands.
 */
package org.dirtylog.launcher;
