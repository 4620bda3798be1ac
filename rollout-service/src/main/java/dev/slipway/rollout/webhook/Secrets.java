package dev.slipway.rollout.webhook;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.jspecify.annotations.Nullable;

/// What a webhook's messages are signed with (Standard Webhooks 1.0): a shared secret for `v1`
/// (HMAC-SHA-256) and an Ed25519 key for `v1a`. Both signatures go with every message; the receiver
/// checks the one it likes. During a rotation there are two of each.
///
/// @param pairs newest first
record Secrets(List<Pair> pairs) {

  private static final int SECRET_BYTES = 32;
  private static final String SECRET = "whsec_";
  private static final String PUBLIC = "whpk_";

  Secrets {
    pairs = List.copyOf(pairs);
  }

  /// @param secret `whsec_<base64>`
  /// @param seed of the Ed25519 key, in base64
  /// @param until when it stops to sign; absent on the current one
  record Pair(String secret, String seed, @Nullable Instant until) {

    static Pair fresh(SecureRandom random) {
      var secret = new byte[SECRET_BYTES];
      random.nextBytes(secret);
      return new Pair(
          SECRET + base64(secret),
          base64(new Ed25519PrivateKeyParameters(random).getEncoded()),
          null);
    }

    /// Names nothing secret.
    @Override
    public String toString() {
      return "Pair[until=" + until + "]";
    }

    private Ed25519PrivateKeyParameters key() {
      return new Ed25519PrivateKeyParameters(Base64.getDecoder().decode(seed), 0);
    }

    private String publicKey() {
      return PUBLIC + base64(key().generatePublicKey().getEncoded());
    }
  }

  static Secrets fresh(SecureRandom random) {
    return new Secrets(List.of(Pair.fresh(random)));
  }

  /// With a new pair; what signs now goes on until then.
  Secrets rotated(SecureRandom random, Instant until) {
    var old = current();
    return new Secrets(List.of(Pair.fresh(random), new Pair(old.secret(), old.seed(), until)));
  }

  /// The secret to be shown, once.
  String shownOnce() {
    return current().secret();
  }

  /// The public keys that sign at this time.
  List<String> publicKeys(Instant now) {
    return valid(now).stream().map(Pair::publicKey).toList();
  }

  /// The header `webhook-signature` of a message.
  String sign(String messageId, Instant at, String body) {
    var signatures = new ArrayList<String>();
    long seconds = at.getEpochSecond();
    byte[] signed =
        (messageId + "." + seconds + "." + body).getBytes(StandardCharsets.UTF_8);
    for (var pair : valid(at)) {
      try {
        signatures.add(new Webhook(pair.secret()).sign(messageId, seconds, body));
      } catch (WebhookSigningException | EmptyWebhookSecretException e) {
        throw new IllegalStateException("HMAC-SHA-256 is there on every platform", e);
      }
      var signer = new Ed25519Signer();
      signer.init(true, pair.key());
      signer.update(signed, 0, signed.length);
      signatures.add("v1a," + base64(signer.generateSignature()));
    }
    return String.join(" ", signatures);
  }

  @JsonIgnore
  private Pair current() {
    return pairs.getFirst();
  }

  private List<Pair> valid(Instant now) {
    return pairs.stream()
        .filter(pair -> pair.until() == null || now.isBefore(pair.until()))
        .toList();
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
