package dev.slipway.delivery.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Ties reports to the offer that they follow from. It proves that this service made the offer to
/// this device, and nothing about what the device did with it.
///
/// @param offerId the same for a repeated offer within the hour
/// @param rolloutId absent where the version was the channel's baseline
public record OfferToken(
    String offerId,
    DeviceId deviceId,
    AppId appId,
    Version version,
    @Nullable RolloutId rolloutId,
    Instant iat,
    Instant exp) {

  private static final String TYPE = "v1";

  String seal(TokenKeys keys) {
    try {
      return keys.make(TYPE, Json.LENIENT.writeValueAsBytes(this));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a token that cannot be written", e);
    }
  }

  /// What a text says that one of the keys made; nothing if none did, or it is over.
  static Optional<OfferToken> open(TokenKeys keys, String text, Instant now) {
    return keys.open(TYPE, text).flatMap(OfferToken::read).filter(it -> now.isBefore(it.exp));
  }

  private static Optional<OfferToken> read(byte[] payload) {
    try {
      return Optional.of(Json.LENIENT.readValue(payload, OfferToken.class));
    } catch (IOException e) {
      // Genuine, but of another release of this service.
      return Optional.empty();
    }
  }
}
