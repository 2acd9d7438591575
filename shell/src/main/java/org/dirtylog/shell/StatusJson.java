// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.ScrubStatus;

/** The state of a mirror in JSON. Sectors are of 512 bytes; what is not known is {@code null}. */
final class StatusJson {
    private StatusJson() {}

    static void write(JsonGenerator json, MirrorStatus status) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", status.name());
        json.writeStringField("word", status.word().text());
        json.writeStringField("message", status.message());
        json.writeNumberField("sectors", status.sectors());
        json.writeNumberField("regionSectors", status.regionSectors());
        json.writeNumberField("regions", status.regions());
        json.writeNumberField("inSync", status.inSync());
        json.writeNumberField("dirty", status.dirty());
        json.writeObjectFieldStart("log");
        json.writeStringField("type", status.log().type());
        if (status.log().path().isEmpty()) {
            json.writeNullField("path");
        } else {
            json.writeStringField("path", status.log().path());
        }
        json.writeStringField("health", status.log().health());
        json.writeStringField("found", status.log().found());
        json.writeEndObject();
        json.writeArrayFieldStart("legs");
        for (MirrorStatus.Leg leg : status.legs()) {
            json.writeStartObject();
            json.writeStringField("path", leg.path());
            json.writeNumberField("offset", leg.offset());
            json.writeStringField("state", leg.state());
            json.writeStringField("label", leg.label());
            json.writeStringField("note", leg.note());
            if (leg.replaces().isPresent()) {
                json.writeNumberField("replaces", leg.replaces().getAsInt());
            } else {
                json.writeNullField("replaces");
            }
            json.writeNumberField("reads", leg.reads().done());
            json.writeNumberField("readErrors", leg.reads().errors());
            json.writeNumberField("rewritten", leg.reads().rewritten());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("source", status.source());
        json.writeObjectFieldStart("recovery");
        json.writeNumberField("bytesDone", status.recovery().bytesDone());
        json.writeNumberField("bytesTotal", status.recovery().bytesTotal());
        if (status.recovery().etaSeconds().isPresent()) {
            json.writeNumberField("etaSeconds", status.recovery().etaSeconds().getAsLong());
        } else {
            json.writeNullField("etaSeconds");
        }
        json.writeEndObject();
        write(json, status.scrub());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, ScrubStatus scrub) throws IOException {
        json.writeObjectFieldStart("scrub");
        json.writeStringField("state", scrub.state().text());
        json.writeNumberField("bytesDone", scrub.bytesDone());
        json.writeNumberField("bytesTotal", scrub.bytesTotal());
        json.writeNumberField("bytesSkipped", scrub.bytesSkipped());
        json.writeNumberField("differences", scrub.differences());
        json.writeNumberField("mended", scrub.mended());
        json.writeArrayFieldStart("found");
        for (ScrubStatus.Difference one : scrub.found()) {
            json.writeStartObject();
            json.writeNumberField("sector", one.sector());
            json.writeNumberField("sectors", one.sectors());
            json.writeStringField("legs", one.legs());
            if (one.majority().isPresent()) {
                json.writeNumberField("majority", one.majority().getAsInt());
            } else {
                json.writeNullField("majority");
            }
            json.writeBooleanField("mended", one.mended());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
