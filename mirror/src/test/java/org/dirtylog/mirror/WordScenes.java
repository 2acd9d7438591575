// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.dirtylog.log.RegionSet;
import org.dirtylog.mirror.WordModels.Attempt;
import org.dirtylog.mirror.WordModels.LegSet;
import org.dirtylog.mirror.WordModels.Log;
import org.dirtylog.mirror.WordModels.Shared;
import org.dirtylog.mirror.WordParts.BookPart;
import org.dirtylog.mirror.WordParts.CleanerPart;
import org.dirtylog.mirror.WordParts.CopierPart;
import org.dirtylog.mirror.WordParts.FailuresPart;
import org.dirtylog.mirror.WordParts.LegFlushPart;
import org.dirtylog.mirror.WordParts.ReadPart;
import org.dirtylog.mirror.WordParts.RecoveryPart;
import org.dirtylog.mirror.WordParts.ReturnsPart;
import org.dirtylog.mirror.WordParts.StatePart;
import org.dirtylog.mirror.WordParts.WritePart;
import org.dirtylog.mirror.steps.Explorer;

/**
 * What the threads of a scene do, by one word each, and how it begins, e.g. {@code dirty: write0 write1 clean}. A scene is loaded
 * together with the copies of production classes that it runs.
 */
public final class WordScenes implements Function<String, Explorer.Scene> {
    private static final byte[] WRITTEN = {1, 2};

    @Override
    public Explorer.Scene apply(String description) {
        String[] parts = description.split(": ");
        return new Region(List.of(parts[0].split(" ")), List.of(parts[1].split(" ")));
    }

    /** One region. */
    private static final class Region implements Explorer.Scene {
        private final List<String> beginning;
        private final List<String> doing;
        private Shared shared;

        Region(List<String> beginning, List<String> doing) {
            this.beginning = beginning;
            this.doing = doing;
        }

        @Override
        public List<Explorer.Program> begin() {
            shared = new Shared();
            shared.mirror = make(StatePart.class, shared);
            shared.legs.plain(0, LegSet.packed(3, 0, 0));
            shared.recorded.plain(0, 3);
            state(RegionWord.CLEAN, 0, 0x05050505, 0x05050505);
            beginning.forEach(this::begin);
            if (!beginning.contains("alone")) {
                // A word in the same leaf, behind the last region, so that the leaf stays.
                shared.mirror.table.getAndUpdate(1, before -> RegionWord.DIRTY);
            }
            List<Explorer.Program> programs = new ArrayList<>();
            for (String what : doing) {
                String name = (char) ('A' + programs.size()) + " " + what;
                boolean endless = what.equals("exclude");
                Parts parts = new Parts(shared);
                programs.add(new Explorer.Program(name, endless, () -> run(what, parts)));
            }
            return programs;
        }

        private void state(long word, long log, long disk0, long disk1) {
            // As an opening does it, and with a leaf of its own.
            shared.mirror.table.getAndUpdate(0, before -> RegionWord.DIRTY);
            shared.mirror.table.getAndUpdate(0, before -> word);
            shared.log.plain(0, log);
            shared.disks.plain(0, disk0);
            shared.disks.plain(1, disk1);
        }

        private void begin(String how) {
            switch (how) {
                case "clean", "alone" -> {}
                case "dirty" -> state(RegionWord.DIRTY, Log.DIRTY, 0x05050606, 0x05050606);
                case "doubt" ->
                    state(
                            RegionWord.OUT_OF_SYNC | RegionWord.IN_DOUBT,
                            Log.DIRTY | Log.OUT_OF_SYNC,
                            0x05050607,
                            0x05050606);
                case "stale" -> {
                    shared.legs.plain(0, LegSet.packed(3, 2, 0));
                    state(
                            RegionWord.OUT_OF_SYNC | RegionWord.lacking(2),
                            Log.DIRTY | Log.OUT_OF_SYNC,
                            0x06060606,
                            0x05050505);
                }
                case "away" -> {
                    shared.legs.plain(0, LegSet.packed(1, 0, 0));
                    shared.recorded.plain(0, 1);
                    state(RegionWord.OUT_OF_SYNC, Log.DIRTY, 0x06060606, 0x05050505);
                }
                case "missing" -> {
                    shared.legs.plain(0, LegSet.packed(1, 0, 0));
                    shared.recorded.plain(0, 1);
                }
                case "refusing1" -> shared.failWrites = 2;
                case "refusing" -> shared.failWrites = 3;
                case "landing0" -> shared.refusedLands = 1;
                case "unforceable1" -> shared.failForces = 2;
                case "logFails" -> shared.logFails = true;
                default -> throw new IllegalArgumentException(how);
            }
        }

