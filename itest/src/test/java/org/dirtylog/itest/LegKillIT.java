// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at random instants while legs fail, hang, vanish and return, and while an operator adds, removes and replaces them. In each
 * round one leg that is current has no trouble, so clients must see no error. {@code -Ddirtylog.legKills=100} for the full count; a
 * failure prints the command that chooses the same instants again.
 */
class LegKillIT {
    private static final String NAME = "l";
    private static final int CLIENTS = 3;
    private static final int FILES = 5;
    private static final long VOLUME_BYTES = 16L << 20;
    private static final long REGION_SECTORS = 128;
    private static final long REGION_BYTES = REGION_SECTORS * 512;
    private static final int REGIONS = (int) (VOLUME_BYTES / REGION_BYTES);
    private static final int BLOCKS_IN_REGION = (int) (REGION_BYTES / StampedBlocks.BLOCK_BYTES);
    private static final int READ_BYTES = 1 << 20;
    private static final long MOST_LOAD_NANOS = 2_000_000_000;
    private static final long MILLI = 1_000_000;
    private static final Pattern PATH = Pattern.compile("leg\\.[0-9]+\\.path=chaos:([^?]*).*");

    @TempDir
    Path folder;

    private final long seed = Long.getLong("dirtylog.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final StampedBlocks blocks = new StampedBlocks(VOLUME_BYTES);
    private final List<Path> files = new ArrayList<>();
    /** What was done to legs, and how often. */
    private final TreeMap<String, Integer> done = new TreeMap<>();

    /** Rules that all legs have always. */
    private String usual;

    private long flushes;
    private int away;
    private long copied;

    @Test
    void no_client_sees_an_error_and_what_was_flushed_is_there() throws Exception {
        run("");
    }

    /** To a leg with a cache of its own a kill is a power cut: what was not forced is gone, from each leg something else. */
    @Test
    void nor_is_anything_lost_that_was_flushed_when_the_legs_lose_what_they_cached() throws Exception {
        run("cache");
    }

    private void run(String rules) throws Exception {
        usual = rules;
        int kills = (Integer.getInteger("dirtylog.legKills", 6) + 1) / 2;
        Path home = folder.resolve("home");
        for (int i = 0; i < FILES; i++) {
            files.add(Scratch.file(folder, NAME + "-" + i + ".img", VOLUME_BYTES + 8192));
        }
        Daemon daemon = Daemon.run(home).awaitStarted();
        try {
            daemon.command("mirror:create " + NAME + " '0 " + VOLUME_BYTES / 512 + " mirror disk 3 "
                            + folder.resolve(NAME + ".log") + " " + REGION_SECTORS + " nosync 3 " + leg(0) + " 0 "
                            + leg(1)
                            + " 0 " + leg(2) + " 0'")
                    .good();
            Files.writeString(
                    home.resolve("etc/org.dirtylog.mirror-" + NAME + ".cfg"),
                    "legHungMillis = 1000\ncleanAfterMillis = 100\n",
                    StandardOpenOption.APPEND);
            for (int round = 0; round < kills; round++) {
                daemon.awaitReady(NAME);
                load(daemon);
                BitSet dirty = judgeTheDead(home);
                daemon = Daemon.run(home);
                judgeTheLiving(daemon, dirty);
            }
        } catch (Throwable e) {
            throw new AssertionError(again(kills) + "\nthe process said:\n" + String.join("\n", daemon.err()), e);
        } finally {
            daemon.close();
        }
        System.out.printf(
                "%d %s with legs that come and go: %s; %d legs were away at a kill, %d flushes answered, %d bytes copied%n",
                kills, usual.isEmpty() ? "kills" : "power cuts", done, away, flushes, copied);
        assertTrue(flushes > 0, "no flush was answered before a kill: nothing was tried");
        assertTrue(!done.isEmpty(), () -> "no leg had any trouble: nothing was tried; " + again(kills));
        // By chance the last trouble of each of a few rounds is over.
        assertTrue(away > 0 || kills < 10, () -> "no leg was away at a kill: nothing was tried; " + again(kills));
    }

    private String again(int kills) {
        return "the same instants again: mvn verify -pl itest -am -Dtest=none -Dit.test=LegKillIT"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Ddirtylog.legKills="
                + 2 * kills + " -Ddirtylog.seed=" + seed;
    }

    private String leg(int file) {
        return "chaos:" + files.get(file) + (usual.isEmpty() ? "" : "?" + usual);
    }

    // ---- until it is killed -----------------------------------------------------------------------------------------

    private void load(Daemon daemon) throws Exception {
        int window = 8 << random.nextInt(6);
        int first = random.nextInt(REGIONS - window + 1) * BLOCKS_IN_REGION;
        String spared = currentLeg(daemon);
        List<StampingClient> clients = StampingClient.start(
                daemon.nbdSocket(), NAME, blocks, CLIENTS, first, window * BLOCKS_IN_REGION, random::nextLong);
        long end = System.nanoTime() + (long) (random.nextDouble() * MOST_LOAD_NANOS);
        while (System.nanoTime() < end) {
            trouble(daemon, spared);
            LockSupport.parkNanos(Math.min(Math.max(0, end - System.nanoTime()), random.nextInt(80) * MILLI));
        }
        daemon.kill();
        for (StampingClient client : clients) {
            client.finish();
            flushes += client.flushes();
        }
    }

    private String currentLeg(Daemon daemon) throws IOException {
        List<String> current = new ArrayList<>();
        for (JsonNode leg : daemon.status(NAME).get("legs")) {
            if (leg.get("state").asText().equals("current")
                    && leg.get("replaces").isNull()) {
                current.add(leg.get("path").asText());
            }
        }
        return current.get(random.nextInt(current.size()));
    }

    /** Does something to a leg other than the one that is spared; it may be refused, and that is no trouble. */
    private void trouble(Daemon daemon, String spared) throws IOException {
        JsonNode legs = daemon.status(NAME).get("legs");
        int index = random.nextInt(legs.size());
        String path = legs.get(index).get("path").asText();
        if (path.equals(spared)) {
            return;
        }
        boolean attached = List.of("current", "stale")
                .contains(legs.get(index).get("state").asText());
        if (!attached && random.nextInt(3) > 0) {
            set(daemon, path, "");
            daemon.command("chaos:return " + path);
            note("return", daemon.command("mirror:resync " + NAME + " --leg " + index + " --now"));
            return;
        }
        switch (random.nextInt(9)) {
            case 0 -> note("failing writes", set(daemon, path, "error@write:3"));
            case 1 -> note("failing forces", set(daemon, path, "error@force:1"));
            case 2 -> note("hang", set(daemon, path, "hang=3s@write+read+force:5"));
            case 3 -> note("torn write", set(daemon, path, "tear=scatter@write:4"));
            case 4 -> note("vanish", daemon.command("chaos:vanish " + path));
            case 5 -> note("bad reads", set(daemon, path, "error@read:30%"));
            case 6 -> note("add", daemon.command("mirror:add-leg " + NAME + " " + spare(legs)));
            case 7 -> note("remove", daemon.command("mirror:remove-leg " + NAME + " " + index));
            default -> note("replace", daemon.command("mirror:replace-leg " + NAME + " " + index + " " + spare(legs)));
        }
    }

    private Outcome set(Daemon daemon, String path, String rules) throws IOException {
        String all = usual + (usual.isEmpty() || rules.isEmpty() ? "" : ";") + rules;
        return daemon.command(all.isEmpty() ? "chaos:clear " + path : "chaos:set " + path + " '" + all + "'");
    }

    /** A file that is no leg; if there is none, one that is, which is refused. */
    private String spare(JsonNode legs) {
        List<String> spares = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            spares.add(leg(i));
        }
        legs.forEach(leg -> spares.remove(leg.get("path").asText()));
        return spares.isEmpty() ? leg(0) : spares.get(random.nextInt(spares.size()));
    }

