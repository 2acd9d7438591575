// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys as RFC 7468 writes them; what stands between them is left aside. */
final class PemFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final int MOST_BYTES = 1 << 20;

    private final Path file;
    private final List<Block> blocks;

    private record Block(String label, byte[] content) {}

    private PemFile(Path file, List<Block> blocks) {
        this.file = file;
        this.blocks = blocks;
    }

    static PemFile read(Path file) throws IOException {
        if (Files.size(file) > MOST_BYTES) {
            throw new IOException(
                    file + " has " + Files.size(file) + " bytes; expected PEM text of at most " + MOST_BYTES);
        }
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        List<Block> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            if (block.group(1).startsWith("ENCRYPTED") || block.group(2).contains("ENCRYPTED")) {
                throw new IOException(file + " has an encrypted key; expected one that is not (openssl pkey -in " + file
                        + " -out NEW), or a PKCS#12 keystore with a password file");
            }
            try {
                blocks.add(new Block(block.group(1), Base64.getMimeDecoder().decode(block.group(2))));
            } catch (IllegalArgumentException e) {
                throw new IOException(file + ": the block " + block.group(1) + " is no base64: " + e.getMessage(), e);
            }
        }
        return new PemFile(file, blocks);
    }

    /** All certificates in it, one at least, in their order. */
    List<X509Certificate> certificates() throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Block block : blocks) {
                if (block.label.equals(CERTIFICATE)) {
                    certificates.add(
                            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.content)));
                }
            }
        } catch (CertificateException e) {
            throw new IOException(file + " has a certificate that cannot be read: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + found() + "; expected a certificate: -----BEGIN CERTIFICATE-----");
        }
        return certificates;
    }

    /** The one key in it, which belongs to that certificate. */
    PrivateKey privateKey(X509Certificate certificate) throws IOException {
        PublicKey counterpart = certificate.getPublicKey();
        for (Block block : blocks) {
            if (!block.label.endsWith("PRIVATE KEY")) {
                continue;
            }
            boolean complete = block.label.equals("PRIVATE KEY");
            byte[] key = complete ? block.content : withAlgorithm(block.content, counterpart);
            try {
                PrivateKey secret = KeyFactory.getInstance(counterpart.getAlgorithm())
                        .generatePrivate(new PKCS8EncodedKeySpec(key));
                requirePair(secret, certificate);
                return secret;
            } catch (GeneralSecurityException e) {
                throw new IOException(
                        file + " has a key that does not belong to the certificate of "
                                + certificate.getSubjectX500Principal() + ", which has one for "
                                + counterpart.getAlgorithm() + ": " + e.getMessage(),
                        e);
            }
        }
        throw new IOException(file + found() + "; expected a key: -----BEGIN PRIVATE KEY-----");
    }

    private String found() {
        if (blocks.isEmpty()) {
            return " has nothing between BEGIN and END";
        }
        return " has " + blocks.stream().map(Block::label).distinct().toList();
    }

    private static void requirePair(PrivateKey secret, X509Certificate certificate) throws GeneralSecurityException {
        String algorithm = certificate.getPublicKey().getAlgorithm();
        Signature signature = Signature.getInstance(
                switch (algorithm) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> algorithm;
                });
        byte[] message = certificate.getEncoded();
        signature.initSign(secret);
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(message);
        if (!signature.verify(signed)) {
            throw new GeneralSecurityException("it is the key of another one");
        }
    }

    // ---- keys as PKCS#1 and SEC 1 write them ------------------------------------------------------------------------

    /**
     * Makes PKCS#8 of a bare key: version 0, algorithm, key (RFC 5208). The algorithm with its parameters is what stands first
     * in the public key of the certificate (RFC 5280, SubjectPublicKeyInfo).
     */
    private static byte[] withAlgorithm(byte[] bare, PublicKey counterpart) {
        byte[] info = counterpart.getEncoded();
        int algorithmAt = contentAt(info, 0);
        int algorithmEnd = contentAt(info, algorithmAt) + length(info, algorithmAt);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(new byte[] {2, 1, 0});
        content.write(info, algorithmAt, algorithmEnd - algorithmAt);
        content.writeBytes(tagged(4, bare));
        return tagged(0x30, content.toByteArray());
    }

    private static int contentAt(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7F);
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = at + 2; i < contentAt(der, at); i++) {
            length = length << 8 | der[i] & 0xFF;
        }
        return length;
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.length;
        if (length < 0x80) {
            out.write(length);
        } else if (length < 0x100) {
            out.write(0x81);
            out.write(length);
        } else {
            // A key in a file of the most bytes is shorter than 2^24.
            out.writeBytes(
                    length < 0x10000 ? new byte[] {(byte) 0x82} : new byte[] {(byte) 0x83, (byte) (length >> 16)});
            out.write(length >> 8);
            out.write(length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}
