// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.interfaces.ECPrivateKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * An authority, a server and a client, made with the JDK's keytool, in files with the names that libnbd and qemu look for.
 */
final class Certificates {
    private static final String PASSWORD = "changeit";

    private final Path folder;
    private final Path keystore;

    private Certificates(Path folder) {
        this.folder = folder;
        this.keystore = folder.resolve("all.p12");
    }

    /** Makes all of them in a folder. */
    static Certificates in(Path folder) throws Exception {
        Certificates made = new Certificates(Files.createDirectories(folder));
        made.keytool("-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=authority", "-ext", "bc:c=ca:true");
        made.write(
                "ca-cert.pem",
                pem("CERTIFICATE", made.open().getCertificate("ca").getEncoded()));
        made.signed("server");
        made.signed("client");
        return made;
    }

    private void signed(String name) throws Exception {
        Path request = folder.resolve(name + ".request");
        keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=" + name);
        keytool("-certreq", "-alias", name, "-file", request.toString());
        keytool(
                "-gencert",
                "-alias",
                "ca",
                "-infile",
                request.toString(),
                "-outfile",
                folder.resolve(name + "-cert.pem").toString(),
                "-rfc",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1");
        byte[] key = sec1(
                (ECPrivateKey) open().getKey(name, PASSWORD.toCharArray()),
                open().getCertificate(name).getPublicKey().getEncoded());
        Files.setPosixFilePermissions(
                write(name + "-key.pem", pem("EC PRIVATE KEY", key)), PosixFilePermissions.fromString("rw-------"));
    }

    /**
     * A key on secp256r1 as RFC 5915 writes it, with its public half: GnuTLS does not read those of the JDK, which come without.
     */
    private static byte[] sec1(ECPrivateKey key, byte[] publicInfo) {
        byte[] secret = key.getS().toByteArray();
        int spare = Math.max(secret.length - 32, 0);
        byte[] content = new byte[121];
        ByteBuffer der = ByteBuffer.wrap(content);
        der.put(HexFormat.of().parseHex("30770201010420"));
        der.position(der.position() + 32 - (secret.length - spare));
        der.put(secret, spare, secret.length - spare);
        der.put(HexFormat.of().parseHex("a00a06082a8648ce3d030107a144034200"));
        // The point stands last in the public key: 4, x, y.
        der.put(publicInfo, publicInfo.length - 65, 65);
        return content;
    }

    private void keytool(String... words) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/keytool").toString()));
        command.addAll(List.of(words));
        command.addAll(List.of("-keystore", keystore.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        Outcome.of(folder, Map.of(), command).good();
    }

    private KeyStore open() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keystore)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    private Path write(String name, String text) throws Exception {
        return Files.writeString(folder.resolve(name), text);
    }

    private static String pem(String label, byte[] content) {
        String lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(content);
        return "-----BEGIN " + label + "-----\n" + lines + "\n-----END " + label + "-----\n";
    }

    Path folder() {
        return folder;
    }

    /** A folder of somebody who trusts the authority and has no certificate. */
    Path ofNobody() throws Exception {
        Path nobody = Files.createDirectories(folder.resolve("nobody"));
        Files.writeString(nobody.resolve("ca-cert.pem"), Files.readString(folder.resolve("ca-cert.pem")));
        return nobody;
    }
}
