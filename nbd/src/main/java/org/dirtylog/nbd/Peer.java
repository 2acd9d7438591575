// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * Who is at the other end, as far as the system tells: an address, or a user of this machine. What cannot be told from each
 * other counts as one.
 */
record Peer(String name) {
    static Peer of(SocketChannel channel) throws IOException {
        if (channel.getRemoteAddress() instanceof InetSocketAddress address) {
            return new Peer(address.getAddress().getHostAddress());
        }
        if (channel.supportedOptions().contains(ExtendedSocketOptions.SO_PEERCRED)) {
            return new Peer("user "
                    + channel.getOption(ExtendedSocketOptions.SO_PEERCRED)
                            .user()
                            .getName());
        }
        return new Peer("this machine");
    }

    @Override
    public String toString() {
        return name;
    }
}
