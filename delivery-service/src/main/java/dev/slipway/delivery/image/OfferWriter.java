package dev.slipway.delivery.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleState;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;

/// Writes the stock plugin's offer of a bundle, once per bundle.
///
/// @param publicUrl where devices reach this service
public record OfferWriter(URI publicUrl) {

  public OfferWriter {
    if (!publicUrl.isAbsolute()) {
      throw new IllegalArgumentException("slipway.public-url is not an absolute address");
    }
    publicUrl = URI.create(publicUrl.toString().replaceAll("/+$", ""));
  }

  ByteBuffer write(BundleState bundle, BundleState.Capgo capgo) {
    var offer = new LinkedHashMap<String, String>();
    offer.put("version", bundle.version().text());
    offer.put("url", publicUrl + "/v1/apps/" + bundle.appId() + "/blobs/" + capgo.id());
    offer.put("session_key", capgo.sessionKey());
    // The Electron updater reads this name; the others rename session_key to it.
    offer.put("sessionKey", capgo.sessionKey());
    offer.put("checksum", capgo.checksum());
    try {
      return ByteBuffer.wrap(Json.LENIENT.writeValueAsBytes(offer)).asReadOnlyBuffer();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("an offer that cannot be written", e);
    }
  }
}
