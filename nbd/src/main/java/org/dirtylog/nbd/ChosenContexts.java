// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The contexts that a client has chosen, by id; they hold for the export that they were chosen for. */
final class ChosenContexts {
    private Map<Integer, MetaContext> chosen = Map.of();
    private NbdExport chosenFor;

    void forget() {
        chosen = Map.of();
        chosenFor = null;
    }

    void choose(NbdExport export, Map<Integer, MetaContext> contexts) {
        chosen = contexts;
        chosenFor = export;
    }

    /** What was chosen for an export: nothing, if another one has come under the same name meanwhile. */
    Map<Integer, MetaContext> of(NbdExport export) {
        return export == chosenFor ? chosen : Map.of();
    }

    /** The contexts of an export that a client asks for by name; to be told of them, also by the name of their space, or by none. */
    static Map<Integer, MetaContext> matching(NbdExport export, boolean toChoose, List<String> queries) {
        Map<Integer, MetaContext> matching = new LinkedHashMap<>();
        int id = 0;
        for (MetaContext context : Allocation.contextsOf(export)) {
            id++;
            boolean wanted = queries.contains(context.name());
            if (!toChoose) {
                String space = context.name().substring(0, context.name().indexOf(':') + 1);
                wanted |= queries.isEmpty() || queries.contains(space);
            }
            if (wanted) {
                matching.put(id, context);
            }
        }
        return matching;
    }
}
