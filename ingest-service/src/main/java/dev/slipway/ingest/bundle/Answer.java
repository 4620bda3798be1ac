package dev.slipway.ingest.bundle;

import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.kit.http.Refusal;
import java.net.URI;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/// How a publication is answered, whatever its format.
public final class Answer {

  private Answer() {}

  /// @throws Refusal 409 `version-exists`
  public static RestResponse<BundleState> to(Receipt receipt, IngestMetrics metrics) {
    return switch (receipt) {
      case Receipt.Accepted(var bundle) -> {
        metrics.bundleAccepted();
        yield ResponseBuilder.<BundleState>created(location(bundle)).entity(bundle).build();
      }
      case Receipt.WasThere(var bundle) -> {
        metrics.bundleWasThere();
        yield ResponseBuilder.ok(bundle).location(location(bundle)).build();
      }
      case Receipt.VersionTaken(var by) ->
          throw Refusal.of(
                  409, "version-exists", "This version is published already, with other content.")
              .with("manifest", by.text());
    };
  }

  private static URI location(BundleState bundle) {
    // Neither an app id nor a version has a character that a path must escape.
    return URI.create("/v1/apps/" + bundle.appId() + "/bundles/" + bundle.version());
  }
}
