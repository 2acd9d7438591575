// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoMirrorTest {
    @TempDir
    Path folder;

    private final List<String> commands = new ArrayList<>();
    private Home home;

    @BeforeEach
    void makeHome() throws Exception {
        home = new Home(folder.resolve("h"));
        home.prepare();
    }

    private String create(DemoMirror demo) throws Refusal {
        demo.create((command, out, err) -> {
            commands.add(command);
            return 0;
        });
        return commands.get(commands.size() - 1);
    }

    @Test
    void legs_made_together_are_in_sync_from_the_start() throws Exception {
        DemoMirror demo = new DemoMirror(home);
        demo.prepareLegs();
        String data = home.data().toString();
        assertEquals(
                "mirror:create demo '0 524288 mirror disk 3 " + data + "/demo.log 1024 nosync 2 " + data
                        + "/demo-0.img 0 " + data + "/demo-1.img 0'",
                create(demo));
        assertEquals(256L << 20, Files.size(home.data().resolve("demo-1.img")));
    }

    @Test
    void legs_that_were_there_before_are_not_believed_to_be_equal() throws Exception {
        new DemoMirror(home).prepareLegs();
        DemoMirror second = new DemoMirror(home);
        second.prepareLegs();
        assertTrue(create(second).contains("disk 2 "), commands.toString());
        second.undo();
        assertTrue(Files.exists(home.data().resolve("demo-0.img")), "what was there before stays");
    }

    @Test
    void what_a_killed_first_start_left_is_finished() throws Exception {
        Path draft = home.data().resolve(".demo-1.img.new");
        Files.writeString(draft, "short");
        DemoMirror first = new DemoMirror(home);
        first.prepareLegs();
        assertTrue(create(first).contains("nosync"), "drafts without a name are made over");
        Path second = home.data().resolve("demo-1.img");
        Files.move(second, draft);
        DemoMirror demo = new DemoMirror(home);
        demo.prepareLegs();
        assertTrue(create(demo).contains("disk 2 "), "it is not known what happened meanwhile");
        assertEquals(256L << 20, Files.size(second));
        assertFalse(Files.exists(draft));
    }

    @Test
    void what_was_made_for_nothing_is_taken_back() throws Exception {
        DemoMirror demo = new DemoMirror(home);
        demo.prepareLegs();
        demo.undo();
        assertEquals(0, home.data().toFile().list().length);
    }

    @Test
    void one_leg_alone_is_refused_and_left_as_it_is() throws Exception {
        Path left = home.data().resolve("demo-1.img");
        Files.writeString(left, "precious");
        Refusal refusal = assertThrows(Refusal.class, () -> new DemoMirror(home).prepareLegs());
        assertTrue(refusal.getMessage().contains("only " + left), refusal.getMessage());
        assertEquals("precious", Files.readString(left));
        assertEquals(1, home.data().toFile().list().length);
    }

    @Test
    void a_path_is_one_word_whatever_is_in_it() {
        assertEquals("/a%20b%27c%25%5C%C3%BC$x*", DemoMirror.word(Path.of("/a b'c%\\ü$x*")));
    }
}
