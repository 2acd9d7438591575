// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import java.io.IOException;
import java.util.List;
import org.apache.felix.service.command.annotations.RequireGogo;
import org.dirtylog.log.runtime.DirtyLogs;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** The command {@code log:types}. */
@RequireGogo
@Component(
        service = {},
        immediate = true)
public final class LogCommands {
    private static final Usage TYPES = Usage.of("log:types");

    private final DirtyLogs logs;
    private final CommandSet commands;

    /**
     * Offers the command.
     *
     * @param context of this bundle
     * @param logs    to ask
     */
    @Activate
    public LogCommands(BundleContext context, @Reference DirtyLogs logs) {
        this.logs = logs;
        this.commands = new CommandSet(context);
        commands.add(TYPES, this::types);
    }

    @Deactivate
    void stop() {
        commands.close();
    }

    private void types(Usage.Words words, Streams streams) throws IOException {
        List<DirtyLogs.TypeInfo> types = logs.types();
        if (words.json()) {
            streams.json(json -> {
                json.writeStartArray();
                for (DirtyLogs.TypeInfo type : types) {
                    json.writeStartObject();
                    json.writeStringField("name", type.name());
                    json.writeArrayFieldStart("parameters");
                    for (String parameter : type.parameters()) {
                        json.writeString(parameter);
                    }
                    json.writeEndArray();
                    json.writeStringField("providedBy", type.providedBy());
                    json.writeNumberField("ranking", type.ranking());
                    json.writeBooleanField("active", type.active());
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
            return;
        }
        for (DirtyLogs.TypeInfo type : types) {
            String usage = type.parameters().isEmpty() ? "" : " " + String.join(" ", type.parameters());
            streams.line(type.name() + usage + "  (" + type.providedBy() + ", ranking " + type.ranking()
                    + (type.active() ? ")" : ", hidden by the one above)"));
        }
    }
}
