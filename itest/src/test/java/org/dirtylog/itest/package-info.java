// SPDX-License-Identifier: Apache-2.0
/** Tests of the whole: how the modules stand to each other, and the distribution as its users and a real kernel see it. */
package org.dirtylog.itest;
