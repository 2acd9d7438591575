// SPDX-License-Identifier: Apache-2.0

/**
 * The log type {@code disk}: the Linux kernel's format on a file or block device, with the identity of the mirror in bytes that
 * the kernel leaves alone. The format and where it is on purpose stricter than the kernel: {@code docs/disk-format.md}.
 */
package org.dirtylog.log.disk;
