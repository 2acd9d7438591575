// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/**
 * Asks a TCP client that says nothing whether it is still there. Without that one that vanished would hold its connection for
 * ever, since idle clients are let be.
 *
 * @param idle     after how long without a word it is asked
 * @param interval how long it has for each answer
 * @param count    after how many questions without an answer it is gone
 */
record KeepAlive(Duration idle, Duration interval, int count) {
    static final KeepAlive STANDARD = new KeepAlive(Duration.ofSeconds(60), Duration.ofSeconds(10), 6);

    /** Makes the system ask. Where times cannot be set, those of the system hold. */
    void watch(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        set(channel, ExtendedSocketOptions.TCP_KEEPIDLE, (int) idle.toSeconds());
        set(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, (int) interval.toSeconds());
        set(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, count);
    }

    private static void set(SocketChannel channel, SocketOption<Integer> option, int value) throws IOException {
        if (channel.supportedOptions().contains(option)) {
            channel.setOption(option, value);
        }
    }
}
