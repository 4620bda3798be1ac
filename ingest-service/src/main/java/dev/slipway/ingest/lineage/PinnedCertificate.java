package dev.slipway.ingest.lineage;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x509.Certificate;

/// A certificate that somebody wants to pin: a leaf, or one that issues others. What it must be to
/// sign or to issue is checked where it does so; here only that it is a certificate, and not over.
final class PinnedCertificate {

  private static final int MAX_BYTES = 16 << 10;
  private static final int MAX_CHARACTERS = MAX_BYTES / 3 * 4 + 1024;
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----\\s*");

  private PinnedCertificate() {}

  /// The bytes of a certificate in PEM or base64.
  static byte[] der(String text) {
    if (text.length() > MAX_CHARACTERS) {
      throw new BundleException(CERTIFICATE_TOO_LARGE).with("characters", text.length());
    }
    var pem = PEM.matcher(text);
    String base64 = pem.matches() ? pem.group(1) : text;
    try {
      byte[] der = Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
      if (der.length > MAX_BYTES) {
        throw new BundleException(CERTIFICATE_TOO_LARGE).with("bytes", der.length);
      }
      return der;
    } catch (IllegalArgumentException e) {
      throw new BundleException(CERTIFICATE_PROFILE, e).with("rule", "encoding");
    }
  }

  /// What it says of itself.
  ///
  /// @throws BundleException `certificate-profile`, `certificate-expired`
  static LineageBook.Facts facts(byte[] der, Instant now) {
    Certificate certificate;
    LineageBook.Facts facts;
    try {
      certificate = Certificate.getInstance(der);
      if (!Arrays.equals(certificate.getEncoded(ASN1Encoding.DER), der)) {
        throw new BundleException(CERTIFICATE_PROFILE).with("rule", "der");
      }
      facts =
          new LineageBook.Facts(
              Digest.sha256(certificate.getSubjectPublicKeyInfo().getEncoded(ASN1Encoding.DER)),
              certificate.getStartDate().getDate().toInstant(),
              certificate.getEndDate().getDate().toInstant());
    } catch (BundleException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The ASN.1 parser has many ways to fail on hostile bytes.
      throw new BundleException(CERTIFICATE_PROFILE, e).with("rule", "der");
    }
    if (now.truncatedTo(ChronoUnit.SECONDS).isAfter(facts.notAfter())) {
      throw new BundleException(CERTIFICATE_EXPIRED).with("not_after", facts.notAfter());
    }
    return facts;
  }
}
