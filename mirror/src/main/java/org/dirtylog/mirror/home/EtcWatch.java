// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dirtylog.seams.FileReason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices which files of {@code etc/} come, change and go. What is seen for the first time may be half written, or be
 * missing for the moment in which an editor puts another file in its place: it counts once two looks in a row have seen the
 * same.
 *
 * <p>It looks instead of being told: a watch of the kernel does not tell of changes on network file systems, nor of those
 * behind a link. One thread at a time.
 */
final class EtcWatch {
    private static final Logger LOG = LoggerFactory.getLogger(EtcWatch.class);

    /** Is told file names. */
    interface Listener {
        void found(String fileName);

        void gone(String fileName);
    }

    private final EtcFolder etc;
    private final Listener listener;

    /** What was told, by file name. */
    private SortedMap<String, Object> told = new TreeMap<>();
    /** What the last look saw and was not told yet; a file that is not there has no mark. */
    private Map<String, Object> seen = new HashMap<>();

    private boolean unreadable;

    EtcWatch(EtcFolder etc, Listener listener) {
        this.etc = etc;
        this.listener = listener;
    }

    /** Tells of all files that are there, in the order of their names. */
    void begin() {
        SortedMap<String, Object> now = look("none is started");
        told.putAll(now);
        now.keySet().forEach(listener::found);
    }

    /** Tells what has changed. */
    void again() {
        SortedMap<String, Object> now = look("they go on as they are");
        if (unreadable) {
            // It is not known that a file has gone: nobody is stopped for it.
            return;
        }
        Map<String, Object> fresh = new HashMap<>();
        TreeSet<String> names = new TreeSet<>(told.keySet());
        names.addAll(now.keySet());
        for (String name : names) {
            Object mark = now.get(name);
            if (same(mark, told.get(name))) {
                continue;
            }
            boolean twice = seen.containsKey(name) && same(mark, seen.get(name));
            if (!twice) {
                fresh.put(name, mark);
            } else if (mark == null) {
                told.remove(name);
                listener.gone(name);
            } else {
                told.put(name, mark);
                listener.found(name);
            }
        }
        seen = fresh;
    }

    private static boolean same(Object mark, Object other) {
        return mark == null ? other == null : mark.equals(other);
    }

    private SortedMap<String, Object> look(String consequence) {
        try {
            SortedMap<String, Object> now = etc.marks();
            unreadable = false;
            return now;
        } catch (NoSuchFileException e) {
            if (told.isEmpty()) {
                return new TreeMap<>();
            }
            return unreadable(e, consequence);
        } catch (IOException e) {
            return unreadable(e, consequence);
        }
    }

    private SortedMap<String, Object> unreadable(IOException e, String consequence) {
        if (!unreadable) {
            LOG.error("The mirrors in {} cannot be read, {}: {}", etc, consequence, FileReason.of(e));
        }
        unreadable = true;
        return new TreeMap<>();
    }
}
