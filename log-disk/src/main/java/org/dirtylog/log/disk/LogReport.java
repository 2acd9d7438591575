// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.bits.RegionBits;

/**
 * What a record says, ours or the kernel's, for people and for programs. Made by reading only.
 *
 * @param path       of the log
 * @param shown      the path as one word, for people: a control character in it is not to reach a terminal
 * @param sizeBytes  of the medium
 * @param header     the sixteen bytes at the start, or empty if the medium is too short for the bytes before the bits
 * @param slots      the two identity slots in the order they lie in
 * @param bits       the regions that header and length of the medium give bits for
 * @param activation what activation would make of it, if a table was given
 */
record LogReport(
        String path,
        String shown,
        long sizeBytes,
        Optional<RecordHeader> header,
        List<Slot> slots,
        Optional<RegionBits> bits,
        Optional<Activation> activation) {

    private static final int RUNS_FOR_PEOPLE = 40;

    /** An identity slot, or what is wrong with it; and whether it is closed over the very bits that are there. */
    record Slot(int at, Optional<IdentitySlot> identity, String trouble, boolean digestMatches) {}

    /** Reads a record. */
    static LogReport of(String path, String shown, LogMedium medium, Optional<Activation> activation)
            throws IOException {
        if (medium.sizeBytes() < Math.max(RecordLayout.HEAD_BYTES, medium.blockBytes())) {
            if (activation.isEmpty()) {
                throw new IOException(shown + " has " + medium.sizeBytes() + " bytes; the shortest log has "
                        + new RecordLayout(1, medium.blockBytes()).areaBytes());
            }
            return new LogReport(
                    path, shown, medium.sizeBytes(), Optional.empty(), List.of(), Optional.empty(), activation);
        }
        RecordReader reader = new RecordReader(medium, shown);
        RecordHead head = reader.head();
        RecordHeader header = head.header();
        List<Slot> slots = List.of(slot(reader, head, 0), slot(reader, head, 1));
        long room = new RecordLayout(1, medium.blockBytes()).blockStart(medium.sizeBytes()) - RecordLayout.HEAD_BYTES;
        long regions = Math.min(header.regionsCovered(), room * Byte.SIZE);
        Optional<RegionBits> bits =
                header.isRecord() && regions > 0 ? Optional.of(reader.bits(regions)) : Optional.empty();
        return new LogReport(path, shown, medium.sizeBytes(), Optional.of(header), slots, bits, activation);
    }

    private static Slot slot(RecordReader reader, RecordHead head, int index) throws IOException {
        int at = RecordHead.SLOTS_AT.get(index);
        try {
            Optional<IdentitySlot> identity = head.slot(index);
            boolean matches = identity.isPresent()
                    && identity.get().isClosed()
                    && Arrays.equals(
                            identity.get().digest(),
                            reader.digest(
                                    head.header(), identity.get().geometry().regionCount()));
            return new Slot(at, identity, "", matches);
        } catch (DirtyLogException.Corrupt e) {
            return new Slot(at, Optional.empty(), e.getMessage(), false);
        }
    }

    /** Writes everything as one JSON object, all runs with their last region. */
    String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("file", path);
            json.writeNumberField("sizeBytes", sizeBytes);
            writeRecord(json);
            json.writeArrayFieldStart("slots");
            for (Slot slot : slots) {
                writeSlot(json, slot);
            }
            json.writeEndArray();
            if (activation.isPresent()) {
                writeActivation(json, activation.get());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a string takes all that is written", e);
        }
        return text.toString();
    }

    private void writeRecord(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("record");
        json.writeBooleanField(
                "valid",
                header.isPresent() && header.get().isRecord() && header.get().isReadable());
        if (header.isPresent()) {
            json.writeStringField("magic", String.format("%08x", header.get().magic()));
            json.writeStringField(
                    "version", Integer.toUnsignedString(header.get().version()));
            json.writeStringField("regions", Long.toUnsignedString(header.get().regions()));
        }
        if (bits.isPresent()) {
            RegionBits clean = bits.get();
            json.writeNumberField("bits", clean.size());
            json.writeNumberField("clean", clean.countOnes());
            json.writeNumberField("dirty", clean.size() - clean.countOnes());
            writeRuns(json, "dirtyRuns", clean.zerosIn(0, clean.size()));
        }
        json.writeEndObject();
    }

    private static void writeSlot(JsonGenerator json, Slot slot) throws IOException {
        json.writeStartObject();
        json.writeNumberField("at", slot.at);
        if (!slot.trouble.isEmpty()) {
            json.writeStringField("trouble", slot.trouble);
        }
        if (slot.identity.isPresent()) {
            IdentitySlot identity = slot.identity.get();
            json.writeStringField("mirror", identity.mirrorId().toString());
            json.writeStringField("state", word(identity.state()));
            json.writeNumberField("generation", identity.pair().generation());
            json.writeStringField(
                    "nonce", String.format("%016x", identity.pair().nonce()));
            json.writeNumberField("sequence", identity.sequence());
            json.writeNumberField("regionSectors", identity.geometry().regionSectors());
            json.writeNumberField("targetSectors", identity.geometry().targetSectors());
            if (identity.isClosed()) {
                json.writeBooleanField("legsAgree", identity.legsAgree());
                json.writeStringField("digest", identity.digestText());
                json.writeBooleanField("digestMatches", slot.digestMatches);
            }
        }
        json.writeEndObject();
    }

    private static void writeActivation(JsonGenerator json, Activation activation) throws IOException {
        json.writeNumberField("regions", activation.regions());
        json.writeNumberField("inSync", activation.inSync());
        json.writeStringField("health", activation.health());
        if (!activation.found().isEmpty()) {
            json.writeStringField("found", activation.found());
        }
        writeRuns(json, "resync", activation.resync());
        if (!activation.reason().isEmpty()) {
            json.writeStringField("reason", activation.reason());
        }
    }

    private static void writeRuns(JsonGenerator json, String name, RegionSet regions) throws IOException {
        json.writeArrayFieldStart(name);
        long[] next = new long[2 * regions.runCount()];
        int[] at = {0};
        regions.forEachRun((first, end) -> {
            next[at[0]++] = first;
            next[at[0]++] = end - 1;
        });
        for (int i = 0; i < next.length; i += 2) {
            json.writeArray(next, i, 2);
        }
        json.writeEndArray();
    }

    private static String word(IdentitySlot.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** Writes it for people, with the first runs only. */
    String text() {
        StringBuilder text = new StringBuilder();
        text.append(shown).append(": ").append(sizeBytes).append(" bytes\n");
        text.append("header    ")
                .append(header.map(LogReport::headerText).orElse("none, the file is too short for one"))
                .append('\n');
        for (Slot slot : slots) {
            appendSlot(text, slot);
        }
        bits.ifPresent(clean -> {
            text.append("bits      ").append(clean.size()).append(" regions, ");
            text.append(clean.countOnes())
                    .append(" clean, ")
                    .append(clean.size() - clean.countOnes())
                    .append(" dirty");
            appendRuns(text, clean.zerosIn(0, clean.size()));
        });
        activation.ifPresent(would -> {
            text.append("activated ")
                    .append(would.health())
                    .append(": ")
                    .append(would.inSync())
                    .append('/');
            text.append(would.regions()).append(" in sync");
            appendRuns(text, would.resync());
            text.append(would.reason().isEmpty() ? "" : "reason    " + would.reason() + "\n");
        });
        return text.toString();
    }

    private static String headerText(RecordHeader header) {
        return String.format("magic %08x%s", header.magic(), header.isRecord() ? "" : " (no record)") + ", version "
                + Integer.toUnsignedString(header.version()) + ", regions " + Long.toUnsignedString(header.regions());
    }

    private static void appendSlot(StringBuilder text, Slot slot) {
        text.append(String.format("slot %-5d", slot.at));
        if (slot.identity.isEmpty()) {
            text.append(slot.trouble.isEmpty() ? "none" : slot.trouble).append('\n');
            return;
        }
        IdentitySlot identity = slot.identity.get();
        text.append("mirror ").append(identity.mirrorId()).append(", ").append(word(identity.state()));
        text.append(", opening ").append(identity.pair()).append(", sequence ").append(identity.sequence());
        text.append(", regions of ").append(identity.geometry().regionSectors()).append(" sectors, target of ");
        text.append(identity.geometry().targetSectors());
        if (identity.isClosed()) {
            text.append(slot.digestMatches ? ", bits unchanged since" : ", bits CHANGED since");
            text.append(identity.legsAgree() ? ", legs agree" : "");
        }
        text.append('\n');
    }

    private static void appendRuns(StringBuilder text, RegionSet regions) {
        if (regions.isEmpty()) {
            text.append('\n');
            return;
        }
        RegionSet.Builder shown = new RegionSet.Builder();
        int[] runs = {0};
        regions.forEachRun((first, end) -> {
            if (runs[0]++ < RUNS_FOR_PEOPLE) {
                shown.addRun(first, end);
            }
        });
        text.append(": ").append(shown.build());
        text.append(runs[0] > RUNS_FOR_PEOPLE ? " and " + (runs[0] - RUNS_FOR_PEOPLE) + " more runs\n" : "\n");
    }
}
