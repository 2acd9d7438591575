// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.ScrubStatus;
import org.junit.jupiter.api.Test;

class StatusJsonTest {
    private static String json(OptionalLong eta, String logPath) throws Exception {
        MirrorStatus status = new MirrorStatus(
                "m\"ü",
                MirrorStatus.Word.LOG_FAILED,
                "line\nbreak",
                2048,
                1024,
                2,
                1,
                1,
                new MirrorStatus.Log("disk", logPath, "alive", "recorded"),
                List.of(
                        new MirrorStatus.Leg(
                                "/a b",
                                8,
                                "current",
                                "behind",
                                "",
                                OptionalInt.empty(),
                                new MirrorStatus.Reads(7, 2, 1)),
                        new MirrorStatus.Leg(
                                "/c", 0, "missing", "unlabelled", "gone", OptionalInt.of(0), MirrorStatus.Reads.NONE)),
                0,
                new MirrorStatus.Recovery(512, 1024, eta),
                new ScrubStatus(
                        ScrubStatus.State.DONE,
                        8,
                        9,
                        1,
                        2,
                        1,
                        List.of(
                                new ScrubStatus.Difference(3, 2, "0 2 | 1", OptionalInt.of(0), true),
                                new ScrubStatus.Difference(7, 1, "0 | 1", OptionalInt.empty(), false))),
                "status",
                "table");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Streams streams = new Streams(new PrintStream(bytes, true, StandardCharsets.UTF_8), System.err);
        streams.json(out -> StatusJson.write(out, status));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void every_field_is_there_and_the_whole_is_one_line() throws Exception {
        assertEquals(
                "{\"name\":\"m\\\"ü\",\"word\":\"log-failed\",\"message\":\"line\\nbreak\",\"sectors\":2048,"
                        + "\"regionSectors\":1024,\"regions\":2,\"inSync\":1,\"dirty\":1,"
                        + "\"log\":{\"type\":\"disk\",\"path\":\"/l\",\"health\":\"alive\",\"found\":\"recorded\"},"
                        + "\"legs\":[{\"path\":\"/a b\",\"offset\":8,\"state\":\"current\","
                        + "\"label\":\"behind\",\"note\":\"\",\"replaces\":null,\"reads\":7,\"readErrors\":2,\"rewritten\":1},"
                        + "{\"path\":\"/c\",\"offset\":0,\"state\":\"missing\","
                        + "\"label\":\"unlabelled\",\"note\":\"gone\",\"replaces\":0,\"reads\":0,\"readErrors\":0,\"rewritten\":0}],\"source\":0,"
                        + "\"recovery\":{\"bytesDone\":512,\"bytesTotal\":1024,\"etaSeconds\":3},"
                        + "\"scrub\":{\"state\":\"done\",\"bytesDone\":8,\"bytesTotal\":9,\"bytesSkipped\":1,"
                        + "\"differences\":2,\"mended\":1,\"found\":["
                        + "{\"sector\":3,\"sectors\":2,\"legs\":\"0 2 | 1\",\"majority\":0,\"mended\":true},"
                        + "{\"sector\":7,\"sectors\":1,\"legs\":\"0 | 1\",\"majority\":null,\"mended\":false}]}}\n",
                json(OptionalLong.of(3), "/l"));
    }

    @Test
    void what_is_not_known_is_null() throws Exception {
        String json = json(OptionalLong.empty(), "");
        assertEquals(true, json.contains("\"etaSeconds\":null"), json);
        assertEquals(true, json.contains("\"path\":null"), json);
    }
}
