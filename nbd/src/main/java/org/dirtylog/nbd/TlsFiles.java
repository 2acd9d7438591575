// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * The server's certificate and key, and the authorities whose clients it trusts, in files: PEM as OpenSSL and GnuTLS write it,
 * or a PKCS#12 keystore. The files are read again when they have changed, so that a certificate can be renewed while clients
 * are served. Safe for use by many threads.
 */
public final class TlsFiles implements Supplier<SSLContext> {
    private static final char[] NO_PASSWORD = {};
    private static final String ALIAS = "server";

    private final Identity identity;
    private final Optional<Path> clientCa;
    private final FilesInUse inUse;

    /** Where the certificate and its key come from. */
    private interface Identity {
        List<Path> files();

        /** A keystore with one key, and the password of the key. */
        Opened open() throws IOException, GeneralSecurityException;
    }

    private record Opened(KeyStore store, char[] password) {}

    private record Pem(Path certificate, Path key) implements Identity {
        @Override
        public List<Path> files() {
            return List.of(certificate, key);
        }

        @Override
        public Opened open() throws IOException, GeneralSecurityException {
            requireSecret(key);
            List<X509Certificate> chain = PemFile.read(certificate).certificates();
            PrivateKey secret = PemFile.read(key).privateKey(chain.get(0));
            KeyStore store = empty();
            store.setKeyEntry(ALIAS, secret, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
            return new Opened(store, NO_PASSWORD);
        }
    }

    private record Pkcs12(Path keystore, Optional<Path> passwordFile) implements Identity {
        @Override
        public List<Path> files() {
            List<Path> files = new ArrayList<>(List.of(keystore));
            passwordFile.ifPresent(files::add);
            return files;
        }

        @Override
        public Opened open() throws IOException, GeneralSecurityException {
            requireSecret(keystore);
            char[] password = NO_PASSWORD;
            if (passwordFile.isPresent()) {
                requireSecret(passwordFile.get());
                password = firstLine(passwordFile.get());
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(keystore)) {
                store.load(in, password);
            } catch (NoSuchFileException e) {
                throw e;
            } catch (IOException e) {
                throw new IOException(
                        keystore + " cannot be opened: " + e.getMessage()
                                + "; expected a PKCS#12 keystore, and its password" + " in the password file",
                        e);
            }
            int keys = 0;
            for (String alias : Collections.list(store.aliases())) {
                keys += store.isKeyEntry(alias) ? 1 : 0;
            }
            if (keys != 1) {
                throw new IOException(keystore + " has " + keys + " keys with certificates; expected exactly one");
            }
            return new Opened(store, password);
        }
    }

    private TlsFiles(Identity identity, Optional<Path> clientCa) {
        this.identity = identity;
        this.clientCa = clientCa;
        List<Path> files = new ArrayList<>(identity.files());
        clientCa.ifPresent(files::add);
        inUse = new FilesInUse(files, this::context);
    }

    /**
     * Takes them from PEM files.
     *
     * @param certificate the server's certificate, and behind it those that lead to an authority, if there are some
     * @param key         its key, as PKCS#8, PKCS#1 or SEC 1, not encrypted; nobody but owner and group may read the file
     * @return the files, without clients that are trusted
     */
    public static TlsFiles pem(Path certificate, Path key) {
        return new TlsFiles(new Pem(certificate, key), Optional.empty());
    }

    /**
     * Takes them from a PKCS#12 keystore.
     *
     * @param keystore     has one key with its certificates; nobody but owner and group may read it
     * @param passwordFile its first line is the password; empty for a keystore without one
     * @return the files, without clients that are trusted
     */
    public static TlsFiles pkcs12(Path keystore, Optional<Path> passwordFile) {
        return new TlsFiles(new Pkcs12(keystore, passwordFile), Optional.empty());
    }

    /**
     * Trusts clients.
     *
     * @param authorities PEM file with the certificates of the authorities that sign those of clients
     * @return the files, with clients that are trusted
     */
    public TlsFiles withClientCa(Path authorities) {
        return new TlsFiles(identity, Optional.of(authorities));
    }

    /**
     * Reads the files for the first time, so that what is wrong with them is known before a client comes.
     *
     * @return this
     * @throws IOException if they cannot be used; the message names the file, what was found and what is expected
     */
    public TlsFiles load() throws IOException {
        inUse.load();
        return this;
    }

    /**
     * What they make.
     *
     * @return a context with the files as they were last found in order; looked at once in some seconds
     * @throws IllegalStateException if they have never been in order
     */
    @Override
    public SSLContext get() {
        return inUse.get();
    }

    private SSLContext context() throws IOException {
        try {
            Opened opened = identity.open();
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(opened.store(), opened.password());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trusted(), null);
            return context;
        } catch (NoSuchFileException e) {
            throw new IOException(e.getFile() + " is missing; expected a file with certificates or a key", e);
        } catch (GeneralSecurityException e) {
            throw new IOException(identity.files().get(0) + " cannot be used: " + e.getMessage(), e);
        }
    }

    private TrustManager[] trusted() throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        int count = 0;
        if (clientCa.isPresent()) {
            for (X509Certificate authority : PemFile.read(clientCa.get()).certificates()) {
                store.setCertificateEntry("authority" + count++, authority);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        return trust.getTrustManagers();
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static char[] firstLine(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8)
                .lines()
                .findFirst()
                .orElse("")
                .toCharArray();
    }

    /** A secret that everybody can read is none. */
    private static void requireSecret(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (permissions.contains(PosixFilePermission.OTHERS_READ)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    file + " can be read or written by everybody; expected a secret of its owner and group:"
                            + " chmod o= " + file);
        }
    }
}
