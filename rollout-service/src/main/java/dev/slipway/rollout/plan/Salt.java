package dev.slipway.rollout.plan;

import java.security.SecureRandom;
import java.util.Base64;

/// The secret that draws a rollout's cohorts: who knows it can tell which device ids are exposed.
/// It goes to delivery and telemetry, never into an answer or a log.
///
/// @param text 16 bytes in base64url
public record Salt(String text) {
  private static final int BYTES = 16;

  public Salt {
    if (Base64.getUrlDecoder().decode(text).length != BYTES) {
      throw new IllegalArgumentException("a salt has " + BYTES + " bytes");
    }
  }

  /// A fresh one.
  public static Salt draw(SecureRandom random) {
    var bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return new Salt(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  @Override
  public String toString() {
    return "Salt[secret]";
  }
}
