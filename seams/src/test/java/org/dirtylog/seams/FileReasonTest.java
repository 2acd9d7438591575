// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FileReasonTest {
    @Test
    void a_name_alone_is_no_reason() {
        assertEquals("/a/b: permission denied", FileReason.of(new AccessDeniedException("/a/b")));
        assertEquals("/a/b: no such file or folder", FileReason.of(new NoSuchFileException("/a/b")));
        assertEquals("/a/b: there is no /a", FileReason.of(new NoSuchFileException("/a/b", null, "there is no /a")));
        assertEquals("/a: Is a directory", FileReason.of(new FileSystemException("/a", null, "Is a directory")));
        assertEquals("no space", FileReason.of(new IOException("no space")));
        assertEquals("java.io.IOException", FileReason.of(new IOException()));
    }
}
