// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;

/** Somebody with a certificate that was made for a test, after RFC 5280. */
record Party(X509Certificate certificate, PrivateKey key) {
    private static final byte[] ECDSA_WITH_SHA256 = sequence(hex("06082a8648ce3d040302"));
    private static final byte[] IS_AUTHORITY = hex("30120603551d130101ff040830060101ff020100");
    /** Its names: DNS localhost and IP 127.0.0.1. */
    private static final byte[] IS_LOCALHOST = hex("301a0603551d110413301182096c6f63616c686f737487047f000001");

    static Party authority(String name) throws GeneralSecurityException {
        KeyPair keys = keys("EC", 256);
        return new Party(signed(name, name, 10, keys.getPublic(), IS_AUTHORITY, keys.getPrivate()), keys.getPrivate());
    }

    Party signs(String name) throws GeneralSecurityException {
        return signs(name, keys("EC", 256), 10);
    }

    Party signs(String name, KeyPair keys, int daysLeft) throws GeneralSecurityException {
        String issuer = certificate.getSubjectX500Principal().getName().substring("CN=".length());
        return new Party(signed(issuer, name, daysLeft, keys.getPublic(), IS_LOCALHOST, key), keys.getPrivate());
    }

    static KeyPair keys(String algorithm, int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    // ---- what it has ------------------------------------------------------------------------------------------------

    /** A client's context, which trusts an authority; without a certificate of its own if nobody shows one. */
    static SSLContext client(Party trusted, Party shown) throws GeneralSecurityException, IOException {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("authority", trusted.certificate);
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trust);
        KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        if (shown != null) {
            keys.setKeyEntry("own", shown.key, new char[0], new X509Certificate[] {shown.certificate});
        }
        own.init(keys, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), managers.getTrustManagers(), null);
        return context;
    }

    /** Writes certificate and key as PEM, the key for its owner only. */
    TlsFiles pemFiles(Path folder, String name) throws IOException, GeneralSecurityException {
        return TlsFiles.pem(
                certificateFile(folder, name + "-cert.pem"),
                secret(folder, name + "-key.pem", pem("PRIVATE KEY", key.getEncoded())));
    }

    Path certificateFile(Path folder, String name) throws IOException, GeneralSecurityException {
        return Files.writeString(folder.resolve(name), pem("CERTIFICATE", certificate.getEncoded()));
    }

    static Path secret(Path folder, String name, String text) throws IOException {
        Path file = Files.writeString(folder.resolve(name), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    static String pem(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(content) + "\n-----END "
                + label + "-----\n";
    }

    // ---- DER --------------------------------------------------------------------------------------------------------

    private static X509Certificate signed(
            String issuer, String name, int daysLeft, PublicKey of, byte[] extension, PrivateKey by)
            throws GeneralSecurityException {
        Instant now = Instant.now();
        byte[] content = sequence(
                hex("a003020102"),
                tagged(2, new byte[] {(byte) (name.hashCode() & 0x7F | 1), (byte) System.nanoTime()}),
                ECDSA_WITH_SHA256,
                new X500Principal("CN=" + issuer).getEncoded(),
                sequence(time(now.minus(20, ChronoUnit.DAYS)), time(now.plus(daysLeft, ChronoUnit.DAYS))),
                new X500Principal("CN=" + name).getEncoded(),
                of.getEncoded(),
                tagged(0xA3, sequence(extension)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(by);
        signature.update(content);
        byte[] bits = join(new byte[1], signature.sign());
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(sequence(content, ECDSA_WITH_SHA256, tagged(3, bits))));
    }

    private static byte[] time(Instant instant) {
        String text = DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'")
                .withZone(ZoneOffset.UTC)
                .format(instant);
        return tagged(0x18, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] sequence(byte[]... parts) {
        return tagged(0x30, join(parts));
    }

    private static byte[] tagged(int tag, byte[] content) {
        byte[] length = content.length < 0x80
                ? new byte[] {(byte) content.length}
                : content.length < 0x100
                        ? new byte[] {(byte) 0x81, (byte) content.length}
                        : new byte[] {(byte) 0x82, (byte) (content.length >> 8), (byte) content.length};
        return join(new byte[] {(byte) tag}, length, content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
