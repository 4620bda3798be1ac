package dev.slipway.rollout.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import dev.slipway.rollout.StoredJson;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.junit.jupiter.api.Test;

class SecretsTest {

  private static final SecureRandom RANDOM = new SecureRandom();

  @Test
  void aReceiverWithTheLibraryAcceptsTheMessage() throws Exception {
    // Given
    var secrets = Secrets.fresh(RANDOM);
    // The library judges the time by its own clock.
    var now = Instant.now();
    // When
    var signature = secrets.sign("msg_1", now, "{\"a\":1}");
    // Then
    new Webhook(secrets.shownOnce())
        .verify(
            "{\"a\":1}",
            HttpHeaders.of(
                Map.of(
                    "webhook-id", List.of("msg_1"),
                    "webhook-timestamp", List.of(Long.toString(now.getEpochSecond())),
                    "webhook-signature", List.of(signature)),
                (_, _) -> true));
    assertThat(verifies(secrets.publicKeys(now).getFirst(), signature, "msg_1", now, "{\"a\":1}"))
        .isTrue();
    assertThat(verifies(secrets.publicKeys(now).getFirst(), signature, "msg_1", now, "{\"a\":2}"))
        .isFalse();
    assertThat(secrets.shownOnce()).matches("whsec_[A-Za-z0-9+/]{43}=");
  }

  @Test
  void duringARotationThereAreTwoSignaturesOfEachKind() {
    // Given
    var before = Secrets.fresh(RANDOM);
    var now = Instant.parse("2026-11-24T12:00:00Z");
    // When
    var after =
        StoredJson.read(
            StoredJson.write(before.rotated(RANDOM, now.plus(Duration.ofHours(1)))), Secrets.class);
    // Then
    assertThat(after.sign("m", now, "x").split(" ")).hasSize(4);
    assertThat(after.sign("m", now, "x").split(" "))
        .contains(before.sign("m", now, "x").split(" "));
    assertThat(after.sign("m", now.plus(Duration.ofHours(1)), "x").split(" ")).hasSize(2);
    assertThat(after.shownOnce()).isNotEqualTo(before.shownOnce());
    assertThat(after.toString()).doesNotContain(before.shownOnce(), after.shownOnce());
  }

  static boolean verifies(
      String publicKey, String signatures, String id, Instant at, String body) {
    var key =
        new Ed25519PublicKeyParameters(
            Base64.getDecoder().decode(publicKey.substring("whpk_".length())));
    byte[] signed =
        (id + "." + at.getEpochSecond() + "." + body).getBytes(StandardCharsets.UTF_8);
    return Arrays.stream(signatures.split(" "))
        .filter(it -> it.startsWith("v1a,"))
        .anyMatch(
            it -> {
              var check = new Ed25519Signer();
              check.init(false, key);
              check.update(signed, 0, signed.length);
              return check.verifySignature(Base64.getDecoder().decode(it.substring(4)));
            });
  }
}
