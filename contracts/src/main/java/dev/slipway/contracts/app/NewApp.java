package dev.slipway.contracts.app;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Registers an application, together with its first channel.
 *
 * @param name what people call it; the id unless given
 * @param publisherCertificate the certificate that signs its bundles: DER in base64, at most 16 KiB
 * @param keyIds the fleet keys that its bundles may be wrapped to
 * @param channel the first channel, which is also the default one; "production" unless given
 * @param policy what its publisher has to keep to; the shipped settings unless given
 */
public record NewApp(
    AppId appId,
    @Nullable String name,
    String publisherCertificate,
    List<String> keyIds,
    @Nullable ChannelName channel,
    @Nullable AppPolicy policy) {
  public NewApp {
    keyIds = List.copyOf(keyIds);
  }

  /** With the shipped policy. */
  public NewApp(
      AppId appId,
      @Nullable String name,
      String publisherCertificate,
      List<String> keyIds,
      @Nullable ChannelName channel) {
    this(appId, name, publisherCertificate, keyIds, channel, null);
  }
}
