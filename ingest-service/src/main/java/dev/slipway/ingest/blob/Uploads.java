package dev.slipway.ingest.blob;

import dev.slipway.ingest.IngestMetrics;
import java.util.OptionalLong;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// What the endpoints that take bytes have in common.
public final class Uploads {

  private Uploads() {}

  /// @param header `Content-Length`, where the sender knew it
  public static OptionalLong length(@Nullable Long header) {
    return header == null ? OptionalLong.empty() : OptionalLong.of(header);
  }

  public static RestResponse<Void> answer(BlobIntake.Result result, IngestMetrics metrics) {
    return switch (result) {
      case STORED -> {
        metrics.blobStored();
        yield RestResponse.status(RestResponse.Status.CREATED);
      }
      case WAS_THERE -> {
        metrics.blobWasThere();
        yield RestResponse.ok();
      }
    };
  }
}
