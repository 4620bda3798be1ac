package dev.slipway.contracts.app;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.app.AppPolicy.Pin;
import dev.slipway.contracts.app.AppPolicy.SecondPerson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes an application; what is absent stays as it is. The id, the publisher and the version
 * scheme never change.
 *
 * @param keyIds the fleet keys from now on; those that are left out are retired, and a retired one
 *     never comes back
 * @param reason for the audit; at most 500 characters
 */
public record ChangeApp(
    @Nullable String name,
    @Nullable List<String> keyIds,
    @Nullable Confidentiality confidentiality,
    @Nullable Integer graceDays,
    @Nullable Pin pin,
    @Nullable Boolean exposeMetadata,
    @Nullable Long maxBundleBytes,
    @Nullable Long maxTotalBytes,
    @Nullable SecondPerson secondPerson,
    @Nullable ChannelName defaultChannel,
    @Nullable String reason) {
  public ChangeApp {
    keyIds = keyIds == null ? null : List.copyOf(keyIds);
  }
}
