package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_DIGEST;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_NOT_YET_VALID;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PATH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;
import static dev.slipway.bundle.BundleException.Reason.CRIT;
import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.HEADER_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.JSON_DUPLICATE_MEMBER;
import static dev.slipway.bundle.BundleException.Reason.JSON_INVALID;
import static dev.slipway.bundle.BundleException.Reason.MANIFEST_NOT_CANONICAL;
import static dev.slipway.bundle.BundleException.Reason.MANIFEST_TOO_LARGE;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_MISSING;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REDUNDANT;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_MISSING;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_SET;
import static dev.slipway.bundle.BundleException.Reason.TYP;
import static dev.slipway.bundle.BundleException.Reason.UNKNOWN_MEMBER;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Golden.LEAF;
import static dev.slipway.bundle.Golden.NOW;
import static dev.slipway.bundle.Refusal.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.SignedManifest.Signature;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ManifestVerifierTest {

  private static final byte[] JWS = Golden.jws();
  private static final SignedManifest SIGNED = SignedManifest.parse(JWS);
  private static final Signature SIGNATURE = SIGNED.signatures().get(0);
  private static final String HEADER = new String(SIGNATURE.headerBytes(), UTF_8);
  private static final String LEAF_BASE64 =
      Base64.getEncoder().encodeToString(KEYS.certificate().der());

  @Test
  void verifiesTheGoldenManifest() {
    VerifiedManifest verified = ManifestVerifier.verify(JWS, LEAF, NOW);

    assertThat(verified.manifest()).isEqualTo(ManifestVerifier.readUnverified(JWS));
    assertThat(verified.digest()).isEqualTo(Digest.sha256(JWS));
    assertThat(verified.leaf().fingerprint()).isEqualTo(LEAF);
  }

  static List<Arguments> headers() {
    String chain = "[\"" + LEAF_BASE64 + "\"]";
    return List.of(
        // C2
        change("\"Ed25519\"", "\"none\"", ALG_NOT_ALLOWED),
        change("\"Ed25519\"", "\"HS256\"", ALG_NOT_ALLOWED),
        change("\"Ed25519\"", "\"RS256\"", ALG_NOT_ALLOWED),
        change("\"Ed25519\"", "\"EdDSA\"", ALG_NOT_ALLOWED),
        change("\"Ed25519\"", "\"ed25519\"", ALG_NOT_ALLOWED),
        change("\"Ed25519\"", "\"ES256\"", ALG_NOT_ALLOWED),
        change("\"Ed25519\"", "\"PS256\"", ALG_NOT_ALLOWED),
        change("\"alg\":\"Ed25519\",", "", MEMBER_MISSING),
        // C6
        change("{\"alg\"", "{\"jwk\":{},\"alg\"", HEADER_NOT_ALLOWED),
        change("{\"alg\"", "{\"jku\":\"https://a.test/\",\"alg\"", HEADER_NOT_ALLOWED),
        change("{\"alg\"", "{\"x5u\":\"https://a.test/\",\"alg\"", HEADER_NOT_ALLOWED),
        change("{\"alg\"", "{\"kid\":\"a\",\"alg\"", HEADER_NOT_ALLOWED),
        change("{\"alg\"", "{\"b64\":false,\"alg\"", HEADER_NOT_ALLOWED),
        change("{\"alg\"", "{\"to_x5t#S256\":\"" + LEAF + "\",\"alg\"", HEADER_NOT_ALLOWED),
        // C7
        change("[\"role\"]", "[\"role\",\"exp\"]", CRIT),
        change("[\"role\"]", "[\"role\",\"role\"]", CRIT),
        change("[\"role\"]", "[\"exp\"]", CRIT),
        change("[\"role\"]", "[]", CRIT),
        change(",\"crit\":[\"role\"]", "", CRIT),
        // C8
        change("\"role\":\"publisher\"", "\"role\":\"admin\"", SIGNATURE_SET),
        // C10
        change(LEAF.text(), Digest.sha256(new byte[0]).text(), CERTIFICATE_DIGEST),
        change(LEAF.text(), LEAF + "=", ENCODING),
        // C11
        change("slipway-manifest+jws", "slipway-release+jws", TYP),
        change("slipway-manifest+jws", "JWT", TYP),
        // C15, C18
        change(chain, "[]", CERTIFICATE_PATH),
        change(chain, "[\"" + LEAF_BASE64 + "\",\"" + LEAF_BASE64 + "\"]", CERTIFICATE_PATH),
        change(
            chain,
            "[" + String.join(",", Collections.nCopies(50, "\"AAAA\"")) + "]",
            CERTIFICATE_PATH),
        change(LEAF_BASE64, "A".repeat(100_000), CERTIFICATE_TOO_LARGE),
        change(LEAF_BASE64, LEAF_BASE64.replace('+', '-'), ENCODING),
        // B1, B2
        change("{\"alg\"", "{\"alg\":\"none\",\"alg\"", JSON_DUPLICATE_MEMBER),
        change("}", "", JSON_INVALID));
  }

  @ParameterizedTest(name = "{index} {2}")
  @MethodSource("headers")
  void refusesEveryOtherHeaderEvenIfSigned(String target, String replacement, Reason reason) {
    String changed = HEADER.replace(target, replacement);
    assertThat(changed).isNotEqualTo(HEADER);

    byte[] jws = new SignedManifest(SIGNED.payload(), List.of(sign(changed))).write();

    assertRefused(reason, () -> ManifestVerifier.verify(jws, LEAF, NOW));
  }

  @Test
  void refusesAManifestWithoutSignature() {
    byte[] jws = new SignedManifest(SIGNED.payload(), List.of()).write();

    assertRefused(SIGNATURE_MISSING, () -> ManifestVerifier.verify(jws, LEAF, NOW));
  }

  @Test
  void refusesOtherSetsOfSignatures() {
    Signature migration =
        sign(
            HEADER
                .replace("\"role\":\"publisher\"", "\"role\":\"migration\"")
                .replace(
                    "[\"role\"]", "[\"role\",\"to_x5t#S256\"],\"to_x5t#S256\":\"" + LEAF + "\""));

    assertRefused(SIGNATURE_SET, () -> verify(SIGNATURE, SIGNATURE));
    assertRefused(SIGNATURE_SET, () -> verify(SIGNATURE, SIGNATURE, SIGNATURE));
    assertRefused(SIGNATURE_SET, () -> verify(migration));
    assertRefused(SIGNATURE_SET, () -> verify(migration, migration));
    assertRefused(MIGRATION_REDUNDANT, () -> verify(SIGNATURE, migration));
    assertRefused(
        SIGNATURE_INVALID,
        () -> verify(SIGNATURE, new Signature(migration.header(), SIGNATURE.signature())));
  }

  @Test
  void refusesAnotherPayload() {
    String payload = Golden.payload();
    String flipped = payload.replace("\"security_epoch\":1", "\"security_epoch\":0");
    String spaced = payload.replace("\"security_epoch\":1", "\"security_epoch\": 1");

    for (String other : List.of(flipped, spaced)) {
      String encoded = Base64Url.encode(other.getBytes(UTF_8));
      byte[] jws = new SignedManifest(encoded, List.of(SIGNATURE)).write();
      assertRefused(SIGNATURE_INVALID, () -> ManifestVerifier.verify(jws, LEAF, NOW));
    }
  }

  static List<byte[]> signatures() {
    byte[] good = SIGNATURE.signatureBytes();
    List<byte[]> bad = new ArrayList<>();
    bad.add(new byte[0]);
    bad.add(new byte[64]);
    bad.add(Arrays.copyOf(good, 63));
    bad.add(Arrays.copyOf(good, 65));
    bad.add(withAddedOrder(good));
    for (int bit = 0; bit < 512; bit += 7) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      bad.add(flipped);
    }
    return bad;
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("signatures")
  void refusesMalformedAndWrongSignatures(byte[] signature) {
    Signature bad = new Signature(SIGNATURE.header(), Base64Url.encode(signature));

    assertRefused(SIGNATURE_INVALID, () -> verify(bad));
  }

  @Test
  void refusesFlippedBits() {
    // Every seventh bit: that meets nearly each byte, and all places within a byte.
    for (int bit = 0; bit < 8 * JWS.length; bit += 7) {
      byte[] flipped = JWS.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      BundleException refused =
          catchThrowableOfType(
              BundleException.class, () -> ManifestVerifier.verify(flipped, LEAF, NOW));
      assertThat(refused).as("bit " + bit).isNotNull();
    }
  }

  static String[] outerForms() {
    String jws = new String(JWS, UTF_8);
    return new String[] {
      jws + "\n",
      " " + jws,
      jws.replace("\"signatures\":", "\"signatures\" :"),
      jws.replace("payload", "p\\u0061yload"),
      "{"
          + jws.substring(jws.indexOf("\"signatures\""), jws.length() - 1)
          + ","
          + jws.substring(1, jws.indexOf(",\"signatures\""))
          + "}",
    };
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("outerForms")
  void refusesEveryOtherFormOfTheOuterJson(String jws) {
    assertRefused(
        MANIFEST_NOT_CANONICAL, () -> ManifestVerifier.verify(jws.getBytes(UTF_8), LEAF, NOW));
  }

  @Test
  void refusesUnprotectedHeaders() {
    String jws = new String(JWS, UTF_8).replace("{\"protected\"", "{\"header\":{},\"protected\"");

    assertRefused(UNKNOWN_MEMBER, () -> ManifestVerifier.verify(jws.getBytes(UTF_8), LEAF, NOW));
  }

  @Test
  void refusesManifestsBeyondTheLimitUnread() {
    byte[] jws = new byte[Manifest.MAX_BYTES + 1];

    assertRefused(MANIFEST_TOO_LARGE, () -> ManifestVerifier.verify(jws, LEAF, NOW));
  }

  @Test
  void asksWhetherTheCertificateIsValidAtThatTime() {
    var from = KEYS.certificate().notBefore();
    var until = KEYS.certificate().notAfter();

    assertThat(ManifestVerifier.verify(JWS, LEAF, from)).isNotNull();
    assertThat(ManifestVerifier.verify(JWS, LEAF, until)).isNotNull();
    assertThat(ManifestVerifier.verify(JWS, LEAF, until.plusMillis(999))).isNotNull();
    assertRefused(
        CERTIFICATE_NOT_YET_VALID, () -> ManifestVerifier.verify(JWS, LEAF, from.minusMillis(1)));
    assertRefused(
        CERTIFICATE_EXPIRED, () -> ManifestVerifier.verify(JWS, LEAF, until.plusSeconds(1)));
  }

  @Test
  void refusesAGoodSignatureByACertificateThatIsNotPinned() {
    Digest other = Digest.sha256(new byte[0]);

    assertRefused(MIGRATION_REQUIRED, () -> ManifestVerifier.verify(JWS, other, NOW));
  }

  @Test
  void refusesBytesThatAreNoCertificate() {
    byte[] bytes = new byte[100];
    String header =
        HEADER
            .replace(LEAF_BASE64, Base64.getEncoder().encodeToString(bytes))
            .replace(LEAF.text(), Digest.sha256(bytes).text());

    assertRefused(CERTIFICATE_PROFILE, () -> verify(sign(header)));
  }

  private static VerifiedManifest verify(Signature... signatures) {
    byte[] jws = new SignedManifest(SIGNED.payload(), List.of(signatures)).write();
    return ManifestVerifier.verify(jws, LEAF, NOW);
  }

  private static Signature sign(String header) {
    Signature unsigned = new Signature(Base64Url.encode(header.getBytes(UTF_8)), "");
    byte[] signature = KEYS.sign(unsigned.signingInput(SIGNED.payload()));
    return new Signature(unsigned.header(), Base64Url.encode(signature));
  }

  private static Arguments change(String target, String replacement, Reason reason) {
    return Arguments.of(target, replacement, reason);
  }

  /** The same signature with s + L in place of s, which careless verifiers accept. */
  private static byte[] withAddedOrder(byte[] signature) {
    BigInteger order =
        BigInteger.ONE.shiftLeft(252).add(new BigInteger("27742317777372353535851937790883648493"));
    byte[] s = new byte[32];
    for (int i = 0; i < 32; i++) {
      s[i] = signature[63 - i];
    }
    byte[] sum = new BigInteger(1, s).add(order).toByteArray();
    byte[] changed = signature.clone();
    for (int i = 0; i < 32; i++) {
      changed[32 + i] = i < sum.length ? sum[sum.length - 1 - i] : 0;
    }
    return changed;
  }
}
