package dev.slipway.ingest.air;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_NOT_YET_VALID;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.ingest.lineage.LineageStep;
import java.io.ByteArrayInputStream;
import java.security.Provider;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/// Who signed an AIR package: a certificate for signing code, with what it was sent with.
///
/// @param chain the certificate first, then what else came, each in DER
record AirSigner(X509Certificate certificate, Digest fingerprint, List<byte[]> chain) {

  /// One instance, never the platform's default.
  static final Provider PROVIDER = new BouncyCastleProvider();

  private static final int MAX_BYTES = 16 << 10;
  private static final int LEAST_BITS = 2048;
  private static final int MOST_BITS = 8192;
  private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

  AirSigner {
    chain = List.copyOf(chain);
  }

  static AirSigner parse(byte[] der) {
    if (der.length > MAX_BYTES) {
      throw new BundleException(CERTIFICATE_TOO_LARGE).with("bytes", der.length);
    }
    try {
      var certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509", PROVIDER)
                  .generateCertificate(new ByteArrayInputStream(der));
      if (certificate == null) throw profile("der");
      return new AirSigner(certificate, Digest.sha256(der), List.of(der));
    } catch (CertificateException | RuntimeException e) {
      // The ASN.1 parser has many ways to fail on hostile bytes.
      throw e instanceof BundleException refusal ? refusal : profile("der");
    }
  }

  AirSigner with(List<byte[]> others) {
    return new AirSigner(certificate, fingerprint, others);
  }

  /// What the lineage remembers of it.
  LineageStep.Signer signer() {
    return new LineageStep.Signer(
        fingerprint,
        chain.getFirst(),
        Digest.sha256(publicKey().getEncoded()),
        certificate.getNotBefore().toInstant(),
        notAfter());
  }

  boolean isRsa() {
    return publicKey() instanceof RSAPublicKey;
  }

  PublicKey publicKey() {
    return certificate.getPublicKey();
  }

  int modulusBytes() {
    return publicKey() instanceof RSAPublicKey key ? (key.getModulus().bitLength() + 7) / 8 : 0;
  }

  Instant notAfter() {
    return certificate.getNotAfter().toInstant();
  }

  /// Refuses a certificate that is not for signing code.
  AirSigner requireProfile() {
    try {
      int bits = publicKey() instanceof RSAPublicKey key ? key.getModulus().bitLength() : 0;
      if (bits < LEAST_BITS || bits > MOST_BITS) throw profile("rsa");
      if (certificate.getBasicConstraints() >= 0) throw profile("ca");
      boolean[] usage = certificate.getKeyUsage();
      if (usage != null && !usage[0]) throw profile("key-usage");
      List<String> purposes = certificate.getExtendedKeyUsage();
      if (purposes == null || !purposes.contains(CODE_SIGNING)) {
        throw profile("extended-key-usage");
      }
      return this;
    } catch (CertificateException e) {
      throw profile("extended-key-usage");
    }
  }

  /// Refuses a time at which it is not valid; the second of [#notAfter()] is still within.
  void requireValidAt(Instant time) {
    if (time.truncatedTo(ChronoUnit.SECONDS).isAfter(notAfter())) {
      throw new BundleException(CERTIFICATE_EXPIRED).with("not_after", notAfter());
    }
    Instant notBefore = certificate.getNotBefore().toInstant();
    if (time.isBefore(notBefore)) {
      throw new BundleException(CERTIFICATE_NOT_YET_VALID).with("not_before", notBefore);
    }
  }

  private static BundleException profile(String rule) {
    return new BundleException(CERTIFICATE_PROFILE).with("rule", rule);
  }
}
