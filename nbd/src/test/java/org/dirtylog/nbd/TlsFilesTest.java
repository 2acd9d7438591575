// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
    private static Party authority;

    @TempDir
    Path folder;

    @BeforeAll
    static void certify() throws Exception {
        authority = Party.authority("authority");
    }

    private static void refused(TlsFiles files, String... parts) {
        String message = assertThrows(IOException.class, files::load).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    /** The key that stands at the end of PKCS#8 as bytes of their own, behind version and algorithm. */
    private static byte[] bare(byte[] pkcs8) {
        int at = pkcs8[1] == (byte) 0x82 ? 4 : 2;
        at += 3;
        at += 2 + pkcs8[at + 1];
        at += pkcs8[at + 1] == (byte) 0x82 ? 4 : 2;
        return Arrays.copyOfRange(pkcs8, at, pkcs8.length);
    }

    @Test
    void keys_may_stand_there_as_GnuTLS_and_older_OpenSSL_write_them() throws Exception {
        Party rsa = authority.signs("rsa", Party.keys("RSA", 2048), 10);
        String pkcs1 = "Public Key Info:\n\tKey Security Level: Low\n\n"
                + Party.pem("RSA PRIVATE KEY", bare(rsa.key().getEncoded()));
        TlsFiles.pem(rsa.certificateFile(folder, "c"), Party.secret(folder, "k", pkcs1))
                .load();

        Party ec = authority.signs("ec");
        String sec1 = Party.pem("EC PARAMETERS", new byte[] {6, 1, 1})
                + Party.pem("EC PRIVATE KEY", bare(ec.key().getEncoded()));
        TlsFiles.pem(ec.certificateFile(folder, "c"), Party.secret(folder, "k", sec1))
                .load();

        Party edwards = authority.signs("ed", Party.keys("Ed25519", 255), 10);
        edwards.pemFiles(folder, "ed").load();
    }

    @Test
    void what_cannot_be_used_is_refused_by_name() throws Exception {
        Party one = authority.signs("one");
        Party other = authority.signs("other");
        Path certificate = one.certificateFile(folder, "cert.pem");
        Path key = Party.secret(
                folder, "key.pem", Party.pem("PRIVATE KEY", one.key().getEncoded()));
        Path otherKey = Party.secret(
                folder, "other.pem", Party.pem("PRIVATE KEY", other.key().getEncoded()));
        TlsFiles.pem(certificate, key).load();
        refused(TlsFiles.pem(certificate, otherKey), "other.pem", "does not belong", "CN=one");
        refused(TlsFiles.pem(key, key), "key.pem has [PRIVATE KEY]", "expected a certificate");
        refused(TlsFiles.pem(certificate, certificate), "cert.pem can be read or written by everybody", "chmod o=");
        Path noKey = Party.secret(folder, "none.pem", "");
        refused(TlsFiles.pem(certificate, noKey), "none.pem has nothing", "expected a key");
        refused(TlsFiles.pem(folder.resolve("gone.pem"), key), "gone.pem is missing");
        refused(TlsFiles.pem(certificate, key).withClientCa(noKey), "none.pem", "expected a certificate");
        String locked = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n"
                + "-----END RSA PRIVATE KEY-----\n";
        refused(TlsFiles.pem(certificate, Party.secret(folder, "locked.pem", locked)), "encrypted", "openssl pkey");
        refused(
                TlsFiles.pem(certificate, Party.secret(folder, "l8.pem", Party.pem("ENCRYPTED PRIVATE KEY", new byte[] {
                    48, 0
                }))),
                "encrypted");
        assertThrows(IllegalStateException.class, TlsFiles.pem(certificate, key)::get);
    }

    @Test
    void a_keystore_opens_with_the_password_of_its_file() throws Exception {
        Party one = authority.signs("one");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] password = "geheim".toCharArray();
        store.setKeyEntry("x", one.key(), password, new X509Certificate[] {one.certificate()});
        Path keystore = folder.resolve("keys.p12");
        try (OutputStream out = Files.newOutputStream(keystore)) {
            store.store(out, password);
        }
        Files.setPosixFilePermissions(keystore, PosixFilePermissions.fromString("rw-------"));
        Path right = Party.secret(folder, "right", "geheim\n");
        Path wrong = Party.secret(folder, "wrong", "falsch\n");
        TlsFiles files = TlsFiles.pkcs12(keystore, Optional.of(right)).load();
        assertEquals("TLS", files.get().getProtocol());
        refused(TlsFiles.pkcs12(keystore, Optional.of(wrong)), "keys.p12 cannot be opened", "password file");
        Files.setPosixFilePermissions(right, PosixFilePermissions.fromString("rw-r--r--"));
        refused(TlsFiles.pkcs12(keystore, Optional.of(right)), "right can be read or written by everybody");
    }
}
