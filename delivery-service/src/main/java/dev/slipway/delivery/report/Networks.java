package dev.slipway.delivery.report;

import dev.slipway.contracts.app.AppState;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Tells the networks of reports apart without saying which they are: a keyed hash of the first 16
/// bits of an IPv4 address, or the first 32 of an IPv6 one. Every instance with the same salt makes
/// the same text of a network. For one thread.
public final class Networks {

  private static final int TEXT_BYTES = 12;

  private final Optional<String> salt;
  private final Mac mac;

  /// @param salt the installation's secret; without it, what all instances know of the app serves
  public Networks(Optional<String> salt) {
    this.salt = salt.filter(text -> !text.isBlank());
    try {
      mac = Mac.getInstance("HmacSHA256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }

  /// The part of an address that names its network.
  public static byte[] prefix(InetAddress address) {
    return Arrays.copyOf(address.getAddress(), address instanceof Inet4Address ? 2 : 4);
  }

  public String hash(AppState app, byte[] prefix) {
    var key = salt.orElse(app.publisherId() + app.createdAt());
    try {
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("HmacSHA256 takes any key that is not empty", e);
    }
    mac.update(app.appId().text().getBytes(StandardCharsets.US_ASCII));
    mac.update((byte) 0);
    var hash = mac.doFinal(prefix);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, TEXT_BYTES));
  }
}
