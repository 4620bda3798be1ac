package dev.slipway.kit.access;

import dev.slipway.kit.http.Refusal;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/// Lets nobody through to `/v1` who doesn't present a valid access key, and tells the endpoint who
/// it is. Blocks no thread.
public class AccessFilter {

  /// Where people put credentials that then end up in logs and browser histories.
  private static final Set<String> CREDENTIAL_PARAMETERS =
      Set.of("access_key", "access_token", "api_key", "apikey", "token");

  private final Instance<AccessKeys> keys;
  private final Caller caller;
  private final CurrentVertxRequest current;

  public AccessFilter(Instance<AccessKeys> keys, Caller caller, CurrentVertxRequest current) {
    this.keys = keys;
    this.caller = caller;
    this.current = current;
  }

  @ServerRequestFilter(nonBlocking = true, priority = Priorities.AUTHENTICATION)
  public @Nullable Uni<Void> authenticate(ContainerRequestContext request) {
    var uri = request.getUriInfo();
    for (var parameter : uri.getQueryParameters().entrySet()) {
      if (CREDENTIAL_PARAMETERS.contains(parameter.getKey().toLowerCase(java.util.Locale.ROOT))
          || parameter.getValue().stream().anyMatch(it -> AccessToken.parse(it).isPresent())) {
        throw Refusal.of(
            400,
            "credential-in-query",
            "An access key goes into the Authorization header; one that was in an address is no"
                + " secret any more: revoke it.");
      }
    }
    if (!uri.getPath().startsWith("/v1/")) return null;
    var authorization = request.getHeaderString(HttpHeaders.AUTHORIZATION);
    if (authorization == null) throw Refusal.authRequired();
    // Now: the request is this one's only as long as nothing was waited for.
    var address = current.getCurrent().request().remoteAddress();
    var origin = address == null ? null : address.hostAddress();
    return keys.get()
        .authenticate(authorization)
        .invoke(key -> caller.is(key.orElseThrow(Refusal::authRequired), origin))
        .replaceWithVoid();
  }
}
