package dev.slipway.ingest.air;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Blob;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.blob.Uploads;
import dev.slipway.ingest.bundle.Answer;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.MaxBody;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Adobe AIR packages, for apps that are registered without confidentiality.
@Path("/v1/apps/{app}/air-packages")
@RunOnVirtualThread
public class AirResource {

  private final Caller caller;
  private final Apps apps;
  private final AirIntake intake;
  private final IngestMetrics metrics;

  AirResource(Caller caller, Apps apps, AirIntake intake, IngestMetrics metrics) {
    this.caller = caller;
    this.apps = apps;
    this.intake = intake;
    this.metrics = metrics;
  }

  @POST
  @MaxBody(Blob.MAX_SIZE)
  @Consumes(MediaType.WILDCARD)
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(summary = "Publish a version: a signed .air package as it is")
  @APIResponse(responseCode = "201", description = "Published.")
  @APIResponse(responseCode = "200", description = "This very package was published before.")
  @RequestBody(
      description = "The bytes",
      required = true,
      content =
          @Content(
              mediaType = "application/octet-stream",
              schema = @Schema(type = SchemaType.STRING, format = "binary")))
  public RestResponse<BundleAnswer> publish(
      @PathParam("app") AppId app,
      @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
      @HeaderParam(Claim.HEADER) @Nullable String idempotencyKey,
      InputStream body) {
    caller.require(Role.PUBLISHER, app);
    var owner = apps.requireOpen(app);
    Uploads.requireNoForm(type);
    String address = "/v1/apps/" + app + "/air-packages";
    return Answer.to(
        intake.take(
            owner,
            body,
            Uploads.length(length),
            digest -> Claim.of(caller.keyId(), idempotencyKey, address, digest.bytes())),
        metrics);
  }
}
