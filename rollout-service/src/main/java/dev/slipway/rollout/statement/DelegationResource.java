package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.contracts.release.NewDelegation;
import dev.slipway.contracts.release.ReleaseKeyView;
import dev.slipway.contracts.release.StatementView;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.keys.ServiceKeys;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Release keys, the publishers' delegations that name them, and the statements that they sign.
@Path("/v1")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class DelegationResource {

  private static final Set<Role> LOOKERS = Set.of(Role.VIEWER, Role.PUBLISHER);
  private static final Set<Role> DELEGATORS = Set.of(Role.PUBLISHER, Role.CERTIFICATE_OFFICER);
  private static final int MAX_REASON = 500;

  private final DelegationBook book;
  private final ServiceKeys keys;
  private final Audit audit;
  private final Caller caller;

  public DelegationResource(DelegationBook book, ServiceKeys keys, Audit audit, Caller caller) {
    this.book = book;
    this.keys = keys;
    this.audit = audit;
    this.caller = caller;
  }

  @POST
  @Path("apps/{app}/delegations")
  @Operation(summary = "Hand over a publisher's delegation of the service's release keys")
  public Uni<RestResponse<DelegationView>> add(
      @PathParam("app") AppId app, @Nullable NewDelegation wanted) {
    caller.requireOneOf(DELEGATORS, app);
    if (wanted == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    if (wanted.jws().length() > Delegation.MAX_CHARACTERS) {
      throw Refusal.of(
          413,
          "body-too-large",
          "A delegation has 48 Ki characters at most.",
          Map.of("pointer", "/jws"));
    }
    if (wanted.jws().contains("PRIVATE KEY")) {
      throw Refusal.of(
          422,
          "secret-material",
          "This is a private key. It belongs on the publisher's machine alone: replace it.");
    }
    return book.add(app, wanted.jws())
        .map(
            added ->
                RestResponse.ResponseBuilder.create(
                        added.created() ? RestResponse.Status.CREATED : RestResponse.Status.OK,
                        added.delegation())
                    .build());
  }

  @GET
  @Path("apps/{app}/delegations")
  @Operation(summary = "The app's delegations, the one that lasts longest first")
  public Uni<Page<DelegationView>> list(@PathParam("app") AppId app) {
    caller.requireOneOf(LOOKERS, app);
    return book.list(app).map(views -> new Page<>(views, null));
  }

  @GET
  @Path("apps/{app}/delegations/{id}")
  @Operation(summary = "One delegation")
  public Uni<DelegationView> get(@PathParam("app") AppId app, @PathParam("id") String id) {
    caller.requireOneOf(LOOKERS, app);
    return book.get(app, digest(id));
  }

  @DELETE
  @Path("apps/{app}/delegations/{id}")
  @Operation(summary = "Take a delegation back: no statement is signed by its word any more")
  public Uni<DelegationView> revoke(
      @PathParam("app") AppId app,
      @PathParam("id") String id,
      @QueryParam("reason") @Nullable String reason) {
    caller.requireOneOf(DELEGATORS, app);
    return book.revoke(
        app, digest(id), Text.checked("reason-invalid", "reason", reason == null ? "" : reason, MAX_REASON));
  }

  @GET
  @Path("apps/{app}/statements")
  @Operation(summary = "How it stands with the release statement of each channel")
  public Uni<Page<StatementView>> statements(@PathParam("app") AppId app) {
    caller.requireOneOf(LOOKERS, app);
    return book.statements(app).map(views -> new Page<>(views, null));
  }

  @GET
  @Path("release-keys")
  @Operation(summary = "The keys that release statements are signed with, newest first")
  public Uni<Page<ReleaseKeyView>> releaseKeys() {
    if (!caller.has(Role.PUBLISHER)) caller.require(Role.VIEWER);
    return book.named()
        .map(
            named ->
                new Page<>(keys.releases().stream().map(key -> view(key, named)).toList(), null));
  }

  @POST
  @Path("release-keys")
  @Operation(summary = "Make the next release key; it signs for an app once a delegation names it")
  public Uni<RestResponse<ReleaseKeyView>> addReleaseKey() {
    caller.requireEverywhere(Role.OWNER);
    var key = view(keys.addRelease(), Map.of());
    return Panache.withTransaction(
            () ->
                Panache.getSession()
                    .chain(
                        session ->
                            audit.append(
                                session,
                                Deed.of(
                                    "release-key.create",
                                    null,
                                    "release-keys/" + key.id(),
                                    null,
                                    null,
                                    key))))
        .replaceWith(
            () -> RestResponse.ResponseBuilder.create(RestResponse.Status.CREATED, key).build());
  }

  private static Digest digest(String text) {
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException _) {
      throw Refusal.notFound();
    }
  }

  private static ReleaseKeyView view(ServiceKeys.ReleaseKey key, Map<Digest, Long> named) {
    var publicKey = Statements.release(key).publicKey();
    return new ReleaseKeyView(
        publicKey.id(), publicKey.text(), key.name(), named.getOrDefault(publicKey.id(), 0L));
  }
}
