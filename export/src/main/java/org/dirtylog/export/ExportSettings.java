// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dirtylog.nbd.NbdEndpoint;
import org.dirtylog.nbd.NbdLimits;
import org.dirtylog.nbd.NbdTls;
import org.dirtylog.nbd.NbdTls.ClientCertificates;
import org.dirtylog.nbd.TlsFiles;

/**
 * Where clients connect and what they are granted: {@code etc/org.dirtylog.export.cfg}, told in {@code docs/operating.md}.
 *
 * @param doors  where to listen, in the order of the file
 * @param limits of all of them together
 */
record ExportSettings(List<Door> doors, NbdLimits limits) {
    private static final String INSECURE_ANYWHERE = "any-address";
    private static final Pattern TCP = Pattern.compile("tcp://(\\[[0-9A-Fa-f:.%]+\\]|[^\\[\\]:/]+)(?::([0-9]{1,5}))?");
    private static final List<String> KEYS = List.of(
            "listen",
            "tls",
            "unixTls",
            "insecure",
            "certificate",
            "key",
            "keystore",
            "keystorePasswordFile",
            "clientCertificates",
            "clientCa",
            "connections",
            "connectionsPerClient",
            "keepAliveIdleSeconds",
            "keepAliveIntervalSeconds",
            "keepAliveCount",
            "stopSeconds");

    /**
     * One place, and what its address is called in a URI.
     *
     * @param endpoint where to listen
     * @param host     the host as it stands in the file; empty for the Unix socket
     * @param tls      whether clients use TLS if they follow the URI
     */
    record Door(NbdEndpoint endpoint, String host, boolean tls) {}

    /** What holds without a file: the Unix socket, for the home's owner. */
    static ExportSettings standard(Path socket) {
        return new ExportSettings(List.of(new Door(NbdEndpoint.unix(socket), "", false)), NbdLimits.STANDARD);
    }

    static ExportSettings of(ExportFile file, Path socket) throws IOException {
        file.requireKeys(KEYS);
        String mode = file.word("tls", "require", "allow", "off");
        String insecure = file.word("insecure", "no", "loopback", INSECURE_ANYWHERE);
        file.word("clientCertificates", "none", "optional", "required");
        NbdTls unixTls = tls(file, file.word("unixTls", "off", "allow", "require"));
        List<Door> doors = new ArrayList<>();
        ExportFile.Line line = file.line("listen").orElse(new ExportFile.Line(0, "unix"));
        for (String place : line.value().split(",", -1)) {
            if (place.strip().equals("unix")) {
                doors.add(new Door(NbdEndpoint.unix(socket).withTls(unixTls), "", unixTls.mode() != NbdTls.Mode.OFF));
            } else {
                doors.add(tcp(file, line, place.strip(), mode, insecure));
            }
        }
        return new ExportSettings(doors, limits(file));
    }

    private static Door tcp(ExportFile file, ExportFile.Line line, String place, String mode, String insecure)
            throws IOException {
        Matcher parts = TCP.matcher(place);
        int port = parts.matches() && parts.group(2) != null ? Integer.parseInt(parts.group(2)) : NbdEndpoint.PORT;
        if (!parts.matches() || port > 65_535) {
            throw file.wrong(
                    line,
                    "listen has '" + place + "'; expected unix, or tcp://ADDRESS:PORT such as tcp://192.0.2.1:"
                            + NbdEndpoint.PORT + " or tcp://[::1]:" + NbdEndpoint.PORT + ", with commas between");
        }
        InetSocketAddress address = new InetSocketAddress(parts.group(1), port);
        if (address.isUnresolved()) {
            throw file.wrong(line, "listen has '" + place + "', and there is no address of the name " + parts.group(1));
        }
        requireSecure(file, place, address, mode, insecure);
        NbdEndpoint endpoint = NbdEndpoint.tcp(address).withTls(tls(file, mode));
        if (insecure.equals(INSECURE_ANYWHERE)) {
            endpoint = endpoint.insecureOnAnyAddress();
        } else if (!insecure.equals("no")) {
            endpoint = endpoint.insecure();
        }
        return new Door(endpoint, parts.group(1), !mode.equals("off"));
    }

