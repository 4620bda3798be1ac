package dev.slipway.ingest.refusal;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.RefusalView;
import dev.slipway.contracts.http.Page;
import dev.slipway.ingest.app.Apps;
import dev.slipway.kit.access.Caller;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/// The record of what was refused of one app. Apart from [RefusalResource], because an address
/// below `/v1/apps/{app}` is looked for in the classes of that path alone.
@Path("/v1/apps/{app}/refusals")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Refusals")
@RunOnVirtualThread
public class AppRefusalResource {

  private final Caller caller;
  private final Apps apps;
  private final Refusals refusals;

  AppRefusalResource(Caller caller, Apps apps, Refusals refusals) {
    this.caller = caller;
    this.apps = apps;
    this.refusals = refusals;
  }

  @GET
  @Operation(
      summary = "What was refused of an app, newest first",
      description = "Page by page: `next` of one page is `after` of the next one.")
  public Page<RefusalView> ofApp(
      @PathParam("app") AppId app,
      @Parameter(description = "`next` of the page before") @QueryParam("after")
          @Nullable String after,
      @Parameter(description = "1 to 500; 50 unless given") @QueryParam("limit")
          @Nullable String limit) {
    caller.require(Role.AUDITOR, app);
    apps.require(app);
    return RefusalResource.page(refusals, Optional.of(app), after, limit);
  }
}
