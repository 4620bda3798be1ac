package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.release.StatementView;
import dev.slipway.kit.access.Caller;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;

/// How it stands with the channels' release statements.
@Path("/v1/apps/{app}/statements")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class StatementResource {

  private static final Set<Role> LOOKERS = Set.of(Role.VIEWER, Role.PUBLISHER);

  private final DelegationBook book;
  private final Caller caller;

  public StatementResource(DelegationBook book, Caller caller) {
    this.book = book;
    this.caller = caller;
  }

  @GET
  @Operation(summary = "How it stands with the release statement of each channel")
  public Uni<Page<StatementView>> statements(@PathParam("app") AppId app) {
    caller.requireOneOf(LOOKERS, app);
    return book.statements(app).map(views -> new Page<>(views, null));
  }
}