    /** The server refuses that too; here it is told with the words of the file. */
    private static void requireSecure(
            ExportFile file, String place, InetSocketAddress address, String mode, String insecure) throws IOException {
        boolean loopback = address.getAddress().isLoopbackAddress();
        if (mode.equals("require") || insecure.equals(INSECURE_ANYWHERE) || loopback && insecure.equals("loopback")) {
            return;
        }
        ExportFile.Line line = file.line("tls").orElseThrow();
        String reach = loopback ? "every user of this machine" : "everybody who reaches it";
        throw file.wrong(
                line,
                "tls is '" + mode + "', so that " + reach + " could read and write all exports at " + place
                        + "; expected 'require', or beside it the line insecure = "
                        + (loopback ? "loopback" : INSECURE_ANYWHERE));
    }

    private static NbdTls tls(ExportFile file, String mode) throws IOException {
        if (mode.equals("off")) {
            return NbdTls.OFF;
        }
        TlsFiles files = files(file, mode);
        NbdTls tls = mode.equals("require") ? NbdTls.require(files) : NbdTls.allow(files);
        return tls.withClientCertificates(clientCertificates(file));
    }

    private static ClientCertificates clientCertificates(ExportFile file) throws IOException {
        String wanted = file.word("clientCertificates", "none", "optional", "required");
        if (!wanted.equals("none") && file.line("clientCa").isEmpty()) {
            throw file.wrong(
                    file.line("clientCertificates").orElseThrow(),
                    "clientCertificates is '" + wanted
                            + "'; expected also a line clientCa = FILE, with the certificates of"
                            + " those who sign the clients'");
        }
        return ClientCertificates.valueOf(wanted.toUpperCase(Locale.ROOT));
    }

    private static TlsFiles files(ExportFile file, String mode) throws IOException {
        boolean pem = file.line("certificate").isPresent() && file.line("key").isPresent();
        boolean part = file.line("certificate").isPresent() || file.line("key").isPresent();
        boolean keystore = file.line("keystore").isPresent();
        if (keystore == part || part != pem) {
            throw file.missing("TLS is '" + mode + "', with " + (keystore ? "a keystore" : "no keystore") + " and "
                    + (pem ? "both" : part ? "one" : "none") + " of certificate and key; expected either the lines"
                    + " certificate = FILE and key = FILE, or the line keystore = FILE");
        }
        TlsFiles files = pem
                ? TlsFiles.pem(
                        file.path("certificate").orElseThrow(), file.path("key").orElseThrow())
                : TlsFiles.pkcs12(file.path("keystore").orElseThrow(), file.path("keystorePasswordFile"));
        if (file.line("clientCa").isPresent()) {
            files = files.withClientCa(file.path("clientCa").orElseThrow());
        }
        try {
            return files.load();
        } catch (IOException e) {
            throw file.wrong(file.line(pem ? "certificate" : "keystore").orElseThrow(), e.getMessage());
        }
    }

    private static NbdLimits limits(ExportFile file) throws IOException {
        return NbdLimits.STANDARD
                .withConnections(file.number("connections", 128, 1, 4096))
                .withClientConnections(file.number("connectionsPerClient", 96, 1, 4096))
                .withKeepAlive(
                        Duration.ofSeconds(file.number("keepAliveIdleSeconds", 60, 1, 7200)),
                        Duration.ofSeconds(file.number("keepAliveIntervalSeconds", 10, 1, 600)),
                        file.number("keepAliveCount", 6, 1, 20))
                .withStop(Duration.ofSeconds(file.number("stopSeconds", 5, 1, 10)));
    }
}
