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
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
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
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.bc.BcEdECContentSignerBuilder;
import org.bouncycastle.util.encoders.Base32;

/**
 * The certificate that a publisher signs with: self-signed, Ed25519, for signing code. It is
 * trusted because its fingerprint was pinned when the app was registered, and for no other reason.
 */
public final class PublisherCertificate {

  /** The most bytes that a certificate, or a chain of them, may have. */
  static final int MAX_BYTES = 16 << 10;

  private static final int SIGNATURE = 64;

  private final byte[] der;
  private final Digest fingerprint;
  private final String publisherId;
  private final Instant notBefore;
  private final Instant notAfter;
  private final Ed25519PublicKeyParameters publicKey;

  private PublisherCertificate(byte[] der, Certificate certificate) throws IOException {
    this.der = der;
    fingerprint = Digest.sha256(der);
    SubjectPublicKeyInfo keyInfo = certificate.getSubjectPublicKeyInfo();
    publisherId = publisherId(keyInfo.getEncoded(ASN1Encoding.DER));
    notBefore = certificate.getStartDate().getDate().toInstant();
    notAfter = certificate.getEndDate().getDate().toInstant();
    publicKey = new Ed25519PublicKeyParameters(keyInfo.getPublicKeyData().getOctets());
  }

  /**
   * Reads a certificate and holds it against the profile.
   *
   * @throws BundleException if it is too large, not canonical DER, or not for signing code
   */
  public static PublisherCertificate parse(byte[] der) {
    if (der.length > MAX_BYTES) {
      throw new BundleException(CERTIFICATE_TOO_LARGE).with("bytes", der.length);
    }
    try {
      Certificate certificate = Certificate.getInstance(der);
      // Only canonical DER, so that no two byte strings are one certificate.
      require(Arrays.equals(certificate.getEncoded(ASN1Encoding.DER), der), "der");
      requireProfile(certificate);
      PublisherCertificate parsed = new PublisherCertificate(der.clone(), certificate);
      byte[] signature = certificate.getSignature().getOctets();
      byte[] signed = certificate.getTBSCertificate().getEncoded(ASN1Encoding.DER);
      require(parsed.verifies(signed, signature), "signature");
      return parsed;
    } catch (BundleException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The ASN.1 parser has many ways to fail on hostile bytes.
      throw new BundleException(CERTIFICATE_PROFILE, e).with("rule", "der");
    }
  }

  /** Reads a certificate from its PEM text. */
  public static PublisherCertificate parsePem(String pem) {
    return parse(Pem.read("CERTIFICATE", pem));
  }

  static PublisherCertificate selfSigned(
      String commonName,
      Ed25519PrivateKeyParameters key,
      SecureRandom random,
      Instant from,
      Instant until) {
    try {
      X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
      SubjectPublicKeyInfo keyInfo =
          new SubjectPublicKeyInfo(
              new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519),
              key.generatePublicKey().getEncoded());
      byte[] der =
          new X509v3CertificateBuilder(
                  name,
                  new BigInteger(127, random).setBit(126),
                  Date.from(from.truncatedTo(ChronoUnit.SECONDS)),
                  Date.from(until.truncatedTo(ChronoUnit.SECONDS)),
                  name,
                  keyInfo)
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
              .addExtension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning))
              .build(
                  new BcEdECContentSignerBuilder(
                          new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519))
                      .build(key))
              .getEncoded();
      return parse(der);
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("a certificate of our own is well-formed", e);
    }
  }

  private static void requireProfile(Certificate certificate) {
    SubjectPublicKeyInfo keyInfo = certificate.getSubjectPublicKeyInfo();
    AlgorithmIdentifier ed25519 = new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519);
    require(certificate.getVersionNumber() == 3, "version");
    require(keyInfo.getAlgorithm().equals(ed25519), "key");
    byte[] point = keyInfo.getPublicKeyData().getOctets();
    require(
        point.length == Ed25519PublicKeyParameters.KEY_SIZE
            && Ed25519.validatePublicKeyFull(point, 0),
        "key");
    require(certificate.getSignatureAlgorithm().equals(ed25519), "signature");
    require(certificate.getTBSCertificate().getSignature().equals(ed25519), "signature");
    require(certificate.getIssuer().equals(certificate.getSubject()), "issuer");
    Extensions extensions = certificate.getTBSCertificate().getExtensions();
    require(extensions != null, "extensions");
    for (var critical : extensions.getCriticalExtensionOIDs()) {
      require(
          critical.equals(Extension.basicConstraints)
              || critical.equals(Extension.keyUsage)
              || critical.equals(Extension.extendedKeyUsage),
          "extensions");
    }
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

  private static void require(boolean condition, String rule) {
    if (!condition) {
      throw new BundleException(CERTIFICATE_PROFILE).with("rule", rule);
    }
  }

  private static String publisherId(byte[] keyInfo) {
    byte[] base32 = Base32.encode(Digest.sha256(keyInfo).bytes());
    return new String(base32, StandardCharsets.US_ASCII).replace("=", "");
  }

  /** The SHA-256 of the certificate, by which it is pinned. */
  public Digest fingerprint() {
    return fingerprint;
  }

  /** The publisher id of an app whose first certificate this is. */
  public String publisherId() {
    return publisherId;
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
    if (time.truncatedTo(ChronoUnit.SECONDS).isAfter(notAfter)) {
      throw new BundleException(CERTIFICATE_EXPIRED).with("not_after", notAfter);
    }
    if (time.isBefore(notBefore)) {
      throw new BundleException(CERTIFICATE_NOT_YET_VALID).with("not_before", notBefore);
    }
  }

  /** Whether the signature over these bytes is one of this certificate's key. */
  boolean verifies(byte[] signed, byte[] signature) {
    if (signature.length != SIGNATURE) {
      return false;
    }
    Ed25519Signer verifier = new Ed25519Signer();
    verifier.init(false, publicKey);
    verifier.update(signed, 0, signed.length);
    return verifier.verifySignature(signature);
  }

  boolean belongsTo(Ed25519PrivateKeyParameters key) {
    return Arrays.equals(key.generatePublicKey().getEncoded(), publicKey.getEncoded());
  }

  /** Names the certificate by its fingerprint. */
  @Override
  public String toString() {
    return "PublisherCertificate[" + fingerprint + ", until " + notAfter + "]";
  }
}
