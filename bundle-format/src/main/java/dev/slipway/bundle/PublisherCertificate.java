package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_NOT_YET_VALID;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSASSAPSSparams;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.CertException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.DefaultDigestAlgorithmIdentifierFinder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.bc.BcContentVerifierProviderBuilder;
import org.bouncycastle.operator.bc.BcECContentVerifierProviderBuilder;
import org.bouncycastle.operator.bc.BcRSAContentVerifierProviderBuilder;
import org.bouncycastle.util.encoders.Base32;

/**
 * The certificate that a publisher signs with, the leaf of its chain: for signing code, with a key
 * of Ed25519, P-256 or RSA from 3072 bits.
 *
 * <p>It keeps the profile, and if it names itself as its issuer, its own signature verifies. That
 * says nothing about trust: whom an app trusts is said by {@link Continuity}, and of a leaf that
 * somebody else issued also by {@link CertificateChain}. Addresses in it are never fetched.
 */
public final class PublisherCertificate {

  /** The most bytes that a certificate, or a chain of them, may have. */
  static final int MAX_BYTES = 16 << 10;

  private static final Set<ASN1ObjectIdentifier> CRITICAL =
      Set.of(Extension.basicConstraints, Extension.keyUsage, Extension.extendedKeyUsage);

  /** How a certificate may be signed; none of them with SHA-1. */
  private static final Set<ASN1ObjectIdentifier> SIGNATURES =
      Set.of(
          EdECObjectIdentifiers.id_Ed25519,
          X9ObjectIdentifiers.ecdsa_with_SHA256,
          X9ObjectIdentifiers.ecdsa_with_SHA384,
          X9ObjectIdentifiers.ecdsa_with_SHA512,
          PKCSObjectIdentifiers.sha256WithRSAEncryption,
          PKCSObjectIdentifiers.sha384WithRSAEncryption,
          PKCSObjectIdentifiers.sha512WithRSAEncryption,
          PKCSObjectIdentifiers.id_RSASSA_PSS);

  private static final Set<ASN1ObjectIdentifier> HASHES =
      Set.of(
          NISTObjectIdentifiers.id_sha256,
          NISTObjectIdentifiers.id_sha384,
          NISTObjectIdentifiers.id_sha512);

  private final byte[] der;
  private final Digest fingerprint;
  private final Digest keyFingerprint;
  private final boolean selfSigned;
  private final Instant notBefore;
  private final Instant notAfter;
  private final VerificationKey key;

  private PublisherCertificate(byte[] der, Certificate certificate) throws IOException {
    this.der = der;
    fingerprint = Digest.sha256(der);
    keyFingerprint = VerificationKey.fingerprint(certificate.getSubjectPublicKeyInfo());
    selfSigned = certificate.getIssuer().equals(certificate.getSubject());
    notBefore = certificate.getStartDate().getDate().toInstant();
    notAfter = certificate.getEndDate().getDate().toInstant();
    key = VerificationKey.of(certificate.getSubjectPublicKeyInfo());
  }

  /**
   * Reads a certificate and holds it against the profile.
   *
   * @throws BundleException if it is too large, not canonical DER, or not for signing code
   */
  public static PublisherCertificate parse(byte[] der) {
    Certificate certificate = parseDer(der);
    try {
      requireProfile(certificate);
      PublisherCertificate parsed = new PublisherCertificate(der.clone(), certificate);
      require(!parsed.selfSigned || isSignedByItself(certificate), "signature");
      return parsed;
    } catch (BundleException e) {
      throw e;
    } catch (IOException | CertException | OperatorCreationException | RuntimeException e) {
      // The ASN.1 parser has many ways to fail on hostile bytes.
      throw new BundleException(CERTIFICATE_PROFILE, e).with("rule", "der");
    }
  }

  /** Reads a certificate from its PEM text, one block. */
  public static PublisherCertificate parsePem(String pem) {
    return parse(Pem.read("CERTIFICATE", pem));
  }

  /** Reads canonical DER, so that no two byte strings are one certificate. */
  static Certificate parseDer(byte[] der) {
    if (der.length > MAX_BYTES) {
      throw new BundleException(CERTIFICATE_TOO_LARGE).with("bytes", der.length);
    }
    try {
      Certificate certificate = Certificate.getInstance(der);
      require(Arrays.equals(certificate.getEncoded(ASN1Encoding.DER), der), "der");
      return certificate;
    } catch (BundleException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new BundleException(CERTIFICATE_PROFILE, e).with("rule", "der");
    }
  }

