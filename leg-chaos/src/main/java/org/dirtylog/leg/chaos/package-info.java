// SPDX-License-Identifier: Apache-2.0

/**
 * Legs named {@code chaos:…}: they pass everything on to what lies below, and fail, wait and lie as their rules say. The
 * grammar of the rules and what each does: {@code docs/chaos.md}. Not behind the seams: the simulator has faults of its own.
 */
package org.dirtylog.leg.chaos;
