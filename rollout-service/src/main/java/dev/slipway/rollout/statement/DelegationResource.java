package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.contracts.release.NewDelegation;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
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

/// The publishers' delegations of the service's release keys.
@Path("/v1/apps/{app}/delegations")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class DelegationResource {

  private static final Set<Role> LOOKERS = Set.of(Role.VIEWER, Role.PUBLISHER);
  private static final Set<Role> DELEGATORS = Set.of(Role.PUBLISHER, Role.CERTIFICATE_OFFICER);
  private static final int MAX_REASON = 500;

  private final DelegationBook book;
  private final Caller caller;

  public DelegationResource(DelegationBook book, Caller caller) {
    this.book = book;
    this.caller = caller;
  }

  @POST
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
  @Operation(summary = "The app's delegations, the one that lasts longest first")
  public Uni<Page<DelegationView>> list(@PathParam("app") AppId app) {
    caller.requireOneOf(LOOKERS, app);
    return book.list(app).map(views -> new Page<>(views, null));
  }

  @GET
  @Path("{id}")
  @Operation(summary = "One delegation")
  public Uni<DelegationView> get(@PathParam("app") AppId app, @PathParam("id") String id) {
    caller.requireOneOf(LOOKERS, app);
    return book.get(app, digest(id));
  }

  @DELETE
  @Path("{id}")
  @Operation(summary = "Take a delegation back: no statement is signed by its word any more")
  public Uni<DelegationView> revoke(
      @PathParam("app") AppId app,
      @PathParam("id") String id,
      @QueryParam("reason") @Nullable String reason) {
    caller.requireOneOf(DELEGATORS, app);
    return book.revoke(
        app,
        digest(id),
        Text.checked("reason-invalid", "reason", reason == null ? "" : reason, MAX_REASON));
  }

  private static Digest digest(String text) {
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException _) {
      throw Refusal.notFound();
    }
  }
}
