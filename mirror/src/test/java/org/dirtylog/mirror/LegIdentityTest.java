// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.junit.jupiter.api.Test;

/** Which device is a leg that the record speaks of: P23, P24. */
class LegIdentityTest {
    private static final UUID MIRROR = new UUID(1, 1);
    private static final UUID LEG0 = new UUID(2, 0);
    private static final UUID LEG1 = new UUID(2, 1);

    private static MirrorRecord record(State state, LabelPlace place, List<Long> epochs) {
        return new MirrorRecord(
                5,
                MIRROR,
                true,
                9,
                3,
                1000,
                new LogKey("core", List.of()),
                Optional.empty(),
                Optional.empty(),
                0,
                List.of(
                        new LegRecord("/leg0", 0, LEG0, State.CURRENT, LabelPlace.ATTRIBUTE, List.of(9L), false),
                        new LegRecord("/leg1", 0, LEG1, state, place, epochs, false)));
    }

    private static LegIdentity judge(MirrorRecord record, UUID mirror, UUID leg, long epoch) throws MirrorException {
        return LegIdentity.judge("m", record, 1, Optional.of(new LegLabel(mirror, leg, epoch, 1000)));
    }

    @Test
    void any_epoch_that_the_record_names_is_accepted_attached_or_not() throws MirrorException {
        for (State state : State.values()) {
            MirrorRecord record = record(state, LabelPlace.BEHIND, List.of(7L, 9L));
            assertTrue(judge(record, MIRROR, LEG1, 7).accepted(), state.name());
            assertTrue(judge(record, MIRROR, LEG1, 9).accepted(), state.name());
        }
    }

    @Test
    void an_older_copy_is_named_and_not_accepted() throws MirrorException {
        LegIdentity older = judge(record(State.CURRENT, LabelPlace.BEHIND, List.of(8L, 9L)), MIRROR, LEG1, 7);
        assertFalse(older.accepted());
        assertTrue(older.why().contains("epoch 7") && older.why().contains("9"), older.why());
        // In between lies an epoch in which the leg was away.
        assertFalse(judge(record(State.CURRENT, LabelPlace.BEHIND, List.of(7L, 9L)), MIRROR, LEG1, 8)
                .accepted());
    }

    @Test
    void a_copy_without_its_label_is_not_accepted() throws MirrorException {
        LegIdentity bare =
                LegIdentity.judge("m", record(State.CURRENT, LabelPlace.BEHIND, List.of(9L)), 1, Optional.empty());
        assertFalse(bare.accepted());
        assertTrue(bare.why().contains("no label"), bare.why());
    }

    @Test
    void a_leg_that_cannot_have_a_label_is_believed_as_long_as_it_stays() throws MirrorException {
        assertTrue(LegIdentity.judge("m", record(State.CURRENT, LabelPlace.NONE, List.of()), 1, Optional.empty())
                .accepted());
        assertFalse(LegIdentity.judge("m", record(State.MISSING, LabelPlace.NONE, List.of()), 1, Optional.empty())
                .accepted());
        // Its first label was announced, and may not have been written.
        MirrorRecord first = record(State.CURRENT, LabelPlace.BEHIND, List.of(MirrorRecord.NO_LABEL, 9L));
        assertTrue(LegIdentity.judge("m", first, 1, Optional.empty()).accepted());
    }

    @Test
    void the_other_leg_in_its_place_is_named() throws MirrorException {
        LegIdentity other = judge(record(State.CURRENT, LabelPlace.BEHIND, List.of(9L)), MIRROR, LEG0, 9);
        assertFalse(other.accepted());
        assertTrue(other.why().contains("leg 0 (/leg0)"), other.why());
    }

    @Test
    void the_leg_of_another_mirror_refuses_the_opening() {
        MirrorException e = assertThrows(
                MirrorException.class,
                () -> judge(record(State.CURRENT, LabelPlace.BEHIND, List.of(9L)), new UUID(7, 7), LEG1, 9));
        assertTrue(
                e.getMessage().contains("/leg1") && e.getMessage().contains(new UUID(7, 7).toString()), e.getMessage());
    }

    @Test
    void a_label_that_is_newer_than_the_record_refuses_the_opening() {
        MirrorException e = assertThrows(
                MirrorException.class,
                () -> judge(record(State.CURRENT, LabelPlace.BEHIND, List.of(9L)), MIRROR, LEG1, 10));
        assertTrue(e.getMessage().contains("epoch 10") && e.getMessage().contains("mirror:rebuild m"), e.getMessage());
    }
}
