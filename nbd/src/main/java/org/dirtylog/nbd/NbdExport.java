// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.dirtylog.seams.BlockDevice;

/** A device and what clients are told about it. Unchangeable. */
public final class NbdExport {
    private final String name;
    private final BlockDevice device;
    private final String description;
    private final boolean readOnly;
    private final List<MetaContext> contexts;

    private NbdExport(
            String name, BlockDevice device, String description, boolean readOnly, List<MetaContext> contexts) {
        this.name = name;
        this.device = device;
        this.description = description;
        this.readOnly = readOnly;
        this.contexts = contexts;
    }

    /**
     * Exports a device for reading and writing.
     *
     * @param name   any text of at most 4096 bytes of UTF-8 without NUL; empty for the default export
     * @param device stays its owner's, who closes it after the export was removed
     * @return the export, with an empty description and no context of its own
     */
    public static NbdExport of(String name, BlockDevice device) {
        Objects.requireNonNull(device, "device");
        return new NbdExport(checked("name", name), device, "", false, List.of());
    }

    /**
     * Describes it.
     *
     * @param text for people, at most 4096 bytes of UTF-8 without NUL
     * @return another export with that description
     */
    public NbdExport withDescription(String text) {
        return new NbdExport(name, device, checked("description", text), readOnly, contexts);
    }

    /**
     * Refuses what would change it.
     *
     * @return another export that clients may only read
     */
    public NbdExport asReadOnly() {
        return new NbdExport(name, device, description, true, contexts);
    }

    /**
     * Tells more about its bytes.
     *
     * @param context what it tells; its name has a namespace and is not {@code base:allocation} nor taken
     * @return another export that has this context too
     */
    public NbdExport withContext(MetaContext context) {
        String added = checked("context", context.name());
        if (added.indexOf(':') < 1 || added.startsWith("base:")) {
            throw new IllegalArgumentException(
                    "context \"" + added + "\" needs a namespace of its own, as in own:name");
        }
        List<MetaContext> more = new ArrayList<>(contexts);
        for (MetaContext known : contexts) {
            if (known.name().equals(added)) {
                throw new IllegalArgumentException("context \"" + added + "\" is there already");
            }
        }
        more.add(context);
        return new NbdExport(name, device, description, readOnly, List.copyOf(more));
    }

    /**
     * Names the export.
     *
     * @return the name that clients ask for
     */
    public String name() {
        return name;
    }

    /**
     * What clients read and write.
     *
     * @return the device
     */
    public BlockDevice device() {
        return device;
    }

    String description() {
        return description;
    }

    boolean readOnly() {
        return readOnly;
    }

    List<MetaContext> contexts() {
        return contexts;
    }

    /** Tells a client what it may ask for, and whether it may choose among contexts each time that it asks. */
    int transmissionFlags(Headers headers, boolean choosesContexts) {
        int flags = Wire.SEND_HAS_FLAGS | Wire.SEND_FLUSH | Wire.SEND_FUA | Wire.SEND_CACHE;
        // True without any doing of ours: all connections use one device, and its force covers whatever returned
        // before.
        flags |= Wire.CAN_MULTI_CONN;
        flags |= headers.chunked() ? Wire.SEND_DF : 0;
        flags |= choosesContexts ? Wire.BLOCK_STAT_PAYLOAD : 0;
        if (readOnly) {
            return flags | Wire.SEND_READ_ONLY;
        }
        return flags | Wire.SEND_TRIM | Wire.SEND_WRITE_ZEROES | Wire.SEND_FAST_ZERO;
    }

    private static String checked(String what, String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > Wire.MAX_STRING_BYTES || text.indexOf(0) >= 0) {
            throw new IllegalArgumentException(what + " of " + bytes + " bytes: at most " + Wire.MAX_STRING_BYTES
                    + " bytes of UTF-8 without NUL can be sent");
        }
        return text;
    }
}
