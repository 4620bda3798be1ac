package dev.slipway.contracts.app;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A registered application. Written by the rollout service on {@code apps}, key: the app's id.
 *
 * @param revision rises with each change
 * @param name what people call it
 * @param publisherId base32 of the SHA-256 of the first certificate's public key; never changes
 * @param publisherLeaf SHA-256 of the certificate that the app was registered with
 * @param keyIds the fleet keys that bundles may be wrapped to
 * @param retiredKeyIds fleet keys that bundles were wrapped to once, and may be no more
 * @param policy what its publisher has to keep to
 * @param defaultChannel what a device gets that names no channel; the first open channel by name
 *     unless given
 * @param enrolmentToken SHA-256 of the token that lets a device enrol its key; absent: none may
 * @param deletedAt set while it waits for its final deletion: nothing may be published, devices are
 *     told that it is unknown
 */
public record AppState(
    AppId appId,
    long revision,
    String name,
    String publisherId,
    Digest publisherLeaf,
    List<String> keyIds,
    List<String> retiredKeyIds,
    AppPolicy policy,
    @Nullable ChannelName defaultChannel,
    @Nullable Digest enrolmentToken,
    Instant createdAt,
    @Nullable Instant deletedAt)
    implements State {
  public AppState {
    keyIds = List.copyOf(keyIds);
    retiredKeyIds = List.copyOf(retiredKeyIds);
  }

  /** An app with the shipped policy and nothing optional. */
  public AppState(
      AppId appId,
      long revision,
      String name,
      String publisherId,
      Digest publisherLeaf,
      List<String> keyIds,
      Instant createdAt) {
    this(
        appId,
        revision,
        name,
        publisherId,
        publisherLeaf,
        keyIds,
        List.of(),
        AppPolicy.DEFAULT,
        null,
        null,
        createdAt,
        null);
  }
}
