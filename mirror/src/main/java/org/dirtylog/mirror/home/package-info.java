// SPDX-License-Identifier: Apache-2.0

/**
 * The mirrors of a home folder: their files in {@code etc/}, their services, the commands on them. The only part of this
 * bundle that touches files; what decides about data is in the package above and uses the seams.
 */
package org.dirtylog.mirror.home;
