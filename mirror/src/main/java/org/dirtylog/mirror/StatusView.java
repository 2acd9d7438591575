// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/** What a mirror shows of itself, and its lines as dmsetup prints them (mirror target version 1.14). */
final class StatusView {
    private final MirrorConfig config;
    private final MirrorState mirror;
    private final MirrorLife life;

    StatusView(MirrorConfig config, MirrorState mirror, MirrorLife life) {
        this.config = config;
        this.mirror = mirror;
        this.life = life;
    }

    /** Names the legs that are not attached, why, and what to type. */
    private String whyDegraded(LegSet legs) {
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < legs.size(); i++) {
            if (!legs.isAttached(i)) {
                String why = life.legs.trouble(i);
                reasons.add("leg " + i + " (" + legs.record(i).path() + ") is "
                        + legs.state(i).name().toLowerCase(Locale.ROOT) + (why.isEmpty() ? "" : ": " + why)
                        + "; once it is repaired: mirror:resync " + config.name() + " --leg " + i);
            }
        }
        return String.join("; ", reasons);
    }

    /** Names the legs that nothing comes back from. */
    private String whyHanging(LegSet legs) {
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < legs.size(); i++) {
            if ((legs.hangingMask() & 1 << i) != 0) {
                reasons.add("leg " + i + ": " + legs.leg(i).hanging().getMessage());
            }
        }
        return String.join("; ", reasons) + ". No other leg of mirror " + config.name()
                + " is current: what it holds up is answered with an error, nothing that was acknowledged is lost; it goes on"
                + " once the leg answers";
    }

    /** Names the legs that have taken their time of late, or is empty. */
    private static String whySlow(LegSet legs, long nowNanos) {
        List<String> slow = new ArrayList<>();
        for (int i = 0; i < legs.size(); i++) {
            long nanos = legs.isAttached(i) ? legs.leg(i).slowNanos(nowNanos) : 0;
            if (nanos > 0) {
                slow.add("leg " + i + " (" + legs.leg(i).name() + ") took up to " + nanos / 1_000_000 + " ms");
            }
        }
        return slow.isEmpty() ? "" : "slow: " + String.join(", ", slow) + " within the last minute";
    }

    /**
     * Counts of regions.
     *
     * @param dirty  not clean in the log
     * @param inSync held by every configured leg
     */
    record Counts(long dirty, long inSync) {}

    static Counts count(MirrorState mirror) {
        long[] dirty = new long[1];
        long[] apart = new long[1];
        boolean complete = mirror.legs().isComplete();
        mirror.table.forEach((first, end, word) -> {
            RegionCondition condition = RegionWord.condition(word);
            boolean equal = condition == RegionCondition.DIRTY && complete;
            dirty[0] += condition == RegionCondition.CLEAN ? 0 : end - first;
            apart[0] += condition == RegionCondition.CLEAN || equal ? 0 : end - first;
            return true;
        });
        return new Counts(dirty[0], mirror.table.regionCount() - apart[0]);
    }

    /**
     * What it shows.
     *
     * @param asked what it was last told to be: a word, and for the operator why
     */
    MirrorStatus status(MirrorStatus.Word asked, String message) {
        LegSet legs = mirror.legs();
        MirrorStatus.Word word = asked;
        String why = message;
        if (word == MirrorStatus.Word.RUNNING) {
            if (!life.failures.pending().isEmpty()) {
                word = MirrorStatus.Word.FAILED;
                why = life.failures.pending();
            } else if (life.book.failure() != null) {
                word = MirrorStatus.Word.LOG_FAILED;
                why = life.book.failure().getMessage();
            } else if (!life.book.silence().isEmpty()) {
                word = MirrorStatus.Word.LOG_FAILED;
                why = life.book.silence();
            } else if (!legs.isComplete()) {
                word = MirrorStatus.Word.DEGRADED;
                why = whyDegraded(legs);
            } else if (legs.hangingMask() != 0) {
                word = MirrorStatus.Word.FAILED;
                why = whyHanging(legs);
            } else if (legs.staleMask() != 0 || count(mirror).inSync() < mirror.geometry.regionCount()) {
                word = MirrorStatus.Word.RECOVERING;
                why = FoundLog.whyCopied(life.found(), config);
            }
            if (why.isEmpty()) {
                why = whySlow(legs, mirror.world.clock().nanos());
            }
        }
        return status(legs, word, why);
    }

    private MirrorStatus status(LegSet legs, MirrorStatus.Word word, String message) {
        Counts counts = count(mirror);
        TableLine table = config.table();
        List<MirrorStatus.Leg> shown = new ArrayList<>();
        StringBuilder names = new StringBuilder();
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < legs.size(); i++) {
            LegRecord leg = legs.record(i);
            shown.add(new MirrorStatus.Leg(
                    leg.path(),
                    leg.offset(),
                    stateOf(legs, i),
                    leg.label().text(),
                    legs.isAttached(i) ? "" : life.legs.trouble(i),
                    leg.replaces(),
                    legs.isAttached(i) ? readsOf(legs.leg(i).reads()) : MirrorStatus.Reads.NONE));
            names.append(' ').append(Escapes.encode(leg.path()));
            letters.append(letter(legs, i));
        }
        LogStatus log = life.log().status();
        String statusLine = "0 " + table.targetSectors() + " mirror " + legs.size() + names + " " + counts.inSync()
                + "/" + mirror.geometry.regionCount() + " 1 " + letters + " " + log.infoLine();
        return new MirrorStatus(
                config.name(),
                word,
                message,
                table.targetSectors(),
                table.regionSectors(),
                mirror.geometry.regionCount(),
                counts.inSync(),
                counts.dirty(),
                new MirrorStatus.Log(
                        log.typeName(),
                        pathOf(table),
                        healthOf(log.health()),
                        life.found().name().toLowerCase(Locale.ROOT)),
                shown,
                legs.sourceIndex(),
                life.recovery.progress(),
                life.scrub.status(),
                statusLine,
                table.toString());
    }

    private static MirrorStatus.Reads readsOf(LegReads reads) {
        return new MirrorStatus.Reads(reads.done(), reads.errors(), reads.rewritten());
    }

    /** A mirror that is not open. */
    static MirrorStatus closed(MirrorConfig config, MirrorStatus.Word word, String message) {
        TableLine table = config.table();
        List<MirrorStatus.Leg> legs = table.legs().stream()
                .map(leg -> new MirrorStatus.Leg(
                        leg.name(),
                        leg.offsetSectors(),
                        "unknown",
                        "unknown",
                        "",
                        OptionalInt.empty(),
                        MirrorStatus.Reads.NONE))
                .toList();
        return new MirrorStatus(
                config.name(),
                word,
                message,
                table.targetSectors(),
                table.regionSectors(),
                table.geometry().regionCount(),
                0,
                0,
                new MirrorStatus.Log(table.logType(), pathOf(table), "unknown", ""),
                legs,
                0,
                new MirrorStatus.Recovery(0, 0, OptionalLong.empty()),
                ScrubStatus.NEVER,
                "",
                table.toString());
    }

    private static String pathOf(TableLine table) {
        return table.logArguments().isEmpty() ? "" : table.logArguments().get(0);
    }

    private static String healthOf(LogStatus.Health health) {
        return health.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String stateOf(LegSet legs, int index) {
        boolean failing = legs.isAttached(index) && legs.leg(index).isFailing();
        return failing ? "failing" : legs.state(index).name().toLowerCase(Locale.ROOT);
    }

    /** The kernel's letters: alive, flush failed, write failed; a leg that is being copied is alive. */
    private static char letter(LegSet legs, int index) {
        return switch (legs.state(index)) {
            case CURRENT ->
                legs.leg(index).forceFailure() != null ? 'F' : legs.leg(index).isFailing() ? 'D' : 'A';
            case STALE -> legs.leg(index).isFailing() ? 'D' : 'A';
            case EXCLUDED, MISSING -> 'D';
        };
    }

    static void conditions(MirrorState mirror, long positionBytes, long bytes, MirrorTarget.RunVisitor visitor) {
        long position = positionBytes;
        long end = positionBytes + bytes;
        long runStart = position;
        RegionCondition run = null;
        while (position < end) {
            long region = mirror.geometry.regionOfByte(position);
            RegionCondition condition = RegionWord.condition(mirror.table.get(region));
            if (run != null && condition != run) {
                if (!visitor.run(position - runStart, run)) {
                    return;
                }
                runStart = position;
            }
            run = condition;
            position = Math.min(end, mirror.geometry.firstByteOf(region) + mirror.geometry.bytesIn(region));
        }
        visitor.run(end - runStart, run);
    }
}
