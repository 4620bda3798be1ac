package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.plan.Salt;
import dev.slipway.rollout.plan.Stages;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.security.SecureRandom;
import java.util.UUID;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Starting rollouts and giving orders about them.
@Path("/v1/apps/{app}")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class RolloutResource {

  private static final int MAX_REASON = 500;

  private final ChannelBook book;
  private final PublishedVersions versions;
  private final Caller caller;
  private final SecureRandom random;

  public RolloutResource(
      ChannelBook book, PublishedVersions versions, Caller caller, SecureRandom random) {
    this.book = book;
    this.versions = versions;
    this.caller = caller;
    this.random = random;
  }

  @POST
  @Path("channels/{channel}/rollouts")
  public Uni<RestResponse<RolloutView>> start(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @Nullable StartRollout order) {
    caller.require(Role.RELEASER, app);
    var start = present(order);
    var by = by(start.reason());
    var id = RolloutId.of(UUID.randomUUID().toString());
    return versions
        .publication(app, start.version())
        .chain(
            publication ->
                book.decide(
                    app,
                    channel,
                    new Order.Start(
                        id,
                        start.version(),
                        publication,
                        start.stages() == null ? Stages.DEFAULT : start.stages(),
                        start.policy() == null ? Policy.CAUTIOUS : start.policy(),
                        Salt.draw(random),
                        by)))
        .map(Answers::rollout)
        .map(
            view ->
                RestResponse.ResponseBuilder.create(RestResponse.Status.CREATED, view)
                    .location(URI.create("/v1/apps/" + app + "/rollouts/" + id))
                    .build());
  }

  @GET
  @Path("rollouts/{id}")
  public Uni<RolloutView> get(@PathParam("app") AppId app, @PathParam("id") RolloutId id) {
    caller.require(Role.VIEWER, app);
    return Panache.withSession(
        () ->
            RolloutRow.find(id)
                .map(row -> row.filter(it -> it.appId.equals(app.text())))
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(
                    row ->
                        ChannelRow.<ChannelRow>findById(row.channelKey)
                            .map(channel -> view(channel, row))));
  }

  @POST
  @Path("rollouts/{id}/pause")
  public Uni<RolloutView> pause(
      @PathParam("app") AppId app, @PathParam("id") RolloutId id, @Nullable RolloutOrder order) {
    return give(app, id, order, Order.Pause::new);
  }

  @POST
  @Path("rollouts/{id}/resume")
  public Uni<RolloutView> resume(
      @PathParam("app") AppId app, @PathParam("id") RolloutId id, @Nullable RolloutOrder order) {
    return give(app, id, order, Order.Resume::new);
  }

  @POST
  @Path("rollouts/{id}/advance")
  public Uni<RolloutView> advance(
      @PathParam("app") AppId app, @PathParam("id") RolloutId id, @Nullable RolloutOrder order) {
    return give(app, id, order, Order.Advance::new);
  }

  @POST
  @Path("rollouts/{id}/rollback")
  public Uni<RolloutView> rollBack(
      @PathParam("app") AppId app, @PathParam("id") RolloutId id, @Nullable RolloutOrder order) {
    return give(app, id, order, Order.RollBack::new);
  }

  /// Makes an order of what a person sent.
  private interface Verb {
    Order order(Cause.Person by, @Nullable Long epoch);
  }

  private Uni<RolloutView> give(AppId app, RolloutId id, @Nullable RolloutOrder order, Verb verb) {
    caller.require(Role.RELEASER, app);
    var given = present(order);
    return book.decide(app, id, verb.order(by(given.reason()), given.epoch()))
        .map(Answers::rollout);
  }

  private Cause.Person by(String reason) {
    return new Cause.Person(
        caller.keyId(), Text.checked("reason-invalid", "/reason", reason, MAX_REASON));
  }

  private static RolloutView view(ChannelRow channel, RolloutRow row) {
    var rollout = row.rollout();
    return Answers.view(channel.with(rollout), rollout);
  }

  private static <T> T present(@Nullable T body) {
    if (body == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    return body;
  }
}
