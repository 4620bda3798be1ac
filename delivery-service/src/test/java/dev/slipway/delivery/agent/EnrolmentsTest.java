package dev.slipway.delivery.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.agent.NewDevice;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.agent.RequestSignature.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Random;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EnrolmentsTest {

  private static final AppId APP = AppId.of("com.demo.a");
  private static final AppId OTHER = AppId.of("com.demo.b");
  private static final String TOKEN = "the app's enrolment token";
  private static final Digest STORED = Digest.sha256(TOKEN.getBytes(StandardCharsets.UTF_8));
  private static final Instant NOW = Samples.NOW;
  private static final byte[] BODY = "{\"events\":[]}".getBytes(StandardCharsets.UTF_8);
  private static final String PATH = "/v1/apps/com.demo.a/reports";

  private final Enrolments enrolments = new Enrolments(TokenKeys.random(new Random(1)));
  private final RequestSignature signatures = new RequestSignature(enrolments);
  private final SigningDevice device = new SigningDevice(7);

  @Test
  void enrolsAKeyWithTheAppsToken() {
    // When
    var enrolment = enrolments.enrol(APP, STORED, device.enrols(APP, TOKEN), NOW).orElseThrow();
    var again =
        enrolments.enrol(APP, STORED, device.enrols(APP, TOKEN), NOW.plusSeconds(9)).orElseThrow();

    // Then
    assertThat(again.deviceId()).isEqualTo(enrolment.deviceId());
    assertThat(enrolments.open(APP, enrolment.enrolment()))
        .hasValueSatisfying(
            it -> {
              assertThat(it.deviceId()).isEqualTo(enrolment.deviceId());
              assertThat(it.enrolledAt()).isEqualTo(NOW);
              assertThat(it.key()).isEqualTo(device.publicKey());
            });
    assertThat(enrolments.open(OTHER, enrolment.enrolment())).isEmpty();
    assertThat(enrolments.enrol(OTHER, STORED, device.enrols(OTHER, TOKEN), NOW).orElseThrow())
        .extracting(it -> it.deviceId())
        .isNotEqualTo(enrolment.deviceId());
  }

  @Test
  void refusesAnotherTokenAnotherSignerAndAClosedApp() {
    var request = device.enrols(APP, TOKEN);
    assertThat(enrolments.enrol(APP, STORED, device.enrols(APP, "a guess"), NOW)).isEmpty();
    assertThat(enrolments.enrol(APP, null, request, NOW)).isEmpty();
    assertThat(enrolments.enrol(OTHER, STORED, request, NOW)).as("signed for an app").isEmpty();
    var other = new SigningDevice(8).enrols(APP, TOKEN);
    assertThat(
            enrolments.enrol(
                APP, STORED, new NewDevice(request.publicKey(), TOKEN, other.signature()), NOW))
        .isEmpty();
    assertThat(
            enrolments.enrol(
                APP,
                STORED,
                new NewDevice(request.publicKey() + "A", TOKEN, other.signature()),
                NOW))
        .isEmpty();
  }

  @Test
  void aSignedRequestTellsWhoSentIt() {
    var signed = device.signs(enrolment(), "POST", PATH, BODY, NOW);
    assertThat(signatures.check(APP, "POST", PATH, signed, BODY, NOW.plusSeconds(299)))
        .isInstanceOfSatisfying(
            Outcome.Signed.class,
            it -> assertThat(it.device().key()).isEqualTo(device.publicKey()));
  }

  @Test
  void anUnsignedRequestIsAnonymous() {
    var none = new RequestSignature.Headers(null, "sha-256=:AA==:", null, null);
    assertThat(signatures.check(APP, "POST", PATH, none, BODY, NOW))
        .isInstanceOf(Outcome.Anonymous.class);
  }

  /// What can be wrong with a signed request.
  enum Flaw {
    ANOTHER_METHOD,
    ANOTHER_PATH,
    ANOTHER_BODY,
    ANOTHER_APP,
    TOO_OLD,
    TOO_EARLY,
    SOMEBODY_ELSES_ENROLMENT,
    NO_SIGNATURE,
    NO_DIGEST,
    ANOTHER_FORM,
    TRAILING_BYTE
  }

  @ParameterizedTest
  @EnumSource(Flaw.class)
  void aFlawBreaksIt(Flaw flaw) {
    // Given
    var good = device.signs(enrolment(), "POST", PATH, BODY, NOW);
    var stranger = new SigningDevice(9);
    byte[] changed = "{\"events\":[1]}".getBytes(StandardCharsets.UTF_8);

    // When
    var outcome =
        switch (flaw) {
          case ANOTHER_METHOD -> signatures.check(APP, "DELETE", PATH, good, BODY, NOW);
          case ANOTHER_PATH -> signatures.check(APP, "POST", PATH + "/x", good, BODY, NOW);
          case ANOTHER_BODY -> signatures.check(APP, "POST", PATH, good, changed, NOW);
          case ANOTHER_APP -> signatures.check(OTHER, "POST", PATH, good, BODY, NOW);
          case TOO_OLD -> signatures.check(APP, "POST", PATH, good, BODY, NOW.plusSeconds(301));
          case TOO_EARLY -> signatures.check(APP, "POST", PATH, good, BODY, NOW.minusSeconds(301));
          case SOMEBODY_ELSES_ENROLMENT ->
              signatures.check(
                  APP,
                  "POST",
                  PATH,
                  stranger.signs(enrolment(), "POST", PATH, BODY, NOW),
                  BODY,
                  NOW);
          case NO_SIGNATURE ->
              signatures.check(
                  APP,
                  "POST",
                  PATH,
                  new RequestSignature.Headers(good.enrolment(), good.digest(), good.input(), null),
                  BODY,
                  NOW);
          case NO_DIGEST ->
              signatures.check(
                  APP,
                  "POST",
                  PATH,
                  new RequestSignature.Headers(
                      good.enrolment(), null, good.input(), good.signature()),
                  BODY,
                  NOW);
          case ANOTHER_FORM ->
              signatures.check(
                  APP,
                  "POST",
                  PATH,
                  new RequestSignature.Headers(
                      good.enrolment(),
                      good.digest(),
                      good.input().replace("\"@path\" ", ""),
                      good.signature()),
                  BODY,
                  NOW);
          case TRAILING_BYTE ->
              signatures.check(
                  APP,
                  "POST",
                  PATH,
                  new RequestSignature.Headers(
                      good.enrolment(),
                      good.digest(),
                      good.input(),
                      good.signature().replace("==:", "AA:")),
                  BODY,
                  NOW);
        };

    // Then
    assertThat(outcome).isInstanceOf(Outcome.Broken.class);
  }

  @Test
  void theDigestIsThatOfTheStandard() {
    // RFC 9530, appendix D.
    assertThat(
            RequestSignature.contentDigest(
                "{\"hello\": \"world\"}\n".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
  }

  private String enrolment() {
    return enrolments
        .enrol(APP, STORED, device.enrols(APP, TOKEN), NOW.minus(Duration.ofDays(2)))
        .orElseThrow()
        .enrolment();
  }

  /// A device with a key of its own.
  static final class SigningDevice {
    private final byte[] secret = new byte[Ed25519.SECRET_KEY_SIZE];
    private final byte[] key = new byte[Ed25519.PUBLIC_KEY_SIZE];

    SigningDevice(long seed) {
      new Random(seed).nextBytes(secret);
      Ed25519.generatePublicKey(secret, 0, key, 0);
    }

    byte[] publicKey() {
      return key.clone();
    }

    NewDevice enrols(AppId app, String token) {
      return new NewDevice(url(key), token, url(sign(Enrolments.signed(app, key))));
    }

    RequestSignature.Headers signs(
        String enrolment, String method, String path, byte[] body, Instant at) {
      var digest = RequestSignature.contentDigest(body);
      var parameters = RequestSignature.parameters(at);
      var base = RequestSignature.base(method, path, digest, enrolment, parameters);
      byte[] signature = sign(base.getBytes(StandardCharsets.UTF_8));
      return new RequestSignature.Headers(
          enrolment,
          digest,
          "slipway=" + parameters,
          "slipway=:" + Base64.getEncoder().encodeToString(signature) + ":");
    }

    private byte[] sign(byte[] message) {
      byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
      Ed25519.sign(secret, 0, message, 0, message.length, signature, 0);
      return signature;
    }

    private static String url(byte[] bytes) {
      return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
  }
}
