// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.felix.service.command.annotations.RequireGogo;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.Mirrors;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** The commands {@code mirror:*}. */
@RequireGogo
@Component(
        service = {},
        immediate = true)
public final class MirrorCommands {
    private static final Usage LIST = Usage.of("mirror:list");
    private static final Usage CREATE = Usage.of("mirror:create", "NAME", "TABLE")
            .withFlag("--adopt-log")
            .withValue("--export", "NAME")
            .withValue("--other-writer", "dirty|adopt|refuse");
    private static final Usage STATUS = Usage.of("mirror:status", "[NAME]");
    private static final Usage TABLE = Usage.of("mirror:table", "[NAME]");
    private static final Usage SUSPEND = Usage.of("mirror:suspend", "NAME");
    private static final Usage RESUME = Usage.of("mirror:resume", "NAME");
    private static final Usage REMOVE = Usage.of("mirror:remove", "NAME");

    private final Mirrors mirrors;
    private final CommandSet commands;

    /**
     * Offers the commands.
     *
     * @param context of this bundle
     * @param mirrors to command
     */
    @Activate
    public MirrorCommands(BundleContext context, @Reference Mirrors mirrors) {
        this.mirrors = mirrors;
        this.commands = new CommandSet(context);
        commands.add(LIST, this::list);
        commands.add(CREATE, this::create);
        commands.add(STATUS, this::status);
        commands.add(TABLE, this::table);
        commands.add(SUSPEND, this::suspend);
        commands.add(RESUME, this::resume);
        commands.add(REMOVE, this::remove);
    }

    @Deactivate
    void stop() {
        commands.close();
    }

    /** What there is to tell of a mirror; one whose file is wrong has no state, only trouble. */
    private record Row(String name, Optional<MirrorStatus> status, String trouble) {
        String word() {
            return status.map(known -> known.word().text()).orElse(MirrorStatus.Word.FAILED.text());
        }
    }

    private List<Row> all() {
        List<Row> rows = new ArrayList<>();
        for (String name : mirrors.names()) {
            try {
                rows.add(new Row(name, Optional.of(mirrors.status(name)), ""));
            } catch (MirrorException e) {
                rows.add(new Row(name, Optional.empty(), e.getMessage()));
            }
        }
        // One that was removed meanwhile is no trouble.
        rows.removeIf(row -> row.status().isEmpty() && !mirrors.names().contains(row.name()));
        return rows;
    }

    private void list(Usage.Words words, Streams streams) throws IOException {
        List<Row> rows = all();
        if (words.json()) {
            streams.json(json -> {
                json.writeStartArray();
                for (Row row : rows) {
                    json.writeStartObject();
                    json.writeStringField("name", row.name());
                    json.writeStringField("word", row.word());
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
            return;
        }
        rows.forEach(row -> streams.line(row.name() + " " + row.word()));
    }

    private void create(Usage.Words words, Streams streams) throws IOException, MirrorException {
        MirrorStatus made = mirrors.create(
                words.operands().get(0),
                words.operands().get(1),
                words.value("--export", ""),
                words.has("--adopt-log"),
                words.value("--other-writer", "dirty"));
        tell(words, made, streams);
    }

    private void suspend(Usage.Words words, Streams streams) throws IOException, MirrorException {
        String name = words.operands().get(0);
        mirrors.suspend(name);
        tell(words, mirrors.status(name), streams);
    }

    private void resume(Usage.Words words, Streams streams) throws IOException, MirrorException {
        String name = words.operands().get(0);
        mirrors.resume(name);
        tell(words, mirrors.status(name), streams);
    }

    private void remove(Usage.Words words, Streams streams) throws IOException, MirrorException {
        String name = words.operands().get(0);
        mirrors.remove(name);
        if (words.json()) {
            streams.json(json -> {
                json.writeStartObject();
                json.writeStringField("removed", name);
                json.writeEndObject();
            });
        }
    }

    /** What a command left behind. */
    private static void tell(Usage.Words words, MirrorStatus status, Streams streams) throws IOException {
        if (words.json()) {
            streams.json(json -> StatusJson.write(json, status));
        } else {
            streams.line(status.name() + " " + status.word().text());
            warn(status, streams);
        }
    }

    private static void warn(MirrorStatus status, Streams streams) {
        if (!status.message().isEmpty()) {
            streams.warning(status.name() + " is " + status.word().text() + ": " + status.message());
        }
    }

    private void status(Usage.Words words, Streams streams) throws IOException, MirrorException {
        show(words, streams, MirrorStatus::statusLine, StatusJson::write);
    }

    private void table(Usage.Words words, Streams streams) throws IOException, MirrorException {
        show(words, streams, MirrorStatus::tableLine, (json, status) -> {
            json.writeStartObject();
            json.writeStringField("name", status.name());
            json.writeStringField("table", status.tableLine());
            json.writeEndObject();
        });
    }

    @FunctionalInterface
    private interface JsonOf {
        void write(JsonGenerator json, MirrorStatus status) throws IOException;
    }

    /** As dmsetup does: the line alone for one mirror, with the name before it for all. */
    private void show(Usage.Words words, Streams streams, Function<MirrorStatus, String> line, JsonOf form)
            throws IOException, MirrorException {
        if (!words.operands().isEmpty()) {
            MirrorStatus status = mirrors.status(words.operands().get(0));
            if (words.json()) {
                streams.json(json -> form.write(json, status));
            } else {
                streams.line(line.apply(status));
                warn(status, streams);
            }
            return;
        }
        List<Row> rows = all();
        if (words.json()) {
            streams.json(json -> {
                json.writeStartArray();
                for (Row row : rows) {
                    write(json, row, form);
                }
                json.writeEndArray();
            });
            return;
        }
        for (Row row : rows) {
            row.status()
                    .ifPresentOrElse(
                            status -> {
                                streams.line(row.name() + ": " + line.apply(status));
                                warn(status, streams);
                            },
                            () -> streams.warning(row.name() + " is " + row.word() + ": " + row.trouble()));
        }
    }

    private static void write(JsonGenerator json, Row row, JsonOf form) throws IOException {
        if (row.status().isPresent()) {
            form.write(json, row.status().get());
            return;
        }
        json.writeStartObject();
        json.writeStringField("name", row.name());
        json.writeStringField("word", row.word());
        json.writeStringField("message", row.trouble());
        json.writeEndObject();
    }
}
