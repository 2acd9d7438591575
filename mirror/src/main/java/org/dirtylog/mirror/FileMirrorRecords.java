// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.Optional;
import org.dirtylog.seams.RecordFolder;

/** The record of a mirror as a file in the home's data folder (P20). Callers take turns. */
final class FileMirrorRecords implements MirrorRecords {
    private final RecordFolder folder;
    private final String file;

    /** The counter on stable storage, as far as it is known. */
    private long known;
    /** The highest counter that may be on stable storage. */
    private long tried;

    FileMirrorRecords(RecordFolder folder, String mirrorName) {
        this.folder = folder;
        this.file = mirrorName + ".record";
    }

    @Override
    public Optional<MirrorRecord> load() throws IOException {
        Optional<byte[]> bytes = folder.read(file);
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        MirrorRecord record = RecordText.parse(file, bytes.get());
        known = record.counter();
        tried = Math.max(tried, known);
        return Optional.of(record);
    }

    @Override
    public MirrorRecord compareAndSet(long expectedCounter, MirrorRecord next) throws IOException {
        if (expectedCounter != known) {
            throw new IOException("record " + file + " was changed by somebody else: counter " + known + ", expected "
                    + expectedCounter);
        }
        MirrorRecord numbered = next.withCounter(tried + 1);
        // If we crash here, or in the middle of it, the old record stands under its name.
        folder.write(file + ".new", RecordText.print(numbered));
        tried = numbered.counter();
        folder.rename(file + ".new", file);
        // If we crash here, either record is found. Nothing that depends on the new one has happened yet.
        folder.force();
        known = numbered.counter();
        return numbered;
    }

    @Override
    public void remove() throws IOException {
        folder.delete(file);
        folder.delete(file + ".new");
        folder.force();
        known = 0;
    }
}