        private void run(String what, Parts parts) {
            try {
                switch (what) {
                    case "write0" -> parts.write(0);
                    case "write1" -> parts.write(1);
                    case "write01" -> {
                        parts.write(0);
                        parts.write(1);
                    }
                    case "clean" -> parts.cleaner.cleanIdle(RegionSet.of(0));
                    case "copy" -> parts.copy(false);
                    case "copyClean" -> parts.copy(true);
                    case "read" -> parts.readTwice();
                    case "read1" -> parts.readOnce();
                    case "exclude" -> parts.failures.excludeAsAsked();
                    case "pause" -> {
                        shared.paused.change("pause", 0, before -> 1);
                        shared.mirror.regionsChanged.raise();
                    }
                    case "lose" -> parts.lose(1);
                    case "lose0" -> parts.lose(0);
                    case "attach" -> parts.attach();
                    default -> throw new IllegalArgumentException(what);
                }
            } catch (IOException refused) {
                // The client is told so.
                return;
            }
        }

        @Override
        public void check() {
            WordRules.check(shared, doing.size());
        }

        @Override
        public void checkEnd() {
            WordRules.checkEnd(shared);
        }

        @Override
        public String outcome() {
            long word = shared.mirror.table.get(0) & ~RegionWord.TOUCHED;
            word = RegionWord.lacking(word, RegionWord.lacks(word) & (int) shared.legs.look(0) & 0xFF);
            return RegionWord.text(word) + ", log " + shared.log.look(0);
        }
    }

    /** The production methods, wired as in a mirror, for one thread. */
    private static final class Parts {
        final Shared shared;
        final StatePart mirror;
        final FailuresPart failures;
        final BookPart book;
        final CleanerPart cleaner;
        final Log log;
        final CopierPart copier;
        final WritePart writes;
        final ReadPart reads;

        Parts(Shared shared) {
            this.shared = shared;
            this.mirror = shared.mirror;
            this.failures = make(FailuresPart.class, mirror);
            this.book = make(BookPart.class, mirror, make(LegFlushPart.class, mirror, failures), true);
            this.log = book.log;
            this.cleaner = make(CleanerPart.class, mirror, book, failures);
            this.copier = make(CopierPart.class, mirror, failures, log);
            RecoveryPart recovery = make(RecoveryPart.class, mirror, log);
            this.writes = make(WritePart.class, mirror, book, failures, recovery);
            this.reads = make(ReadPart.class, mirror, failures, recovery);
        }

        void write(int sector) throws IOException {
            ByteBuffer data = ByteBuffer.allocate(1).put(0, WRITTEN[sector]);
            writes.change(new Attempt(), sector, 1, data, null);
            shared.acknowledged.plain(sector, WRITTEN[sector]);
        }

        /** As recovery does. */
        void copy(boolean andClean) throws IOException {
            if (!RegionWord.needsCopy(mirror.table.get(0), mirror.legs().attachedMask())) {
                return;
            }
            boolean done = false;
            try {
                done = copier.copy(0);
            } finally {
                if (!done) {
                    log.setOutOfSync(RegionSet.of(0));
                }
            }
            if (done && andClean) {
                cleaner.cleanIdle(RegionSet.of(0));
            }
        }

        void readTwice() throws IOException {
            byte first = read(1);
            // Not the steps in which it was read.
            Explorer.forgetAt(10 + first);
            byte second = read(0);
            boolean agree = second == first || second == WRITTEN[0];
            if (!agree) {
                throw new AssertionError("R5, a read shows " + first + " and the next one " + second);
            }
        }

        void readOnce() throws IOException {
            read(1);
        }

        private byte read(int leg) throws IOException {
            int me = leg;
            shared.expected.plain(me, shared.acknowledged.look(0));
            ByteBuffer into = ByteBuffer.allocate(1);
            ReadPart.ReadChoice.preferred = leg;
            reads.read(new Attempt(), 0, 1, into);
            byte got = into.get(0);
            if (Explorer.isNow() && shared.expected.look(me) != 0 && got != shared.expected.look(me)) {
                throw new AssertionError("R4, an acknowledged write is not read: " + got);
            }
            return got;
        }

        void lose(int leg) throws IOException {
            mirror.legs().leg(leg).latchFailing();
            failures.exclude(new IOException("leg " + leg + " fails"));
        }

        /** As {@link LegReturns} does with the leg that is away. */
        void attach() throws IOException {
            ReturnsPart returns = make(ReturnsPart.class, mirror);
            failures.alone(() -> {
                shared.recorded.change("record", 0, before -> 3);
                LegSet after = mirror.legs().next(3, 2);
                mirror.writes.close();
                try {
                    mirror.writes.awaitEmpty();
                    log.setOutOfSync(returns.lackAllDirty(2, false));
                    mirror.legs(after);
                    mirror.markAllAgain();
                } finally {
                    mirror.writes.open();
                }
            });
        }
    }

    /** Makes what the sources have been made of. */
    private static <T> T make(Class<T> part, Object... with) {
        try {
            String name = WordScenes.class.getPackageName() + "." + part.getSimpleName() + "Copy";
            Constructor<?> constructor = part.getClassLoader().loadClass(name).getDeclaredConstructors()[0];
            return part.cast(constructor.newInstance(with));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
