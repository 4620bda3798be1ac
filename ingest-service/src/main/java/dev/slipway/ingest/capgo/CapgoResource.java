package dev.slipway.ingest.capgo;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Blob;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.NewCapgoBundle;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.blob.BlobIntake;
import dev.slipway.ingest.blob.Kind;
import dev.slipway.ingest.blob.Uploads;
import dev.slipway.ingest.bundle.Answer;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.retry.Post;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.MaxBody;
import dev.slipway.kit.http.Refusal;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
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
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/// Bundles of the stock Capgo tools: first their bytes as they are, then what goes with them.
@Path("/v1/apps/{app}")
@RunOnVirtualThread
public class CapgoResource {

  /// Room for 10,000 files with long names.
  private static final long MAX_REQUEST = 16 << 20;

  private final Caller caller;
  private final Apps apps;
  private final BlobIntake blobs;
  private final CapgoIntake intake;
  private final IngestMetrics metrics;

  CapgoResource(
      Caller caller, Apps apps, BlobIntake blobs, CapgoIntake intake, IngestMetrics metrics) {
    this.caller = caller;
    this.apps = apps;
    this.blobs = blobs;
    this.intake = intake;
    this.metrics = metrics;
  }

  @HEAD
  @Path("/capgo/{id}")
  @Operation(summary = "Whether a zip or file is there")
  @APIResponse(responseCode = "200", description = "It is; Content-Length is its length.")
  public RestResponse<Void> head(@PathParam("app") AppId app, @PathParam("id") Digest id) {
    caller.require(Role.PUBLISHER, app);
    apps.require(app);
    var size = blobs.size(app, id);
    if (size.isEmpty()) throw Refusal.notFound();
    return ResponseBuilder.<Void>ok()
        .header(HttpHeaders.CONTENT_LENGTH, size.getAsLong())
        .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
        .build();
  }

  @PUT
  @Path("/capgo/{id}")
  @MaxBody(Blob.MAX_SIZE)
  @Consumes(MediaType.WILDCARD)
  @Operation(
      summary = "Upload an encrypted zip or file: exactly the bytes whose SHA-256 is the id",
      description = "In the clear only where the app is registered without confidentiality.")
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
    var owner = apps.requireOpen(app);
    Uploads.requireNoForm(type);
    Kind kind = owner.policy().confidentiality() == Confidentiality.NONE ? Kind.PLAIN : Kind.CAPGO;
    return Uploads.answer(blobs.take(owner, id, kind, body, Uploads.length(length)), metrics);
  }

  @POST
  @Path("/capgo-bundles")
  @MaxBody(MAX_REQUEST)
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(summary = "Publish a version whose zip or files have been uploaded")
  @APIResponse(responseCode = "201", description = "Published.")
  @APIResponse(responseCode = "200", description = "The very same was published before.")
  @RequestBody(content = @Content(schema = @Schema(implementation = NewCapgoBundle.class)))
  public RestResponse<BundleAnswer> publish(
      @PathParam("app") AppId app,
      @HeaderParam(Claim.HEADER) @Nullable String idempotencyKey,
      InputStream body) {
    caller.require(Role.PUBLISHER, app);
    var owner = apps.requireOpen(app);
    var post = Post.read(caller, idempotencyKey, "/v1/apps/" + app + "/capgo-bundles", body);
    return Answer.to(intake.take(owner, post.json(NewCapgoBundle.class), post.claim()), metrics);
  }
}
