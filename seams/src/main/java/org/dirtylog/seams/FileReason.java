// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Words for failures of files: what Java throws often says no more than the name of the file. */
public final class FileReason {
    private FileReason() {}

    /**
     * Says what is wrong.
     *
     * @param failure as it was caught
     * @return the file, if it is known, and the reason
     */
    public static String of(IOException failure) {
        if (failure instanceof FileSystemException told && told.getFile() != null) {
            return told.getFile() + ": " + reason(told);
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private static String reason(FileSystemException failure) {
        if (failure.getReason() != null) {
            return failure.getReason();
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return "is there already";
        }
        if (failure instanceof DirectoryNotEmptyException) {
            return "is a folder that is not empty";
        }
        if (failure instanceof NotDirectoryException) {
            return "is no folder";
        }
        return failure.getClass().getSimpleName();
    }
}
