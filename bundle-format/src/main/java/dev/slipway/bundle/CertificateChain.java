package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PATH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * A publisher's certificate and those who vouch for it: the leaf first, each certificate followed
 * by its issuer, the root last. A self-signed leaf stands alone.
 *
 * <p>Nothing is looked for anywhere: what is not in the chain does not exist, and no address in a
 * certificate is ever fetched.
 */
public final class CertificateChain {

  /** The most certificates in a chain. */
  public static final int MAX_CERTIFICATES = 4;

  /** An instance of our own: what the process has installed does not matter. */
  private static final class Provider {
    static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();
  }

  private final PublisherCertificate leaf;
  private final List<byte[]> issuers;

  private CertificateChain(PublisherCertificate leaf, List<byte[]> issuers) {
    this.leaf = leaf;
    this.issuers = issuers;
  }

  /** The chain of a leaf that stands alone. */
  public static CertificateChain of(PublisherCertificate leaf) {
    return new CertificateChain(leaf, List.of());
  }

  /**
   * Reads a chain, leaf first, and holds each certificate against the profile of its place. Whether
   * the chain holds, and whom it ends at, is asked by {@link #requirePath}.
   *
   * @throws BundleException if there are too many certificates or bytes, one twice, or one outside
   *     the profile
   */
  public static CertificateChain parse(List<byte[]> certificates) {
    long bytes = certificates.stream().mapToLong(der -> der.length).sum();
    if (bytes > PublisherCertificate.MAX_BYTES) {
      throw new BundleException(CERTIFICATE_TOO_LARGE).with("bytes", bytes);
    }
    if (certificates.isEmpty() || certificates.size() > MAX_CERTIFICATES) {
      throw new BundleException(CERTIFICATE_PATH).with("certificates", certificates.size());
    }
    PublisherCertificate leaf = PublisherCertificate.parse(certificates.get(0));
    List<byte[]> issuers = new ArrayList<>();
    Set<Digest> seen = new HashSet<>(Set.of(leaf.fingerprint()));
    for (byte[] issuer : certificates.subList(1, certificates.size())) {
      if (!seen.add(Digest.sha256(issuer))) {
        throw new BundleException(CERTIFICATE_PATH).with("rule", "twice");
      }
      requireIssuer(issuer);
      issuers.add(issuer.clone());
    }
    if (leaf.isSelfSigned() && !issuers.isEmpty()) {
      throw new BundleException(CERTIFICATE_PATH).with("rule", "self-signed");
    }
    return new CertificateChain(leaf, List.copyOf(issuers));
  }

  /** Reads a chain from PEM, leaf first. */
  public static CertificateChain parsePem(String pem) {
    return parse(Pem.readAll("CERTIFICATE", pem));
  }

  private static void requireIssuer(byte[] der) {
    Certificate certificate = PublisherCertificate.parseDer(der);
    try {
      PublisherCertificate.requireSignature(certificate);
      VerificationKey.requireIssuer(certificate.getSubjectPublicKeyInfo());
      Extensions extensions = certificate.getTBSCertificate().getExtensions();
      BasicConstraints constraints =
          extensions == null ? null : BasicConstraints.fromExtensions(extensions);
      require(constraints != null && constraints.isCA(), "ca");
      KeyUsage usage = KeyUsage.fromExtensions(extensions);
      require(usage != null && usage.hasUsages(KeyUsage.keyCertSign), "key-usage");
      ExtendedKeyUsage purposes = ExtendedKeyUsage.fromExtensions(extensions);
      require(
          purposes == null
              || purposes.hasKeyPurposeId(KeyPurposeId.id_kp_codeSigning)
              || purposes.hasKeyPurposeId(KeyPurposeId.anyExtendedKeyUsage),
          "extended-key-usage");
    } catch (BundleException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new BundleException(CERTIFICATE_PROFILE, e).with("rule", "der");
    }
  }

  private static void require(boolean condition, String rule) {
    if (!condition) {
      throw new BundleException(CERTIFICATE_PATH).with("rule", rule);
    }
  }

  /** The certificate that signs. */
  public PublisherCertificate leaf() {
    return leaf;
  }

  /** All certificates as DER, leaf first, in fresh arrays. */
  public List<byte[]> der() {
    List<byte[]> all = new ArrayList<>();
    all.add(leaf.der());
    issuers.forEach(issuer -> all.add(issuer.clone()));
    return all;
  }

  /** The fingerprints of all certificates, leaf first. */
  public List<Digest> fingerprints() {
    return der().stream().map(Digest::sha256).collect(Collectors.toList());
  }

  /** The chain as PEM, leaf first. */
  public String pem() {
    return der().stream().map(der -> Pem.write("CERTIFICATE", der)).collect(Collectors.joining());
  }

  /**
   * Refuses a chain that does not hold: each certificate must have been issued by the next one, in
   * its time and within the bounds that it set (RFC 5280: path length, names, policies), and one of
   * them must be pinned. A self-signed leaf has no path; whether it is trusted is {@link
   * Continuity}'s question alone.
   *
   * @param pinned fingerprints of certificates that may sign for the app, or issue those who do
   * @param time when the issuers must be valid; outside the leaf's own validity its nearest end
   *     counts, so that an expired leaf is told from a broken path
   * @throws BundleException with {@code CERTIFICATE_PATH}
   */
  public void requirePath(Collection<Digest> pinned, Instant time) {
    if (leaf.isSelfSigned()) {
      return;
    }
    if (!issuers.isEmpty()) {
      requireIssued(within(time));
    }
    if (fingerprints().stream().noneMatch(pinned::contains)) {
      throw new BundleException(CERTIFICATE_PATH).with("rule", "pinned");
    }
  }

  private Instant within(Instant time) {
    if (time.isBefore(leaf.notBefore())) {
      return leaf.notBefore();
    }
    return time.isAfter(leaf.notAfter()) ? leaf.notAfter() : time;
  }

  private void requireIssued(Instant time) {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509", Provider.BOUNCY_CASTLE);
      List<X509Certificate> certificates = new ArrayList<>();
      for (byte[] der : der()) {
        certificates.add(
            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
      for (int i = 1; i < certificates.size(); i++) {
        // The provider would put them in order by itself.
        require(
            certificates
                .get(i - 1)
                .getIssuerX500Principal()
                .equals(certificates.get(i).getSubjectX500Principal()),
            "order");
      }
      X509Certificate root = certificates.get(certificates.size() - 1);
      require(root.getSubjectX500Principal().equals(root.getIssuerX500Principal()), "root");
      // The root by name and key, and once more as part of the path: so that its own bounds count.
      TrustAnchor anchor =
          new TrustAnchor(root.getSubjectX500Principal(), root.getPublicKey(), null);
      PKIXParameters parameters = new PKIXParameters(Set.of(anchor));
      // Revoked is what the app's owner revoked: nobody else is asked, nothing is fetched.
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(time));
      CertPathValidator.getInstance("PKIX", Provider.BOUNCY_CASTLE)
          .validate(factory.generateCertPath(certificates), parameters);
    } catch (CertPathValidatorException e) {
      throw new BundleException(CERTIFICATE_PATH, e).with("certificate", e.getIndex());
    } catch (BundleException e) {
      throw e;
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new BundleException(CERTIFICATE_PATH, e);
    }
  }

  /** Names the leaf. */
  @Override
  public String toString() {
    return "CertificateChain[" + leaf + ", issuers=" + issuers.size() + "]";
  }
}
