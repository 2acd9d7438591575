// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.seams.InUseException;

/**
 * A file that somebody in this process has open: at most one owner, and any number that look. All methods but
 * {@link #isGone} are called with the monitor of this object held.
 *
 * <p>No descriptor is closed before the last user has gone, so none can drop the owner's lock; an owner that leaves while
 * others look gives up the lock alone. There are seldom more than two handles: one to read, one to read and write.
 */
final class OpenFile {
    private final List<Handle> handles = new ArrayList<>();
    private String owner = "";
    private String ownerName = "";
    private FileLock lock;
    private int lookers;
    private boolean gone;

    /** Whether this object was left by its last user and stands in no registry any more. */
    boolean isGone() {
        return gone;
    }

    /** Makes the caller the owner, and locks the file against other processes. */
    Handle own(PinnedFile pinned, String purpose) throws IOException {
        if (!owner.isEmpty()) {
            String same = pinned.name().equals(ownerName) ? "" : ", which is " + ownerName + ",";
            throw new InUseException(pinned.name() + same + " is already open in this process as " + owner
                    + ". A file has one owner; close that first, or name another file");
        }
        Handle handle = handle(pinned, true);
        lock = locked(handle, pinned.name());
        owner = purpose;
        ownerName = pinned.name();
        return handle;
    }

    /** Ends the ownership. The lock goes, even if descriptors stay because somebody looks. */
    void disown() {
        owner = "";
        try {
            if (lock != null && lock.isValid()) {
                lock.release();
            }
        } catch (IOException e) {
            // The channel was closed under us, and with it the lock.
            org.slf4j.LoggerFactory.getLogger(OpenFile.class).debug("releasing the lock of {}", ownerName, e);
        } finally {
            lock = null;
        }
    }

    /** Lets the caller look, through the owner's channel if there is one. */
    Handle look(PinnedFile pinned) throws IOException {
        Handle handle = handle(pinned, false);
        lookers++;
        return handle;
    }

    void lookedEnough() {
        lookers--;
    }

    /** Closes everything if nobody is left. Returns whether that was so. */
    boolean leave() {
        if (!owner.isEmpty() || lookers > 0) {
            return false;
        }
        gone = true;
        handles.forEach(Handle::close);
        handles.clear();
        return true;
    }

    private Handle handle(PinnedFile pinned, boolean writable) throws IOException {
        for (Handle handle : handles) {
            if (handle.channel().isOpen() && (handle.writable() || !writable)) {
                return handle;
            }
        }
        boolean claimed = writable && pinned.identity().kind() == FileIdentity.Kind.BLOCK_DEVICE;
        Handle handle = Handle.open(pinned, writable, claimed);
        handles.add(handle);
        return handle;
    }

    private static FileLock locked(Handle handle, String name) throws IOException {
        try {
            FileLock lock = handle.channel().tryLock();
            if (lock != null) {
                return lock;
            }
        } catch (OverlappingFileLockException e) {
            throw new InUseException(name + " is locked by other code in this process");
        } catch (IOException e) {
            throw new IOException(
                    "cannot lock " + name + ", and without a lock two programs could write it: " + e.getMessage(), e);
        }
        int pid = Native.lockHolder(handle.descriptor());
        throw new InUseException(name + " is locked by "
                + (pid > 0
                        ? "process " + pid + commandOf(pid)
                        : "another program (it does not tell which; qemu locks so, fuser " + name + " may know)")
                + ". Stop that first, or name another file");
    }

    private static String commandOf(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .map(command -> " (" + command + ")")
                .orElse("");
    }
}
