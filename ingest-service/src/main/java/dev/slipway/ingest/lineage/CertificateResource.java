package dev.slipway.ingest.lineage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.CertificateView;
import dev.slipway.contracts.bundle.NewCertificate;
import dev.slipway.contracts.bundle.StatedReason;
import dev.slipway.contracts.http.Page;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.retry.Claims;
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
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/// The certificates of an app's publisher.
@Path("/v1/apps/{app}/certificates")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
@Tag(
    name = "Certificates",
    description = "Who signs an app's versions, who signed them before, and who may not any more.")
@RunOnVirtualThread
public class CertificateResource {

  private static final Set<Role> LOOKERS = Set.of(Role.VIEWER, Role.PUBLISHER);

  private final Caller caller;
  private final Apps apps;
  private final BlobBook locks;
  private final LineageBook book;
  private final Claims claims;
  private final Database database;
  private final Clock clock;

  CertificateResource(
      Caller caller,
      Apps apps,
      BlobBook locks,
      LineageBook book,
      Claims claims,
      Database database,
      Clock clock) {
    this.caller = caller;
    this.apps = apps;
    this.locks = locks;
    this.book = book;
    this.claims = claims;
    this.database = database;
    this.clock = clock;
  }

  @GET
  @Operation(
      summary = "The certificates, the one that signs now first",
      description =
          "With the days that are left of their lives, and of the grace in which one that has ended"
              + " can still hand over to its successor.")
  public Page<CertificateView> list(@PathParam("app") AppId app) {
    caller.requireOneOf(LOOKERS, app);
    return new Page<>(views(apps.require(app)), null);
  }

  @POST
  @Operation(
      summary = "Pin a certificate",
      description =
          "For certificates that are not self-signed: signers whose chain ends at a pinned"
              + " certificate pass. It lets nobody sign by itself: the certificate that signs now"
              + " has to hand over to the new signer all the same.")
  @APIResponse(responseCode = "201", description = "Pinned now.")
  @APIResponse(responseCode = "200", description = "It was pinned before; nothing was done.")
  @APIResponse(
      responseCode = "422",
      description =
          "certificate-profile, certificate-expired, certificate-revoked, secret-material.")
  @RequestBody(
      description = "The certificate, and why",
      content =
          @Content(
              mediaType = "application/json",
              schema = @Schema(implementation = NewCertificate.class)))
  public RestResponse<CertificateView> pin(
      @PathParam("app") AppId app,
      @HeaderParam(Claim.HEADER) @Nullable String idempotencyKey,
      InputStream body) {
    caller.require(Role.CERTIFICATE_OFFICER, app);
    AppState state = apps.requireOpen(app);
    var address = "/v1/apps/" + app + "/certificates";
    var post = Post.read(caller, idempotencyKey, address, body);
    var wanted = post.json(NewCertificate.class);
    String reason = Post.checkedReason(wanted.reason());
    byte[] der = PinnedCertificate.der(wanted.certificate());
    Post.requireNoSecret(caller, address, der);
    Instant now = clock.instant();
    var facts = PinnedCertificate.facts(der, now);
    Digest fingerprint = Digest.sha256(der);
    boolean fresh =
        database.inTransaction(
            () ->
                locks
                    .lock(app, true)
                    .flatMap(_ -> claims.require(post.claim(), now))
                    .flatMap(_ -> book.trust(state, now))
                    .invoke(trust -> requireNotRevoked(trust, fingerprint))
                    .flatMap(_ -> book.pin(app, der, facts, caller.keyId(), reason, now))
                    .call(_ -> claims.enter(post.claim(), now)));
    var view = view(state, fingerprint);
    return fresh
        ? ResponseBuilder.<CertificateView>created(URI.create(address)).entity(view).build()
        : ResponseBuilder.ok(view).build();
  }

  @POST
  @Path("/{sha256}/revoke")
  @Operation(
      summary = "Revoke a certificate, for good",
      description =
          "Nothing that it signed is accepted from now on, and it cannot hand over to a successor:"
              + " grace never covers that. Versions that are published stay; withdraw those that"
              + " should not. A certificate that nobody has seen yet can be revoked too. Again is"
              + " no mistake: the first reason stands.")
  @APIResponse(responseCode = "200", description = "Revoked, now or before.")
  @RequestBody(
      description = "Why",
      content =
          @Content(
              mediaType = "application/json",
              schema = @Schema(implementation = StatedReason.class)))
  public CertificateView revoke(
      @PathParam("app") AppId app,
      @PathParam("sha256") Digest certificate,
      @HeaderParam(Claim.HEADER) @Nullable String idempotencyKey,
      InputStream body) {
    caller.require(Role.CERTIFICATE_OFFICER, app);
    AppState state = apps.require(app);
    var address = "/v1/apps/" + app + "/certificates/" + certificate + "/revoke";
    var post = Post.read(caller, idempotencyKey, address, body);
    String reason = Post.checkedReason(post.json(StatedReason.class).reason());
    Instant now = clock.instant();
    database.inTransaction(
        () ->
            locks
                .lock(app, true)
                .flatMap(_ -> claims.require(post.claim(), now))
                .flatMap(_ -> book.revoke(app, certificate, caller.keyId(), reason, now))
                .call(_ -> claims.enter(post.claim(), now)));
    return view(state, certificate);
  }

  private List<CertificateView> views(AppState app) {
    var contents = database.inTransaction(() -> book.contents(app.appId()));
    return Certificates.views(app, contents, clock.instant());
  }

  private CertificateView view(AppState app, Digest certificate) {
    return views(app).stream()
        .filter(view -> view.certificate().equals(certificate))
        .findFirst()
        .orElseThrow(Refusal::notFound);
  }

  private static void requireNotRevoked(Trust trust, Digest certificate) {
    if (trust.lineage().revoked().contains(certificate)) {
      throw new BundleException(BundleException.Reason.CERTIFICATE_REVOKED)
          .with("certificate", certificate);
    }
  }
}
