package dev.slipway.rollout.device;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.access.Role;
import dev.slipway.kit.access.Caller;
import dev.slipway.rollout.channel.Bodies;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/// Single devices of an app.
@Path("/v1/apps/{app}/devices")
public class DeviceResource {

  private final DeviceBook book;
  private final Caller caller;

  public DeviceResource(DeviceBook book, Caller caller) {
    this.book = book;
    this.caller = caller;
  }

  @DELETE
  @Path("{device}")
  @Operation(
      summary =
          "Forget a device: its channel, its failures and its story are deleted at once, what the"
              + " logs still hold goes within seven days")
  public Uni<Void> forget(
      @PathParam("app") AppId app,
      @PathParam("device") DeviceId device,
      @QueryParam("reason") @Nullable String reason) {
    caller.require(Role.SUPPORT, app);
    var why = reason == null ? null : Bodies.by(caller, reason).reason();
    return book.forget(app, device, why);
  }
}
