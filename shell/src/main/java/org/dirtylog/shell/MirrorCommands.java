// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
            .withFlag("--adopt-legs")
            .withValue("--export", "NAME")
            .withValue("--other-writer", "dirty|adopt|refuse");
    private static final Usage STATUS = Usage.of("mirror:status", "[NAME]");
    private static final Usage TABLE = Usage.of("mirror:table", "[NAME]");
    private static final Usage SUSPEND = Usage.of("mirror:suspend", "NAME");
    private static final Usage RESUME = Usage.of("mirror:resume", "NAME");
    private static final Usage RESYNC =
            Usage.of("mirror:resync", "NAME").withValue("--leg", "N").withFlag("--now");
    private static final Usage ADD_LEG =
            Usage.of("mirror:add-leg", "NAME", "DEVICE", "[OFFSET]").withFlag("--adopt-leg");
    private static final Usage REMOVE_LEG = Usage.of("mirror:remove-leg", "NAME", "N");
    private static final Usage REPLACE_LEG =
            Usage.of("mirror:replace-leg", "NAME", "N", "DEVICE", "[OFFSET]").withFlag("--adopt-leg");
    private static final Usage GROW = Usage.of("mirror:grow", "NAME", "SECTORS");
    private static final Usage REBUILD = Usage.of("mirror:rebuild", "NAME").withValue("--source", "N");
    private static final Usage SCRUB = Usage.of("mirror:scrub", "NAME")
            .withValue("--rate", "MIB")
            .withFlag("--repair")
            .withValue("--from", "N")
            .withFlag("--stop");
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
        commands.add(RESYNC, this::resync);
        commands.add(ADD_LEG, this::addLeg);
        commands.add(REMOVE_LEG, this::removeLeg);
        commands.add(REPLACE_LEG, this::replaceLeg);
        commands.add(GROW, this::grow);
        commands.add(REBUILD, this::rebuild);
        commands.add(SCRUB, this::scrub);
        commands.add(REMOVE, this::remove);
    }

    @Deactivate
    void stop() {
        commands.close();
    }

    /** What there is to tell of a mirror; one whose file is wrong has no state, only trouble. */
    private record Row(String name, Optional<MirrorStatus> status, String word, String message) {
        static Row of(MirrorStatus status) {
            return new Row(status.name(), Optional.of(status), status.word().text(), status.message());
        }

        static Row of(String name, MirrorException trouble) {
            MirrorStatus.Word word = trouble.isWaiting() ? MirrorStatus.Word.WAITING : MirrorStatus.Word.FAILED;
            return new Row(name, Optional.empty(), word.text(), trouble.getMessage());
        }

        String sentence() {
            return name + " is " + word + (message.isEmpty() ? "" : ": " + message);
        }
    }

    /** Fails only if there is no such mirror. */
    private Row row(String name) throws MirrorException {
        try {
            return Row.of(mirrors.status(name));
        } catch (MirrorException e) {
            if (!mirrors.names().contains(name)) {
                throw e;
            }
            return Row.of(name, e);
        }
    }

    private List<Row> all() {
        List<Row> rows = new ArrayList<>();
        for (String name : mirrors.names()) {
            try {
                rows.add(row(name));
            } catch (MirrorException e) {
                // One that was removed meanwhile is no trouble.
                continue;
            }
        }
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
                words.has("--adopt-legs"),
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

    private void resync(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        String name = words.operands().get(0);
        mirrors.resync(name, legOf(words, "--leg"), words.has("--now"));
        tell(words, mirrors.status(name), streams);
    }

    private void addLeg(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        List<String> operands = words.operands();
        String name = operands.get(0);
        mirrors.addLeg(name, operands.get(1), offsetOf(operands, 2), words.has("--adopt-leg"));
        tell(words, mirrors.status(name), streams);
    }

    private void removeLeg(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        String name = words.operands().get(0);
        mirrors.removeLeg(name, index(words.operands().get(1), "N"));
        tell(words, mirrors.status(name), streams);
    }

    private void replaceLeg(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        List<String> operands = words.operands();
        String name = operands.get(0);
        mirrors.replaceLeg(
                name, index(operands.get(1), "N"), operands.get(2), offsetOf(operands, 3), words.has("--adopt-leg"));
        tell(words, mirrors.status(name), streams);
    }

    private void grow(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        String name = words.operands().get(0);
        mirrors.grow(name, sectors(words.operands().get(1), "SECTORS"));
        tell(words, mirrors.status(name), streams);
    }

    private static long offsetOf(List<String> operands, int at) throws CommandException {
        return operands.size() > at ? sectors(operands.get(at), "OFFSET") : 0;
    }

    private static long sectors(String word, String what) throws CommandException {
        if (!word.matches("[0-9]{1,18}")) {
            throw new CommandException(what + " is '" + word + "', but it is a number of sectors of 512 bytes");
        }
        return Long.parseLong(word);
    }

    private void rebuild(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        String name = words.operands().get(0);
        mirrors.rebuild(name, legOf(words, "--source"));
        tell(words, mirrors.status(name), streams);
    }

    private void scrub(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        String name = words.operands().get(0);
        if (words.has("--stop")) {
            mirrors.stopScrub(name);
        } else {
            OptionalInt from = legOf(words, "--from");
            if (from.isPresent() && !words.has("--repair")) {
                throw new CommandException("--from says from which leg to rewrite, which takes --repair as well");
            }
            mirrors.scrub(name, rateOf(words), words.has("--repair"), from);
        }
        tell(words, mirrors.status(name), streams);
    }

    private static long rateOf(Usage.Words words) throws CommandException {
        String rate = words.value("--rate", "64");
        if (!rate.matches("[1-9][0-9]{0,6}")) {
            throw new CommandException(
                    "--rate is '" + rate + "', but it is how many MiB a second are compared, from 1 to 9999999");
        }
        return Long.parseLong(rate);
    }

    private static OptionalInt legOf(Usage.Words words, String option) throws CommandException {
        String leg = words.value(option, "");
        if (leg.isEmpty()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(index(leg, option));
    }

    private static int index(String leg, String what) throws CommandException {
        if (!leg.matches("[0-9]{1,3}")) {
            throw new CommandException(
                    what + " is '" + leg + "', but it is the index of a leg in the table line, from 0");
        }
        return Integer.parseInt(leg);
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
            warn(Row.of(status), streams);
        }
    }

    private static void warn(Row row, Streams streams) {
        if (!row.message().isEmpty()) {
            streams.warning(row.sentence());
        }
    }

    private void status(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
        show(words, streams, MirrorStatus::statusLine, StatusJson::write);
    }

    private void table(Usage.Words words, Streams streams) throws IOException, MirrorException, CommandException {
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

    /**
     * As dmsetup does: the line alone for one mirror, with the name before it for all. A mirror that has no line has a sentence
     * on standard error, and for one alone that is an error: a script that reads the line must not get an empty one.
     */
    private void show(Usage.Words words, Streams streams, Function<MirrorStatus, String> line, JsonOf form)
            throws IOException, MirrorException, CommandException {
        if (!words.operands().isEmpty()) {
            Row row = row(words.operands().get(0));
            if (words.json()) {
                streams.json(json -> write(json, row, form));
            } else {
                streams.line(lineOf(row, line).orElseThrow(() -> new CommandException(row.sentence())));
                warn(row, streams);
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
            lineOf(row, line).ifPresent(text -> streams.line(row.name() + ": " + text));
            warn(row, streams);
        }
    }

    private static Optional<String> lineOf(Row row, Function<MirrorStatus, String> line) {
        return row.status().map(line).filter(text -> !text.isEmpty());
    }

    private static void write(JsonGenerator json, Row row, JsonOf form) throws IOException {
        if (row.status().isPresent()) {
            form.write(json, row.status().get());
            return;
        }
        json.writeStartObject();
        json.writeStringField("name", row.name());
        json.writeStringField("word", row.word());
        json.writeStringField("message", row.message());
        json.writeEndObject();
    }
}
