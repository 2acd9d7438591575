// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Optional;
import org.dirtylog.seams.InUseException;

/**
 * What the Java library has no words for: descriptors that pin a file without opening it, holes, extents, hints, and who
 * holds a lock. The only class that knows JNA; it is loaded with the first file that is opened. Numbers are those of 64-bit
 * Linux, alike on all its machines we know of (asm-generic).
 */
final class Native {
    static final int FALLOC_KEEP_SIZE = 0x01;
    static final int FALLOC_PUNCH_HOLE = 0x02;
    static final int FALLOC_ZERO_RANGE = 0x10;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;
    static final int ENXIO = 6;
    static final int EINTR = 4;
    static final int EINVAL = 22;

    private static final int ENODATA = 61;
    private static final int EOPNOTSUPP = 95;
    private static final int ENOSPC = 28;
    private static final int EDQUOT = 122;
    private static final int O_RDWR = 2;
    private static final int O_EXCL = 0x80;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_PATH = 0x200000;
    private static final int ENOENT = 2;
    private static final int EACCES = 13;
    private static final int EBUSY = 16;
    private static final int EPERM = 1;
    private static final int FADVISE_WILLNEED = 3;
    private static final int MOST_ATTRIBUTE_BYTES = 4096;
    private static final long BLKSSZGET = 0x1268;
    private static final int F_GETLK = 5;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    static {
        if (com.sun.jna.Native.LONG_SIZE != 8 || com.sun.jna.Native.POINTER_SIZE != 8) {
            throw new UnsupportedOperationException("dirtylog opens files on 64-bit Linux only");
        }
        com.sun.jna.Native.register(Native.class, com.sun.jna.NativeLibrary.getInstance("c"));
    }

    private Native() {}

    /** Does nothing; whoever calls it has this class loaded. */
    static void load() {}

    // The calls of the C library. Those it declares with "..." take their third argument as any other on Linux.
    private static native int open(byte[] path, int flags);

    private static native int close(int descriptor);

    private static native int fallocate(int descriptor, int mode, long position, long bytes);

    private static native long lseek(int descriptor, long position, int whence);

    private static native int posix_fadvise(int descriptor, long position, long bytes, int advice);

    private static native int fcntl(int descriptor, int command, Pointer argument);

    private static native int ioctl(int descriptor, long request, Pointer argument);

    private static native long fgetxattr(int descriptor, byte[] name, byte[] value, long bytes);

    private static native int fsetxattr(int descriptor, byte[] name, byte[] value, long bytes, int flags);

    private static native Pointer strerror(int number);

    /**
     * Gets hold of a file without opening it: closing such a descriptor drops no lock, and it goes on meaning the same file
     * whatever happens to the name.
     */
    static int pin(String path) throws IOException {
        return descriptor(path, O_PATH, path);
    }

    /** Opens what is pinned; {@code path} is for messages. */
    static int reopen(int pinned, boolean writable, boolean exclusive, String path) throws IOException {
        return descriptor("/proc/self/fd/" + pinned, (writable ? O_RDWR : 0) | (exclusive ? O_EXCL : 0), path);
    }

    private static int descriptor(String path, int flags, String named) throws IOException {
        byte[] bytes = (path + '\0').getBytes(StandardCharsets.UTF_8);
        while (true) {
            int descriptor = open(bytes, flags | O_CLOEXEC);
            if (descriptor >= 0) {
                return descriptor;
            }
            int error = com.sun.jna.Native.getLastError();
            switch (error) {
                case EINTR -> {
                    /* again */
                }
                case ENOENT -> throw new NoSuchFileException(named, null, "there is no such file");
                case EACCES, EPERM ->
                    throw new AccessDeniedException(
                            named,
                            null,
                            "user " + System.getProperty("user.name") + " may not open it: " + text(error));
                case EBUSY ->
                    throw new InUseException(named + " is in use by this system: it is mounted, or swap, or part of"
                            + " another device; see lsblk");
                default -> throw new IOException("cannot open " + named + ": " + text(error));
            }
        }
    }

