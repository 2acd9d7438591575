// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;

/** One image and one thing that the kernel later made of it. */
public record GoldenLog(
        String name,
        byte[] image,
        int blockBytes,
        RegionGeometry geometry,
        InitialSync word,
        long inSync,
        RegionSet notClean) {

    /** Reads all that was made of an image. */
    static List<GoldenLog> read(Path json) throws Exception {
        byte[] recorded = Files.readAllBytes(Path.of(json.toString().replace(".json", ".log")));
        Map<String, String> values = flatten(Files.readString(json));
        int blockBytes = Integer.parseInt(values.get("/log_block_bytes"));
        List<GoldenLog> all = new ArrayList<>();
        for (int i = 0; values.containsKey("/later_create/" + i + "/table"); i++) {
            String at = "/later_create/" + i;
            String[] words = values.get(at + "/table").split(" ");
            boolean hasWord = words[4].equals("3");
            RegionGeometry geometry = new RegionGeometry(Long.parseLong(words[1]), Long.parseLong(words[6]));
            long area = new RecordLayout(geometry.regionCount(), blockBytes).areaBytes();
            all.add(new GoldenLog(
                    json.getFileName() + " as " + values.get(at + "/table"),
                    // The device was longer than what was copied of it, and zero there.
                    Arrays.copyOf(recorded, (int) Math.max(recorded.length, area)),
                    blockBytes,
                    geometry,
                    !hasWord
                            ? InitialSync.AS_RECORDED
                            : words[7].equals("sync") ? InitialSync.FORCE_RESYNC : InitialSync.ASSUME_IN_SYNC,
                    Long.parseLong(values.get(at + "/in_sync_at_resume")),
                    regions(values.get(at + "/log_after_resume/not_clean"))));
        }
        return all;
    }

    /** Reads runs such as {@code 0,3-5}. */
    public static RegionSet regions(String runs) {
        RegionSet.Builder set = new RegionSet.Builder();
        for (String run : runs.isEmpty() ? new String[0] : runs.split(",")) {
            String[] ends = run.split("-");
            set.addRun(Long.parseLong(ends[0]), Long.parseLong(ends[ends.length - 1]) + 1);
        }
        return set.build();
    }

    /** Every scalar by the path to it. */
    public static Map<String, String> flatten(String text) throws Exception {
        Map<String, String> values = new TreeMap<>();
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isScalarValue()) {
                    values.put(parser.getParsingContext().pathAsPointer().toString(), parser.getText());
                }
            }
        }
        return values;
    }

    int regions() {
        return (int) geometry.regionCount();
    }

    int version() {
        ByteBuffer header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        return header.getInt(0) == RecordHeader.MAGIC ? header.getInt(4) : 2;
    }

    @Override
    public String toString() {
        return name;
    }
}
