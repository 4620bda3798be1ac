package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.kit.access.Caller;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/// Starts nothing for an app whose delegations have all ended. What takes a release back, or holds
/// it, is obeyed all the same: devices without an agent follow it.
@Singleton
public class ExpiredDelegations {

  private static final Pattern STARTS =
      Pattern.compile("/v1/apps/[^/]+/(channels/[^/]+/rollouts|rollouts/[^/]+/(resume|advance|approve))");

  private final DelegationBook book;
  private final Caller caller;

  public ExpiredDelegations(DelegationBook book, Caller caller) {
    this.book = book;
    this.caller = caller;
  }

  @ServerRequestFilter(nonBlocking = true)
  public @Nullable Uni<Void> judge(ContainerRequestContext request) {
    if (!request.getMethod().equals("POST") || !caller.isKnown()) return null;
    var app = request.getUriInfo().getPathParameters().getFirst("app");
    if (app == null || !STARTS.matcher(request.getUriInfo().getPath()).matches()) return null;
    AppId id;
    try {
      id = AppId.of(app);
    } catch (IllegalArgumentException _) {
      return null;
    }
    return caller.covers(id) ? book.requireInForce(id) : null;
  }
}
