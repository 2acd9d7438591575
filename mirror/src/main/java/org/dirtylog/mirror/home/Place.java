// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.util.function.Consumer;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.seams.Surroundings;
import org.osgi.framework.BundleContext;

/**
 * What the mirrors of a home share.
 *
 * @param context        to register services with
 * @param world          what they stand on
 * @param logs           makes their logs
 * @param configurations what they are to be
 * @param exports        their names for clients
 * @param openings       bounds how many are opened at once
 * @param forget         told one that has stopped because nobody wants it
 */
record Place(
        BundleContext context,
        Surroundings world,
        DirtyLogs logs,
        Configurations configurations,
        ExportNames exports,
        Openings openings,
        Consumer<HomeMirror> forget) {}
