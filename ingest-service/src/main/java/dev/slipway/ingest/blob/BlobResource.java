package dev.slipway.ingest.blob;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Blob;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.app.Apps;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.MaxBody;
import dev.slipway.kit.http.Refusal;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
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
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/// The parts of bundles, before the manifest that names them.
@Path("/v1/apps/{app}/blobs/{id}")
@RunOnVirtualThread
public class BlobResource {

  private final Caller caller;
  private final Apps apps;
  private final BlobIntake intake;
  private final IngestMetrics metrics;

  BlobResource(Caller caller, Apps apps, BlobIntake intake, IngestMetrics metrics) {
    this.caller = caller;
    this.apps = apps;
    this.intake = intake;
    this.metrics = metrics;
  }

  @HEAD
  @Operation(summary = "Whether a blob is there")
  @APIResponse(responseCode = "200", description = "It is; Content-Length is its length.")
  public RestResponse<Void> head(@PathParam("app") AppId app, @PathParam("id") Digest id) {
    caller.require(Role.PUBLISHER, app);
    apps.require(app);
    var size = intake.size(app, id);
    if (size.isEmpty()) throw Refusal.notFound();
    return ResponseBuilder.<Void>ok()
        .header(HttpHeaders.CONTENT_LENGTH, size.getAsLong())
        .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
        .build();
  }

  @PUT
  @MaxBody(Blob.MAX_SIZE)
  @Consumes(MediaType.WILDCARD)
  @Operation(summary = "Upload a blob: exactly the bytes whose SHA-256 is the id")
  @APIResponse(responseCode = "201", description = "Stored now.")
  @APIResponse(responseCode = "200", description = "It was there already; nothing was done.")
  @RequestBody(
      description = "The bytes",
      required = true,
      content =
          @Content(
              mediaType = "application/octet-stream",
              schema = @Schema(type = SchemaType.STRING, format = "binary")))
  public RestResponse<Void> put(
      @PathParam("app") AppId app,
      @PathParam("id") Digest id,
      @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
      InputStream body) {
    caller.require(Role.PUBLISHER, app);
    var owner = apps.require(app);
    Uploads.requireNoForm(type);
    return Uploads.answer(
        intake.take(owner, id, Kind.SEALED, body, Uploads.length(length)), metrics);
  }
}
