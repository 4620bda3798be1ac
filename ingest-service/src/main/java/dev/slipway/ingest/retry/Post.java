package dev.slipway.ingest.retry;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;
import dev.slipway.ingest.refusal.SecretMaterial;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import jakarta.ws.rs.WebApplicationException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The body of a request that changes something, read once: it is looked through for secrets before
/// anybody parses it, and its bytes are what the claim stands for.
public record Post(byte[] body, Optional<Claim> claim) {

  private static final Logger LOG = Logger.getLogger(Post.class);
  private static final int MAX_REASON = 500;

  /// @param body capped by `@MaxBody` of the endpoint
  /// @param address the path of the request
  /// @throws Refusal 400 `upload-incomplete`, `idempotency-key-invalid`; 422 `secret-material`
  public static Post read(
      Caller caller, @Nullable String idempotencyKey, String address, InputStream body) {
    byte[] bytes = all(body);
    requireNoSecret(caller, address, bytes);
    return new Post(bytes, Claim.of(caller.keyId(), idempotencyKey, address, bytes));
  }

  /// The body as a record.
  public <T> T json(Class<T> type) {
    try {
      T read = Json.STRICT.readValue(body, type);
      if (read != null) return read;
    } catch (JsonProcessingException e) {
      throw new WebApplicationException(e, 400);
    } catch (IOException e) {
      throw new IllegalStateException("an array can be read", e);
    }
    throw Refusal.of(422, "value-invalid", "The body is null.", Map.of("pointer", ""));
  }

  /// The text, if it can be shown to people.
  ///
  /// @throws Refusal 422 `reason-invalid`
  public static String checkedReason(String reason) {
    boolean plain =
        !reason.isBlank()
            && reason.length() <= MAX_REASON
            && reason.codePoints().noneMatch(Post::steers);
    if (plain) return reason;
    throw Refusal.of(
        422,
        "reason-invalid",
        "A reason has 1 to 500 characters, none of which steers a terminal or turns the direction"
            + " of what follows.",
        Map.of("pointer", "/reason"));
  }

  /// Refuses what should never have left its owner's machine.
  public static void requireNoSecret(Caller caller, String address, byte[] bytes) {
    if (!SecretMaterial.isIn(bytes)) return;
    LOG.errorf(
        "Somebody sent a private key; it was neither stored nor logged, its owner should replace"
            + " it: access_key=%s address=%s",
        caller.keyId(), address);
    throw Refusal.of(
        422,
        "secret-material",
        "The body holds a private key or a key store. Nothing of it was kept here, but it has left"
            + " your machine: take it for compromised and replace it.");
  }

  private static boolean steers(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }

  private static byte[] all(InputStream body) {
    try {
      return body.readAllBytes();
    } catch (IOException e) {
      LOG.debugf(e, "A sender broke off");
      throw Refusal.of(400, "upload-incomplete", "The body ended before all of it was there.");
    }
  }
}
