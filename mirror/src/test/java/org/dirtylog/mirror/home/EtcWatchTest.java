// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EtcWatchTest {
    @TempDir
    Path folder;

    private final List<String> events = new ArrayList<>();
    private Path etc;
    private EtcWatch watch;

    @BeforeEach
    void watchTheFolder() throws IOException {
        etc = Files.createDirectory(folder.resolve("etc"));
        watch = new EtcWatch(new EtcFolder(etc), new EtcWatch.Listener() {
            @Override
            public void found(String fileName) {
                events.add("+" + MirrorFile.mirrorName(fileName).orElseThrow());
            }

            @Override
            public void gone(String fileName) {
                events.add("-" + MirrorFile.mirrorName(fileName).orElseThrow());
            }
        });
    }

    private Path file(String mirror) {
        return etc.resolve(MirrorFile.fileName(mirror));
    }

    private List<String> look() {
        events.clear();
        watch.again();
        return List.copyOf(events);
    }

    @Test
    void what_is_there_at_first_is_told_in_order() throws IOException {
        for (String name : List.of("b", "a", "c")) {
            Files.writeString(file(name), "");
        }
        Files.writeString(etc.resolve("org.dirtylog.mirror-x.cfg~"), "");
        Files.writeString(etc.resolve(".org.dirtylog.mirror-y.cfg.swp"), "");
        watch.begin();
        assertEquals(List.of("+a", "+b", "+c"), events);
        assertEquals(List.of(), look());
    }

    @Test
    void a_change_counts_once_two_looks_have_seen_the_same() throws IOException {
        watch.begin();
        Files.writeString(file("a"), "half");
        assertEquals(List.of(), look());
        Files.writeString(file("a"), "whole and more");
        assertEquals(List.of(), look());
        assertEquals(List.of("+a"), look());
        assertEquals(List.of(), look());
        Files.delete(file("a"));
        assertEquals(List.of(), look());
        assertEquals(List.of("-a"), look());
        assertEquals(List.of(), look());
    }

    @Test
    void a_file_that_an_editor_replaces_is_never_gone() throws IOException {
        Files.writeString(file("a"), "old");
        watch.begin();
        Path backup = Files.move(file("a"), folder.resolve("backup"));
        assertEquals(List.of(), look());
        Files.writeString(file("a"), "new");
        assertEquals(List.of(), look());
        assertEquals(List.of("+a"), look());
        Files.move(file("a"), folder.resolve("other"));
        assertEquals(List.of(), look());
        Files.move(folder.resolve("other"), file("a"));
        look();
        assertTrue(Files.exists(backup));
        assertTrue(look().stream().noneMatch("-a"::equals), events.toString());
    }

    @Test
    void a_change_of_the_same_length_within_the_same_time_is_seen() throws IOException {
        Files.writeString(file("a"), "1");
        watch.begin();
        var time = Files.getLastModifiedTime(file("a"));
        Files.writeString(file("a"), "2");
        Files.setLastModifiedTime(file("a"), time);
        look();
        assertEquals(List.of("+a"), look());
    }

    @Test
    void nobody_is_gone_for_a_folder_that_cannot_be_read() throws IOException {
        Files.writeString(file("a"), "");
        watch.begin();
        Path away = Files.move(etc, folder.resolve("away"));
        assertEquals(List.of(), look());
        assertEquals(List.of(), look());
        Files.move(away, etc);
        assertEquals(List.of(), look());
        assertEquals(List.of(), look());
    }
}
