// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/**
 * A new order of a mirror's legs, against the one in its record. Those that are to replace another leg come last.
 *
 * @param legs   in their new order
 * @param from   for each of them its index before, or -1 for one that is new
 * @param source index of the source in the new order
 */
record Arrangement(List<LegRecord> legs, List<Integer> from, int source) {

    /** One leg, and where it was. */
    private record Entry(LegRecord leg, int from) {}

    private static Arrangement of(MirrorRecord record, List<Entry> entries) {
        List<Entry> ordered = new ArrayList<>();
        entries.stream().filter(entry -> entry.leg.replaces().isEmpty()).forEach(ordered::add);
        entries.stream().filter(entry -> entry.leg.replaces().isPresent()).forEach(ordered::add);
        List<Integer> from = ordered.stream().map(Entry::from).toList();
        List<LegRecord> legs = new ArrayList<>();
        for (Entry entry : ordered) {
            OptionalInt replaces = entry.leg.replaces();
            legs.add(
                    replaces.isEmpty()
                            ? entry.leg
                            : entry.leg.replacing(OptionalInt.of(from.indexOf(replaces.getAsInt()))));
        }
        int source = from.indexOf(record.source());
        for (int i = 0; source < 0 && i < legs.size(); i++) {
            source = legs.get(i).state() == State.CURRENT ? i : source;
        }
        return new Arrangement(List.copyOf(legs), from, source);
    }

    private static List<Entry> entries(MirrorRecord record) {
        List<Entry> entries = new ArrayList<>();
        for (LegRecord leg : record.legs()) {
            entries.add(new Entry(leg, entries.size()));
        }
        return entries;
    }

    /** One leg more, behind the others. */
    static Arrangement adding(MirrorRecord record, LegRecord newcomer) {
        List<Entry> entries = entries(record);
        entries.add(new Entry(newcomer, -1));
        return of(record, entries);
    }

    /** One leg less. */
    static Arrangement without(MirrorRecord record, int index) {
        List<Entry> entries = entries(record);
        entries.remove(index);
        return of(record, entries);
    }

    /** Another one in the place of a leg: at once where that one is of no use; else when the new one is current. */
    static Arrangement replacing(MirrorRecord record, int index, LegRecord newcomer) {
        List<Entry> entries = entries(record);
        if (record.legs().get(index).isAttached()) {
            entries.add(new Entry(newcomer.replacing(OptionalInt.of(index)), -1));
        } else {
            entries.set(index, new Entry(newcomer, -1));
        }
        return of(record, entries);
    }

    /** A leg that has become current takes the place of the one that it replaces. */
    static Arrangement replaced(MirrorRecord record, int index) {
        List<Entry> entries = entries(record);
        LegRecord successor = record.legs().get(index);
        entries.set(successor.replaces().getAsInt(), new Entry(successor.replacing(OptionalInt.empty()), index));
        entries.remove(index);
        return of(record, entries);
    }

    /** The first leg that has become current and has not yet the place of the one that it replaces; or -1. */
    static int due(MirrorRecord record) {
        for (int i = 0; i < record.legs().size(); i++) {
            LegRecord leg = record.legs().get(i);
            if (leg.replaces().isPresent() && leg.state() == State.CURRENT) {
                return i;
            }
        }
        return -1;
    }

    /** A mask of legs in the new order; a leg that is no longer there is in none. */
    int mask(int before) {
        int after = 0;
        for (int i = 0; i < from.size(); i++) {
            after |= from.get(i) >= 0 && (before & 1 << from.get(i)) != 0 ? 1 << i : 0;
        }
        return after;
    }

    /** The legs that are new. */
    int newcomers() {
        int mask = 0;
        for (int i = 0; i < from.size(); i++) {
            mask |= from.get(i) < 0 ? 1 << i : 0;
        }
        return mask;
    }
}