    /** Closes a descriptor; Linux closes it whatever the call returns. */
    static void release(int descriptor) {
        close(descriptor);
    }

    /** Calls {@code fallocate(2)}, again after a signal. Returns 0 or the error number. */
    static int allocate(int descriptor, int mode, long position, long bytes) {
        while (fallocate(descriptor, mode, position, bytes) != 0) {
            int error = com.sun.jna.Native.getLastError();
            if (error != EINTR) {
                return error;
            }
        }
        return 0;
    }

    /** Calls {@code lseek(2)}. Returns the position or, negated, the error number. */
    static long seek(int descriptor, long position, int whence) {
        long found = lseek(descriptor, position, whence);
        return found >= 0 ? found : -com.sun.jna.Native.getLastError();
    }

    /** Tells whether the file system keeps extended attributes that belong to users. */
    static boolean keepsAttributes(int descriptor) {
        byte[] name = "user.dirtylog\0".getBytes(StandardCharsets.UTF_8);
        return fgetxattr(descriptor, name, new byte[0], 0) >= 0 || com.sun.jna.Native.getLastError() == ENODATA;
    }

    /** Reads an extended attribute; empty where there is none, or where the file system knows of no such thing. */
    static Optional<byte[]> attribute(int descriptor, String name) throws IOException {
        byte[] value = new byte[MOST_ATTRIBUTE_BYTES];
        long bytes = fgetxattr(descriptor, (name + '\0').getBytes(StandardCharsets.UTF_8), value, value.length);
        if (bytes >= 0) {
            return Optional.of(Arrays.copyOf(value, (int) bytes));
        }
        int error = com.sun.jna.Native.getLastError();
        if (error == ENODATA || error == EOPNOTSUPP) {
            return Optional.empty();
        }
        throw new IOException(text(error));
    }

    /** Replaces an extended attribute, or makes it. */
    static void setAttribute(int descriptor, String name, byte[] value) throws IOException {
        if (fsetxattr(descriptor, (name + '\0').getBytes(StandardCharsets.UTF_8), value, value.length, 0) != 0) {
            throw new IOException(text(com.sun.jna.Native.getLastError()));
        }
    }

    /** Starts reading into the page cache. A hint: what it returns is of no use. */
    static void willNeed(int descriptor, long position, long bytes) {
        posix_fadvise(descriptor, position, bytes, FADVISE_WILLNEED);
    }

    /** The logical block of a block device. */
    static int logicalBlockBytes(int descriptor, String path) throws IOException {
        try (Memory answer = new Memory(4)) {
            answer.clear();
            if (ioctl(descriptor, BLKSSZGET, answer) != 0) {
                throw new IOException("cannot learn the logical block size of " + path + ": "
                        + text(com.sun.jna.Native.getLastError()));
            }
            return answer.getInt(0);
        }
    }

    /** Asks who keeps us from locking the whole file for writing. Returns a process id, or 0 if that cannot be told. */
    static int lockHolder(int descriptor) {
        // struct flock: type, whence (2 bytes each), at 8 start, at 16 length (0: to the end), at 24 pid
        try (Memory lock = new Memory(32)) {
            lock.clear();
            lock.setShort(0, F_WRLCK);
            if (fcntl(descriptor, F_GETLK, lock) != 0 || lock.getShort(0) == F_UNLCK) {
                return 0;
            }
            // -1 for a lock that belongs to an open file description
            return Math.max(0, lock.getInt(24));
        }
    }

    /**
     * Tells whether a message is the system's for a full file system or a used up quota. Java keeps the text of an error and
     * not its number, and the text depends on the locale of the process: so does what it is compared with.
     */
    static boolean saysNoSpace(String message) {
        return text(ENOSPC).equals(message) || text(EDQUOT).equals(message);
    }

    static String text(int error) {
        return strerror(error).getString(0);
    }
}
