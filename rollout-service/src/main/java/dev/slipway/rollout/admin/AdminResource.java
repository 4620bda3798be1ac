package dev.slipway.rollout.admin;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.rollout.Effects;
import dev.slipway.contracts.rollout.Republished;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.kit.access.Caller;
import dev.slipway.rollout.channel.Bodies;
import dev.slipway.rollout.channel.ChannelBook;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/// Orders about the whole installation.
@Path("/v1")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class AdminResource {

  private final Republisher republisher;
  private final ChannelBook channels;
  private final Caller caller;

  public AdminResource(Republisher republisher, ChannelBook channels, Caller caller) {
    this.republisher = republisher;
    this.channels = channels;
    this.caller = caller;
  }

  /// Says all states again: after a restore of the database, or when Kafka lost its topics.
  @POST
  @Path("republish")
  @Consumes(MediaType.WILDCARD)
  @Operation(summary = "Say every state again: after a restore, or when Kafka lost its topics")
  public Uni<Republished> republish() {
    caller.requireEverywhere(Role.OWNER);
    return republisher.all();
  }

  /// Pauses every running rollout, app by app: what was paused stays paused if the rest fails, and
  /// the order can be repeated.
  @POST
  @Path("halt")
  @Operation(summary = "Pause every running rollout of the installation")
  public Uni<Effects> halt(@Nullable RolloutOrder order) {
    caller.requireEverywhere(Role.RELEASER);
    var by = Bodies.by(caller, Bodies.present(order).reason());
    return Panache.withSession(channels::appsWithRunningRollouts)
        .onItem()
        .transformToMulti(apps -> Multi.createFrom().iterable(apps))
        .onItem()
        .transformToUniAndConcatenate(app -> channels.halt(AppId.of(app), by))
        .onItem()
        .transformToMultiAndConcatenate(events -> Multi.createFrom().iterable(events))
        .collect()
        .asList()
        .map((List<RolloutEvent> events) -> new Effects(events));
  }
}
