package dev.slipway.ingest.bundle;

import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.kit.http.Refusal;
import java.net.URI;
import java.util.List;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/// How a publication is answered, whatever its format.
public final class Answer {

  private Answer() {}

  /// @throws Refusal 409 `version-exists`
  public static RestResponse<BundleAnswer> to(Receipt receipt, IngestMetrics metrics) {
    return switch (receipt) {
      case Receipt.Accepted(var bundle, var warnings) -> {
        metrics.bundleAccepted();
        yield ResponseBuilder.<BundleAnswer>created(location(bundle))
            .entity(new BundleAnswer(bundle, null, warnings))
            .build();
      }
      case Receipt.WasThere(var bundle) -> {
        metrics.bundleWasThere();
        yield ResponseBuilder.ok(new BundleAnswer(bundle, null, List.of()))
            .location(location(bundle))
            .build();
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