  /**
   * A certificate for a key that nobody but itself vouches for.
   *
   * @param from the first second at which it is valid
   * @param until the last one
   */
  public static PublisherCertificate selfSigned(
      String commonName, SigningKey key, SecureRandom random, Instant from, Instant until) {
    try {
      X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
      byte[] der =
          new X509v3CertificateBuilder(
                  name,
                  new BigInteger(127, random).setBit(126),
                  Date.from(from.truncatedTo(ChronoUnit.SECONDS)),
                  Date.from(until.truncatedTo(ChronoUnit.SECONDS)),
                  name,
                  key.publicKey())
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
              .addExtension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning))
              .build(key.contentSigner())
              .getEncoded();
      return parse(der);
    } catch (IOException e) {
      throw new IllegalStateException("a certificate of our own is well-formed", e);
    }
  }

  private static void requireProfile(Certificate certificate) throws IOException {
    require(certificate.getVersionNumber() == 3, "version");
    VerificationKey.of(certificate.getSubjectPublicKeyInfo());
    requireSignature(certificate);
    Extensions extensions = certificate.getTBSCertificate().getExtensions();
    require(extensions != null, "extensions");
    require(CRITICAL.containsAll(List.of(extensions.getCriticalExtensionOIDs())), "extensions");
    BasicConstraints constraints = BasicConstraints.fromExtensions(extensions);
    require(constraints == null || !constraints.isCA(), "ca");
    KeyUsage usage = KeyUsage.fromExtensions(extensions);
    require(usage != null && usage.hasUsages(KeyUsage.digitalSignature), "key-usage");
    require(!usage.hasUsages(KeyUsage.keyCertSign), "key-usage");
    ExtendedKeyUsage purposes = ExtendedKeyUsage.fromExtensions(extensions);
    require(
        purposes != null && purposes.hasKeyPurposeId(KeyPurposeId.id_kp_codeSigning),
        "extended-key-usage");
  }

  /** Refuses weak hashes, and two names for the algorithm. */
  static void requireSignature(Certificate certificate) {
    AlgorithmIdentifier algorithm = certificate.getSignatureAlgorithm();
    require(algorithm.equals(certificate.getTBSCertificate().getSignature()), "signature");
    require(SIGNATURES.contains(algorithm.getAlgorithm()), "signature");
    if (algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.id_RSASSA_PSS)) {
      RSASSAPSSparams parameters = RSASSAPSSparams.getInstance(algorithm.getParameters());
      require(parameters != null, "signature");
      AlgorithmIdentifier mask =
          AlgorithmIdentifier.getInstance(parameters.getMaskGenAlgorithm().getParameters());
      require(
          HASHES.contains(parameters.getHashAlgorithm().getAlgorithm())
              && mask != null
              && HASHES.contains(mask.getAlgorithm()),
          "signature");
    }
  }

  private static boolean isSignedByItself(Certificate certificate)
      throws IOException, CertException, OperatorCreationException {
    ASN1ObjectIdentifier key = certificate.getSubjectPublicKeyInfo().getAlgorithm().getAlgorithm();
    if (key.equals(EdECObjectIdentifiers.id_Ed25519)) {
      byte[] signed = certificate.getTBSCertificate().getEncoded(ASN1Encoding.DER);
      return certificate
              .getSignatureAlgorithm()
              .getAlgorithm()
              .equals(EdECObjectIdentifiers.id_Ed25519)
          && VerificationKey.of(certificate.getSubjectPublicKeyInfo())
              .verifies(signed, certificate.getSignature().getOctets());
    }
    var digests = new DefaultDigestAlgorithmIdentifierFinder();
    BcContentVerifierProviderBuilder builder =
        key.equals(X9ObjectIdentifiers.id_ecPublicKey)
            ? new BcECContentVerifierProviderBuilder(digests)
            : new BcRSAContentVerifierProviderBuilder(digests);
    X509CertificateHolder holder = new X509CertificateHolder(certificate);
    ContentVerifierProvider verifier = builder.build(holder);
    return holder.isSignatureValid(verifier);
  }

  private static void require(boolean condition, String rule) {
    if (!condition) {
      throw new BundleException(CERTIFICATE_PROFILE).with("rule", rule);
    }
  }

  /** The SHA-256 of the certificate, by which it is pinned. */
  public Digest fingerprint() {
    return fingerprint;
  }

  /** The SHA-256 of its public key (SPKI), which a renewal over the same key keeps. */
  public Digest keyFingerprint() {
    return keyFingerprint;
  }

  /** The publisher id of an app whose first certificate this is. */
  public String publisherId() {
    byte[] base32 = Base32.encode(keyFingerprint.bytes());
    return new String(base32, StandardCharsets.US_ASCII).replace("=", "");
  }

  /** Whether nobody else vouches for it. */
  public boolean isSelfSigned() {
    return selfSigned;
  }

  /** How its key signs. */
  public SignatureAlgorithm algorithm() {
    return key.algorithm();
  }

  /** The first second at which it is valid. */
  public Instant notBefore() {
    return notBefore;
  }

  /** The last second at which it is valid. */
  public Instant notAfter() {
    return notAfter;
  }

  /** The certificate's bytes, as a fresh array. */
  public byte[] der() {
    return der.clone();
  }

  /** The certificate as PEM text. */
  public String pem() {
    return Pem.write("CERTIFICATE", der);
  }

  /**
   * Refuses a time at which the certificate is not valid; the second of {@link #notAfter} is still
   * within.
   */
  public void requireValidAt(Instant time) {
    Instant second = time.truncatedTo(ChronoUnit.SECONDS);
    if (second.isAfter(notAfter)) {
      throw new BundleException(CERTIFICATE_EXPIRED)
          .with("certificate", fingerprint)
          .with("not_after", notAfter);
    }
    if (second.isBefore(notBefore)) {
      throw new BundleException(CERTIFICATE_NOT_YET_VALID)
          .with("certificate", fingerprint)
          .with("not_before", notBefore);
    }
  }

  /** Whether the signature over these bytes is one of this certificate's key. */
  boolean verifies(byte[] signed, byte[] signature) {
    return key.verifies(signed, signature);
  }

  boolean belongsTo(SigningKey signingKey) {
    try {
      return VerificationKey.fingerprint(signingKey.publicKey()).equals(keyFingerprint);
    } catch (IOException e) {
      throw new IllegalStateException("a key that was read can be written", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PublisherCertificate certificate
        && fingerprint.equals(certificate.fingerprint);
  }

  @Override
  public int hashCode() {
    return fingerprint.hashCode();
  }

  /** Names the certificate by its fingerprint. */
  @Override
  public String toString() {
    return "PublisherCertificate[" + fingerprint + ", until " + notAfter + "]";
  }
}
