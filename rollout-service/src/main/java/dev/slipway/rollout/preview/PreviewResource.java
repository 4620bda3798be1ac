package dev.slipway.rollout.preview;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.rollout.RolloutPreview;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.kit.access.Caller;
import dev.slipway.rollout.channel.Bodies;
import dev.slipway.rollout.channel.Proposals;
import dev.slipway.rollout.channel.Recent;
import dev.slipway.rollout.plan.Starts;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/// Shows what a rollout would do. Nothing happens.
@Path("/v1/apps/{app}/channels/{channel}/rollouts/preview")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class PreviewResource {

  private final Recent recent;
  private final Proposals proposals;
  private final Caller caller;

  public PreviewResource(Recent recent, Proposals proposals, Caller caller) {
    this.recent = recent;
    this.proposals = proposals;
    this.caller = caller;
  }

  @POST
  @Operation(summary = "Work out what a rollout would do; nothing happens")
  public Uni<RolloutPreview> preview(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @Nullable StartRollout plan) {
    caller.require(Role.VIEWER, app);
    var given = Bodies.present(plan);
    var proposal = proposals.of(app, given);
    Starts.fault(proposal).ifPresent(Bodies::refuse);
    boolean supersede = Boolean.TRUE.equals(given.supersede());
    return proposals
        .known(app, given.version())
        .chain(() -> Panache.withSession(() -> recent.of(app, channel, proposal)))
        // Counting through a large fleet takes its time: not on an event loop.
        .emitOn(Infrastructure.getDefaultWorkerPool())
        .map(
            found ->
                new Preview(found.channel(), proposal, supersede, found.facts(), found.rollouts())
                    .show());
  }
}
