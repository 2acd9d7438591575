// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.runtime.TableLine;

/** What a mirror shows of itself, and its lines as dmsetup prints them (mirror target version 1.14). */
final class StatusView {
    private final MirrorConfig config;
    private final MirrorState mirror;
    private final Found found;
    private final MirrorRecord record;
    private final OpenLegs open;

    StatusView(MirrorConfig config, MirrorState mirror, Found found, MirrorRecord record, OpenLegs open) {
        this.config = config;
        this.mirror = mirror;
        this.found = found;
        this.record = record;
        this.open = open;
    }

    /** Names the legs that are not attached, why, and what to type. */
    static String whyDegraded(MirrorConfig config, LegSet legs, OpenLegs open) {
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < legs.size(); i++) {
            if (!legs.isAttached(i)) {
                String why = open.trouble(i);
                reasons.add("leg " + i + " (" + config.table().legs().get(i).name() + ") is "
                        + legs.states().get(i).name().toLowerCase(Locale.ROOT) + (why.isEmpty() ? "" : ": " + why)
                        + "; once it is repaired: mirror:resync " + config.name() + " --leg " + i);
            }
        }
        return String.join("; ", reasons);
    }

    /** Names the legs that nothing comes back from. */
    static String whyHanging(MirrorConfig config, LegSet legs) {
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
    static String whySlow(LegSet legs, long nowNanos) {
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

    MirrorStatus status(
            MirrorStatus.Word word, String message, LogStatus log, MirrorStatus.Recovery recovery, ScrubStatus scrub) {
        LegSet legs = mirror.legs();
        Counts counts = count(mirror);
        TableLine table = config.table();
        List<MirrorStatus.Leg> shown = new ArrayList<>();
        StringBuilder names = new StringBuilder();
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < legs.size(); i++) {
            TableLine.Leg asked = table.legs().get(i);
            shown.add(new MirrorStatus.Leg(
                    asked.name(),
                    asked.offsetSectors(),
                    stateOf(legs, i),
                    record.legs().get(i).label().text(),
                    legs.isAttached(i) ? "" : open.trouble(i),
                    legs.isAttached(i) ? readsOf(legs.leg(i).reads()) : MirrorStatus.Reads.NONE));
            names.append(' ').append(Escapes.encode(asked.name()));
            letters.append(letter(legs, i));
        }
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
                        found == null ? "" : found.name().toLowerCase(Locale.ROOT)),
                shown,
                legs.sourceIndex(),
                recovery,
                scrub,
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
                        leg.name(), leg.offsetSectors(), "unknown", "unknown", "", MirrorStatus.Reads.NONE))
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
        return failing ? "failing" : legs.states().get(index).name().toLowerCase(Locale.ROOT);
    }

    /** The kernel's letters: alive, flush failed, write failed; a leg that is being copied is alive. */
    private static char letter(LegSet legs, int index) {
        return switch (legs.states().get(index)) {
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
