package dev.slipway.contracts.app;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.List;

/**
 * A registered application. Written by the rollout service on {@code apps}, key: the app's id.
 *
 * @param revision rises with each change
 * @param name what people call it
 * @param publisherId base32 of the SHA-256 of the first certificate's public key; never changes
 * @param publisherLeaf SHA-256 of the certificate that must have signed its bundles
 * @param keyIds the fleet keys that bundles may be wrapped to
 */
public record AppState(
    AppId appId,
    long revision,
    String name,
    String publisherId,
    Digest publisherLeaf,
    List<String> keyIds,
    Instant createdAt)
    implements State {
  public AppState {
    keyIds = List.copyOf(keyIds);
  }
}
