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
 * @param channel the first channel; "production" unless given
 */
public record NewApp(
    AppId appId,
    @Nullable String name,
    String publisherCertificate,
    List<String> keyIds,
    @Nullable ChannelName channel) {
  public NewApp {
    keyIds = List.copyOf(keyIds);
  }
}
