// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.Locale;

/** Where the label of a leg is kept (P21). */
enum LabelPlace {
    /** In two blocks behind the mirrored range, written by turns, so that a torn one leaves the one before. */
    BEHIND,
    /** In an attribute of the file. */
    ATTRIBUTE,
    /** Nowhere: there is no room, and the device keeps no attributes. Such a leg is believed as long as it stays attached. */
    NONE;

    /** As it stands in the record and in a status. */
    String text() {
        return this == NONE ? "unlabelled" : name().toLowerCase(Locale.ROOT);
    }

    /** Throws {@link IllegalArgumentException} for what is none. */
    static LabelPlace of(String text) {
        for (LabelPlace place : values()) {
            if (place.text().equals(text)) {
                return place;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no place of a label");
    }
}
