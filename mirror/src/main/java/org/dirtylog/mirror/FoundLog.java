// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import org.dirtylog.log.Found;
import org.dirtylog.log.Opening.OtherWriter;

/** What an operator should know about the log that an opening found. */
final class FoundLog {
    private FoundLog() {}

    /**
     * Says why more is copied than what the last run left dirty.
     *
     * @param found  at the last opening
     * @param config by which it was opened
     * @return a sentence; empty if there is nothing to say
     */
    static String whyCopied(Found found, MirrorConfig config) {
        return switch (found) {
            case STALE ->
                "the log was found stale: it is not as this mirror left it, but an older copy, an empty or another log, or of"
                        + " another region size. Everything is copied from the source leg; there is nothing to do";
            case REWRITTEN ->
                "the log was found rewritten: somebody else changed it after this mirror had closed it. "
                        + (config.otherWriter() == OtherWriter.ADOPT
                                ? "What it calls dirty is copied, for otherWriter=adopt"
                                : "Everything is copied from the source leg")
                        + "; if another program uses it, give it another log";
            case FRESH, RECORDED, UNIDENTIFIED -> "";
        };
    }
}
