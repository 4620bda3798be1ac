package dev.slipway.rollout.statement;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.release.ReleaseKeyView;
import dev.slipway.kit.access.Caller;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.keys.ServiceKeys;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;

/// The service's release keys.
@Path("/v1/release-keys")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ReleaseKeyResource {

  private final DelegationBook book;
  private final ServiceKeys keys;
  private final Audit audit;
  private final Caller caller;

  public ReleaseKeyResource(DelegationBook book, ServiceKeys keys, Audit audit, Caller caller) {
    this.book = book;
    this.keys = keys;
    this.audit = audit;
    this.caller = caller;
  }

  @GET
  @Operation(summary = "The keys that release statements are signed with, newest first")
  public Uni<Page<ReleaseKeyView>> releaseKeys() {
    if (!caller.has(Role.PUBLISHER)) caller.require(Role.VIEWER);
    return book.named()
        .map(
            named ->
                new Page<>(keys.releases().stream().map(key -> view(key, named)).toList(), null));
  }

  @POST
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

  private static ReleaseKeyView view(ServiceKeys.ReleaseKey key, Map<Digest, Long> named) {
    var publicKey = Statements.release(key).publicKey();
    return new ReleaseKeyView(
        publicKey.id(), publicKey.text(), key.name(), named.getOrDefault(publicKey.id(), 0L));
  }
}
