package dev.slipway.bundle;

import java.io.IOException;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;

/** Issues certificates, good ones unless told otherwise. */
final class Authority {

  static final SecureRandom RANDOM = new SecureRandom();
  static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  static final Instant UNTIL = Instant.parse("2027-01-01T00:00:00Z");

  private final X500Name name;
  private final SigningKey key;

  /** Its own certificate first, the root's last. */
  private final List<byte[]> chain;

  /** What a certificate is to be. */
  static final class Wish {
    private final Map<ASN1ObjectIdentifier, ASN1Encodable> extensions = new LinkedHashMap<>();
    private Instant from = FROM;
    private Instant until = UNTIL;

    Wish with(ASN1ObjectIdentifier extension, ASN1Encodable value) {
      extensions.put(extension, value);
      return this;
    }

    Wish without(ASN1ObjectIdentifier extension) {
      extensions.remove(extension);
      return this;
    }

    Wish valid(Instant first, Instant last) {
      from = first;
      until = last;
      return this;
    }
  }

  private Authority(X500Name name, SigningKey key, List<byte[]> chain) {
    this.name = name;
    this.key = key;
    this.chain = chain;
  }

  static Wish authority() {
    return new Wish()
        .with(Extension.basicConstraints, new BasicConstraints(true))
        .with(Extension.keyUsage, new KeyUsage(KeyUsage.keyCertSign));
  }

  static Wish leaf() {
    return new Wish()
        .with(Extension.basicConstraints, new BasicConstraints(false))
        .with(Extension.keyUsage, new KeyUsage(KeyUsage.digitalSignature))
        .with(Extension.extendedKeyUsage, new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning));
  }

  static Authority root(String name, SignatureAlgorithm algorithm) {
    return root(name, algorithm, authority());
  }

  static Authority root(String name, SignatureAlgorithm algorithm, Wish wish) {
    SigningKey key = SigningKey.generate(algorithm, RANDOM);
    X500Name subject = new X500Name("CN=" + name);
    return new Authority(subject, key, List.of(issue(subject, key, subject, key, wish)));
  }

  Authority under(String subject, SignatureAlgorithm algorithm, Wish wish) {
    SigningKey own = SigningKey.generate(algorithm, RANDOM);
    X500Name its = new X500Name("CN=" + subject);
    return new Authority(its, own, below(issue(its, own, name, key, wish)));
  }

  Signer signer(SignatureAlgorithm algorithm) {
    return signer(algorithm, "O=Example,CN=publisher", leaf());
  }

  Signer signer(SignatureAlgorithm algorithm, String subject, Wish wish) {
    SigningKey own = SigningKey.generate(algorithm, RANDOM);
    return new Signer(own, CertificateChain.parse(leafChain(own, subject, wish)));
  }

  List<byte[]> leafChain(SigningKey own, String subject, Wish wish) {
    return below(issue(new X500Name(subject), own, name, key, wish));
  }

  private List<byte[]> below(byte[] certificate) {
    List<byte[]> all = new ArrayList<>(List.of(certificate));
    all.addAll(chain);
    return all;
  }

  byte[] certificate() {
    return chain.get(0);
  }

  Digest fingerprint() {
    return Digest.sha256(chain.get(0));
  }

  static byte[] issue(X500Name subject, SigningKey key, X500Name issuer, SigningKey by, Wish wish) {
    try {
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              issuer,
              new BigInteger(120, RANDOM).setBit(120),
              Date.from(wish.from),
              Date.from(wish.until),
              subject,
              key.publicKey());
      for (Map.Entry<ASN1ObjectIdentifier, ASN1Encodable> extension : wish.extensions.entrySet()) {
        builder.addExtension(extension.getKey(), true, extension.getValue());
      }
      return builder.build(by.contentSigner()).getEncoded();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A signer whom nobody else vouches for. */
  static Signer selfSigned(SignatureAlgorithm algorithm, Instant from, Instant until) {
    return renewed(SigningKey.generate(algorithm, RANDOM), from, until);
  }

  /** Another certificate for a key. */
  static Signer renewed(SigningKey key, Instant from, Instant until) {
    return new Signer(
        key,
        CertificateChain.of(
            PublisherCertificate.selfSigned("publisher", key, RANDOM, from, until)));
  }
}
