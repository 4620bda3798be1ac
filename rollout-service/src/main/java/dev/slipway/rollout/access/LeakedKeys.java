package dev.slipway.rollout.access;

import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.http.Refusal;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/// Revokes access keys that came in an address, where the installation wants that: from there they
/// get into logs and histories. The request is refused in any case.
@Singleton
public class LeakedKeys {

  private static final Logger LOG = Logger.getLogger(LeakedKeys.class);
  private static final int MOST = 10;

  private final AccessKeys keys;
  private final AccessKeyBook book;
  private final boolean revoke;

  public LeakedKeys(
      AccessKeys keys,
      AccessKeyBook book,
      @ConfigProperty(name = "slipway.access.revoke-leaked", defaultValue = "false")
          boolean revoke) {
    this.keys = keys;
    this.book = book;
    this.revoke = revoke;
  }

  @ServerResponseFilter
  public Uni<Void> look(ContainerRequestContext request, ContainerResponseContext response) {
    if (!revoke || response.getStatus() != 400) return Uni.createFrom().voidItem();
    var values =
        request.getUriInfo().getQueryParameters().values().stream()
            .flatMap(List::stream)
            .filter(value -> value.startsWith("slipway_"))
            .distinct()
            .limit(MOST)
            .toList();
    return Multi.createFrom()
        .iterable(values)
        .onItem()
        .transformToUniAndConcatenate(this::revoke)
        .onItem()
        .ignoreAsUni();
  }

  private Uni<Void> revoke(String text) {
    return keys.authenticate("Bearer " + text)
        .chain(
            key ->
                key.isEmpty()
                    ? Uni.createFrom().voidItem()
                    : book.revokeLeaked(key.get().keyId())
                        .invoke(
                            () ->
                                LOG.warnf(
                                    "A key was in an address and is revoked: key=%s",
                                    key.get().keyId())))
        // The last owner's stays, and one that was revoked meanwhile is gone.
        .onFailure(Refusal.class)
        .invoke(e -> LOG.warnf("A key in an address was not revoked: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }
}
