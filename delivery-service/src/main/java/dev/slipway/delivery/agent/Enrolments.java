package dev.slipway.delivery.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.agent.Enrolment;
import dev.slipway.contracts.agent.NewDevice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/// Enrols devices' keys without keeping a list of them: what was enrolled when is written into a
/// text that the device keeps and shows again, and that only holders of the service's keys can make
/// (docs/adr/0020). Thread-safe.
public final class Enrolments {

  private static final String TYPE = "e1";
  private static final byte[] CONTEXT = "slipway/1 enrol\0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ID_CONTEXT = "slipway/1 device\0".getBytes(StandardCharsets.US_ASCII);

  /// A device that proved to hold its key.
  ///
  /// @param publicKey Ed25519, in base64url
  record Enrolled(AppId appId, DeviceId deviceId, String publicKey, Instant enrolledAt) {
    byte[] key() {
      return Base64.getUrlDecoder().decode(publicKey);
    }
  }

  private final TokenKeys keys;

  public Enrolments(TokenKeys keys) {
    this.keys = keys;
  }

  /// Enrols the key.
  ///
  /// @param token SHA-256 of the app's token; absent where the app lets nobody enrol
  /// @return nothing if the token is not the app's, or the signature not by the key
  public Optional<Enrolment> enrol(
      AppId app, @Nullable Digest token, NewDevice device, Instant now) {
    byte[] given = device.enrolmentToken().getBytes(StandardCharsets.UTF_8);
    boolean allowed =
        token != null && MessageDigest.isEqual(Digest.sha256(given).bytes(), token.bytes());
    byte[] key = decode(device.publicKey(), Ed25519.PUBLIC_KEY_SIZE);
    byte[] signature = decode(device.signature(), Ed25519.SIGNATURE_SIZE);
    if (!allowed || !verifies(key, signature, signed(app, key))) return Optional.empty();
    var id = idOf(app, key);
    var enrolled = new Enrolled(app, id, encode(key), now);
    try {
      var text = keys.make(TYPE, Json.LENIENT.writeValueAsBytes(enrolled));
      return Optional.of(new Enrolment(id, text, now));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an enrolment that cannot be written", e);
    }
  }

  /// The device that this text was given to, for this app.
  Optional<Enrolled> open(AppId app, String text) {
    return keys.open(TYPE, text).flatMap(Enrolments::read).filter(it -> it.appId().equals(app));
  }

  /// What a device signs to enrol.
  public static byte[] signed(AppId app, byte[] key) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(CONTEXT);
    bytes.writeBytes(app.text().getBytes(StandardCharsets.US_ASCII));
    bytes.write(0);
    bytes.writeBytes(key);
    return bytes.toByteArray();
  }

  /// Ed25519 with the lengths looked at first; for cofactorless verification as RFC 8032 has it.
  static boolean verifies(byte[] key, byte[] signature, byte[] message) {
    if (key.length != Ed25519.PUBLIC_KEY_SIZE || signature.length != Ed25519.SIGNATURE_SIZE) {
      return false;
    }
    return Ed25519.validatePublicKeyFull(key, 0)
        && Ed25519.verify(signature, 0, key, 0, message, 0, message.length);
  }

  /// A UUID (version 8, RFC 9562) made of the key, so that nobody can enrol as somebody else.
  private static DeviceId idOf(AppId app, byte[] key) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(ID_CONTEXT);
    bytes.writeBytes(app.text().getBytes(StandardCharsets.US_ASCII));
    bytes.write(0);
    bytes.writeBytes(key);
    var hash = ByteBuffer.wrap(Digest.sha256(bytes.toByteArray()).bytes());
    long high = hash.getLong() & ~0xf000L | 0x8000L;
    long low = hash.getLong() & ~(3L << 62) | 2L << 62;
    return DeviceId.of(new UUID(high, low).toString());
  }

  private static Optional<Enrolled> read(byte[] payload) {
    try {
      return Optional.of(Json.LENIENT.readValue(payload, Enrolled.class));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static byte[] decode(String text, int length) {
    try {
      byte[] bytes = text.length() > 2 * length ? new byte[0] : Base64.getUrlDecoder().decode(text);
      return bytes.length == length && encode(bytes).equals(text) ? bytes : new byte[0];
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }
}
