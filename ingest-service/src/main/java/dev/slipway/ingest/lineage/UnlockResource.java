package dev.slipway.ingest.lineage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.NewUnlock;
import dev.slipway.contracts.bundle.UnlockView;
import dev.slipway.contracts.http.Page;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.retry.Post;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import java.net.URI;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/// Exceptions that two people allow.
@Path("/v1/apps/{app}/unlocks")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
@Tag(
    name = "Exceptions",
    description =
        "What is never allowed to one person: one asks, another approves, and it counts once.")
@RunOnVirtualThread
public class UnlockResource {

  private final Caller caller;
  private final Apps apps;
  private final UnlockBook book;
  private final Database database;
  private final Clock clock;

  UnlockResource(Caller caller, Apps apps, UnlockBook book, Database database, Clock clock) {
    this.caller = caller;
    this.apps = apps;
    this.book = book;
    this.database = database;
    this.clock = clock;
  }

  @GET
  @Operation(summary = "The exceptions that were asked for, newest first, at most 100")
  public Page<UnlockView> list(@PathParam("app") AppId app) {
    caller.require(Role.VIEWER, app);
    apps.require(app);
    return new Page<>(database.inTransaction(() -> book.list(app)), null);
  }

  @POST
  @Operation(
      summary = "Ask for an exception",
      description =
          "For one coming version: to return to a former certificate, to begin a new lineage, or to"
              + " raise the security epoch by more than one. It counts once another person has"
              + " approved it, for a day from now.")
  @APIResponse(responseCode = "201", description = "Asked for.")
  @APIResponse(responseCode = "200", description = "The same was asked for already and is open.")
  @RequestBody(
      description = "What is to be allowed, and why",
      content =
          @Content(
              mediaType = "application/json",
              schema = @Schema(implementation = NewUnlock.class)))
  public RestResponse<UnlockView> ask(
      @PathParam("app") AppId app,
      @HeaderParam(Claim.HEADER) @Nullable String idempotencyKey,
      InputStream body) {
    caller.require(Role.CERTIFICATE_OFFICER, app);
    apps.requireOpen(app);
    var address = "/v1/apps/" + app + "/unlocks";
    var post = Post.read(caller, idempotencyKey, address, body);
    var wanted = post.json(NewUnlock.class);
    String subject = subject(wanted);
    String reason = Post.checkedReason(wanted.reason());
    var by = caller.keyId();
    var holder = caller.holder();
    var asked =
        database.inTransaction(
            () ->
                book.ask(
                    app,
                    wanted.kind(),
                    subject,
                    reason,
                    by,
                    holder,
                    post.claim(),
                    clock.instant()));
    return asked.fresh()
        ? ResponseBuilder.<UnlockView>created(URI.create(address)).entity(asked.view()).build()
        : ResponseBuilder.ok(asked.view()).build();
  }

  @POST
  @Path("/{id}/approve")
  @Operation(
      summary = "Approve an exception",
      description =
          "By another person than the one who asked: a successor of the access key that asked is"
              + " the same person's. Again is no mistake.")
  @APIResponse(responseCode = "200", description = "Approved, now or before.")
  @APIResponse(
      responseCode = "409",
      description = "same-person; unlock-closed: used, or its day is over.")
  public UnlockView approve(@PathParam("app") AppId app, @PathParam("id") UUID id) {
    caller.require(Role.CERTIFICATE_OFFICER, app);
    apps.requireOpen(app);
    var by = caller.keyId();
    return database
        .inTransaction(() -> book.approve(app, id, by, clock.instant(), caller::requireOtherThan))
        .orElseThrow(Refusal::notFound);
  }

  private static String subject(NewUnlock wanted) {
    Digest certificate = wanted.certificate();
    Long epoch = wanted.securityEpoch();
    return switch (wanted.kind()) {
      case RETURN_TO_FORMER, NEW_LINEAGE -> {
        if (certificate == null || epoch != null) throw misfit("/certificate");
        yield certificate.text();
      }
      case EPOCH_JUMP -> {
        if (epoch == null || epoch < 1 || certificate != null) throw misfit("/security_epoch");
        yield epoch.toString();
      }
    };
  }

  private static Refusal misfit(String pointer) {
    return Refusal.of(
        422,
        "value-invalid",
        "Name a certificate, or for epoch_jump a security_epoch of at least 1, and nothing else.",
        Map.of("pointer", pointer));
  }
}