    private void note(String what, Outcome outcome) {
        if (outcome.code() == 0) {
            done.merge(what, 1, Integer::sum);
        }
    }

    // ---- afterwards -------------------------------------------------------------------------------------------------

    /** Before anything is repaired: all legs of the record are equal wherever the log says so. */
    private BitSet judgeTheDead(Path home) throws IOException {
        List<Path> legs = new ArrayList<>();
        for (String line : Files.readAllLines(home.resolve("data/" + NAME + ".record"))) {
            Matcher leg = PATH.matcher(line);
            if (leg.matches()) {
                legs.add(Path.of(leg.group(1)));
            }
            away += line.endsWith(".state=EXCLUDED") || line.endsWith(".state=MISSING") ? 1 : 0;
        }
        BitSet dirty = DiskLogFile.dirtyRegions(folder.resolve(NAME + ".log"), REGIONS);
        for (Path other : legs.subList(1, legs.size())) {
            BitSet wrong = Legs.differing(legs.get(0), other, REGION_BYTES, REGIONS);
            wrong.andNot(dirty);
            assertEquals(
                    new BitSet(),
                    wrong,
                    "regions that the log calls clean and that differ on " + legs.get(0) + ", " + other);
        }
        return dirty;
    }

    private void judgeTheLiving(Daemon daemon, BitSet dirty) throws Exception {
        daemon.awaitReady(NAME);
        JsonNode opened = daemon.status(NAME);
        assertTrue(
                opened.at("/recovery/bytesTotal").asLong() <= dirty.cardinality() * REGION_BYTES,
                "more is copied than was dirty, which was " + dirty.cardinality() + " regions: " + opened);
        // What was excluded is back; what replaces another leg has done so. A leg that failed before it had a
        // label comes back by a command only.
        JsonNode status = daemon.awaitStatus(NAME, now -> {
            bringBack(daemon, now);
            return now.get("word").asText().equals("running")
                    && now.get("inSync").asLong() == REGIONS;
        });
        copied += status.at("/recovery/bytesDone").asLong();
        try (NbdClient client = new NbdClient(daemon.nbdSocket(), NAME)) {
            int block = 0;
            for (long position = 0; position < VOLUME_BYTES; position += READ_BYTES) {
                ByteBuffer part = client.read(position, READ_BYTES);
                for (int at = 0; at < READ_BYTES; at += StampedBlocks.BLOCK_BYTES) {
                    blocks.check(block++, part.slice(at, StampedBlocks.BLOCK_BYTES));
                }
            }
        }
        JsonNode legs = daemon.status(NAME).get("legs");
        Path one = fileOf(legs.get(0));
        for (JsonNode leg : legs) {
            assertEquals("current", leg.get("state").asText());
            assertEquals(
                    new BitSet(),
                    Legs.differing(one, fileOf(leg), REGION_BYTES, REGIONS),
                    "regions that differ on " + leg);
        }
    }

    private static void bringBack(Daemon daemon, JsonNode status) {
        for (int i = 0; i < status.get("legs").size(); i++) {
            String state = status.at("/legs/" + i + "/state").asText();
            if (state.equals("excluded") || state.equals("missing")) {
                try {
                    daemon.command("mirror:resync " + NAME + " --leg " + i + " --now");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private static Path fileOf(JsonNode leg) {
        return Path.of(leg.get("path").asText().replaceAll("^chaos:|[?].*$", ""));
    }
}
