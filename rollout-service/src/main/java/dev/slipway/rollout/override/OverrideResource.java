package dev.slipway.rollout.override;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.OverrideOrder;
import dev.slipway.contracts.rollout.OverrideView;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.channel.Bodies;
import dev.slipway.rollout.override.OverrideRow.Key;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/// Which devices are on which channel because an operator put them there.
@Path("/v1/apps/{app}/overrides")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class OverrideResource {

  private static final int USUAL = 100;
  private static final int MOST = 500;
  private static final Set<Role> MAY = Set.of(Role.RELEASER, Role.SUPPORT);

  private final OverrideBook book;
  private final AppBook apps;
  private final Caller caller;

  public OverrideResource(OverrideBook book, AppBook apps, Caller caller) {
    this.book = book;
    this.apps = apps;
    this.caller = caller;
  }

  @GET
  @Operation(summary = "The devices that were put on a channel")
  public Uni<Page<OverrideView>> list(
      @PathParam("app") AppId app,
      @QueryParam("after") @Nullable String after,
      @QueryParam("limit") @Nullable String limit) {
    caller.require(Role.VIEWER, app);
    int size = Text.limit(limit, USUAL, MOST);
    return Panache.withSession(
        () ->
            apps.require(app)
                .chain(
                    () ->
                        OverrideRow.<OverrideRow>find(
                                "appId = ?1 and deviceId > ?2 and removedAt is null order by deviceId",
                                app.text(),
                                after == null ? "" : after)
                            .page(0, size)
                            .list())
                .map(
                    rows ->
                        new Page<>(
                            rows.stream().map(OverrideRow::view).toList(),
                            rows.size() < size ? null : rows.getLast().deviceId)));
  }

  @GET
  @Path("{device}")
  @Operation(summary = "Where a device was put")
  public Uni<OverrideView> get(@PathParam("app") AppId app, @PathParam("device") DeviceId device) {
    caller.require(Role.VIEWER, app);
    return Panache.withSession(
        () ->
            OverrideRow.<OverrideRow>findById(new Key(app, device))
                .map(
                    row -> {
                      if (row == null || !row.isThere()) throw Refusal.notFound();
                      return row.view();
                    }));
  }

  @PUT
  @Path("{device}")
  @Operation(summary = "Put a device on a channel, whatever it chose itself")
  public Uni<OverrideView> put(
      @PathParam("app") AppId app,
      @PathParam("device") DeviceId device,
      @Nullable OverrideOrder order) {
    caller.requireOneOf(MAY, app);
    var given = Bodies.present(order);
    return book.put(app, device, given.channel(), Bodies.by(caller, given.reason()))
        .map(OverrideRow::view);
  }

  @DELETE
  @Path("{device}")
  @Consumes(MediaType.WILDCARD)
  @Operation(summary = "Let a device have its own choice again")
  public Uni<Void> delete(
      @PathParam("app") AppId app,
      @PathParam("device") DeviceId device,
      @QueryParam("reason") @Nullable String reason) {
    caller.requireOneOf(MAY, app);
    var by = Bodies.by(caller, reason == null ? "removed through the API" : reason);
    return book.remove(app, device, by);
  }
}
