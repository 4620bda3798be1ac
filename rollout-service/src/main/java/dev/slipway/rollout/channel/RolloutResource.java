package dev.slipway.rollout.channel;

import static dev.slipway.rollout.channel.Bodies.present;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Effects;
import dev.slipway.contracts.rollout.QuarantineOrder;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.plan.Order;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Planning and starting rollouts, and giving orders about them. Each order takes a reason, and may
/// name the epoch that its sender saw.
@Path("/v1/apps/{app}")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class RolloutResource {

  private static final int USUAL = 50;
  private static final int MOST = 200;

  private final ChannelBook book;
  private final Proposals proposals;
  private final Caller caller;

  public RolloutResource(ChannelBook book, Proposals proposals, Caller caller) {
    this.book = book;
    this.proposals = proposals;
    this.caller = caller;
  }

  @POST
  @Path("channels/{channel}/rollouts")
  @Operation(summary = "Start a rollout; with supersede, in place of the one under way")
  public Uni<RestResponse<RolloutView>> start(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable StartRollout order) {
    caller.require(Role.RELEASER, app);
    var start = present(order);
    if (start.startAt() != null) {
      throw Refusal.of(
          422,
          "time-invalid",
          "This starts it at once. Draft it, then schedule it.",
          Map.of("pointer", "/start_at"));
    }
    var by = Bodies.by(caller, start.reason());
    var proposal = proposals.of(app, start);
    boolean supersede = Boolean.TRUE.equals(start.supersede());
    var epoch = Bodies.epoch(null, ifMatch);
    return proposals
        .known(app, start.version())
        .chain(() -> book.decide(app, channel, new Order.Start(proposal, supersede, by, epoch)))
        .map(outcome -> Answers.rollout(outcome, proposal.id()))
        .map(RolloutResource::created);
  }

  /// Writes a rollout down; nothing happens by itself until it is scheduled or started.
  @POST
  @Path("channels/{channel}/drafts")
  @Operation(
      summary = "Write a rollout down; nothing happens until it is approved, scheduled or started")
  public Uni<RestResponse<RolloutView>> draft(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @Nullable StartRollout order) {
    caller.require(Role.RELEASER, app);
    var draft = present(order);
    var by = Bodies.by(caller, draft.reason());
    var proposal = proposals.of(app, draft);
    return proposals
        .known(app, draft.version())
        .chain(() -> book.decide(app, channel, new Order.Draft(proposal, draft.startAt(), by)))
        .map(outcome -> Answers.rollout(outcome, proposal.id()))
        .map(RolloutResource::created);
  }

  /// The newest first.
  @GET
  @Path("rollouts")
  @Operation(summary = "Rollouts of the app, the newest first")
  public Uni<Page<RolloutView>> list(
      @PathParam("app") AppId app,
      @QueryParam("channel") @Nullable ChannelName channel,
      @QueryParam("state") @Nullable String state,
      @QueryParam("after") @Nullable RolloutId after,
      @QueryParam("limit") @Nullable String limit) {
    caller.require(Role.VIEWER, app);
    int size = Text.limit(limit, USUAL, MOST);
    var wanted = state == null ? null : state(state);
    return Panache.withSession(
        () ->
            RolloutRow.page(app, channel, wanted, after, size)
                .chain(
                    rows ->
                        ChannelRow.<ChannelRow>find("appId", app.text())
                            .list()
                            .map(
                                channels ->
                                    new Page<>(
                                        rows.stream().map(row -> view(channels, row)).toList(),
                                        rows.size() < size ? null : rows.getLast().id))));
  }

  @GET
  @Path("rollouts/{id}")
  @Operation(summary = "One rollout; its ETag is the epoch of its channel")
  public Uni<RestResponse<RolloutView>> get(
      @PathParam("app") AppId app, @PathParam("id") RolloutId id) {
    caller.require(Role.VIEWER, app);
    return Panache.withSession(
        () ->
            RolloutRow.find(id)
                .map(row -> row.filter(it -> it.appId.equals(app.text())))
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(
                    row ->
                        ChannelRow.<ChannelRow>findById(row.channelKey)
                            .map(channel -> tagged(view(List.of(channel), row), channel.epoch))));
  }

  @POST
  @Path("rollouts/{id}/submit")
  @Operation(summary = "Ask a second person to approve a draft")
  public Uni<RestResponse<RolloutView>> submit(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.Submit(id, by, epoch));
  }

  @POST
  @Path("rollouts/{id}/approve")
  @Operation(
      summary = "Agree to a rollout that somebody else submitted: it is scheduled, or starts")
  public Uni<RestResponse<RolloutView>> approve(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(
        app,
        id,
        order,
        ifMatch,
        (given, by, epoch) -> new Order.Approve(id, supersedes(given), by, epoch));
  }

  @POST
  @Path("rollouts/{id}/reject")
  @Operation(summary = "Disagree: it is a draft again")
  public Uni<RestResponse<RolloutView>> reject(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.Reject(id, by, epoch));
  }

  @POST
  @Path("rollouts/{id}/schedule")
  @Operation(summary = "Let a draft start by itself at a time")
  public Uni<RestResponse<RolloutView>> schedule(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(
        app,
        id,
        order,
        ifMatch,
        (given, by, epoch) -> {
          var at = given.at();
          if (at == null) {
            throw Refusal.of(
                422, "value-invalid", "When is it to start?", Map.of("pointer", "/at"));
          }
          return new Order.Schedule(id, at, by, epoch);
        });
  }

  @POST
  @Path("rollouts/{id}/start")
  @Operation(summary = "Start a draft, or a scheduled rollout before its time")
  public Uni<RestResponse<RolloutView>> launch(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(
        app,
        id,
        order,
        ifMatch,
        (given, by, epoch) -> new Order.Launch(id, supersedes(given), by, epoch));
  }

  @POST
  @Path("rollouts/{id}/pause")
  @Operation(summary = "Offer the version to nobody new")
  public Uni<RestResponse<RolloutView>> pause(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.Pause(id, by, epoch));
  }

  @POST
  @Path("rollouts/{id}/resume")
  @Operation(summary = "Go on with a paused rollout")
  public Uni<RestResponse<RolloutView>> resume(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.Resume(id, by, epoch));
  }

  @POST
  @Path("rollouts/{id}/advance")
  @Operation(summary = "Open the next stage now")
  public Uni<RestResponse<RolloutView>> advance(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.Advance(id, by, epoch));
  }

  @POST
  @Path("rollouts/{id}/complete")
  @Operation(summary = "Make the version the baseline now")
  public Uni<RestResponse<RolloutView>> complete(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.Complete(id, by, epoch));
  }

  @POST
  @Path("rollouts/{id}/cancel")
  @Operation(summary = "Give up a rollout that has not started")
  public Uni<RestResponse<RolloutView>> cancel(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.Cancel(id, by, epoch));
  }

  @POST
  @Path("rollouts/{id}/rollback")
  @Operation(summary = "Take the version back from every device, also when it is complete")
  public Uni<RestResponse<RolloutView>> rollBack(
      @PathParam("app") AppId app,
      @PathParam("id") RolloutId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    return give(app, id, order, ifMatch, (_, by, epoch) -> new Order.RollBack(id, by, epoch));
  }

  /// Never offers a version again on any channel of the app.
  @POST
  @Path("quarantine")
  @Operation(summary = "Never offer a version again on any channel of the app")
  public Uni<Effects> quarantine(@PathParam("app") AppId app, @Nullable QuarantineOrder order) {
    caller.require(Role.RELEASER, app);
    var given = present(order);
    var by = Bodies.by(caller, given.reason());
    if (given.version().isBuiltin()) {
      throw Refusal.of(
          422,
          "value-invalid",
          "The store's build cannot be quarantined.",
          Map.of("pointer", "/version"));
    }
    return book.quarantine(app, given.version(), Boolean.TRUE.equals(given.force()), by)
        .map(Effects::new);
  }

  /// Pauses every running rollout of the app.
  @POST
  @Path("halt")
  @Operation(summary = "Pause every running rollout of the app")
  public Uni<Effects> halt(@PathParam("app") AppId app, @Nullable RolloutOrder order) {
    caller.require(Role.RELEASER, app);
    return book.halt(app, Bodies.by(caller, present(order).reason())).map(Effects::new);
  }

  /// Makes an order of what a person sent.
  private interface Verb {
    Order.Personal order(RolloutOrder given, Cause.Person by, @Nullable Long epoch);
  }

  private Uni<RestResponse<RolloutView>> give(
      AppId app, RolloutId id, @Nullable RolloutOrder order, @Nullable String ifMatch, Verb verb) {
    caller.require(Role.RELEASER, app);
    var given = present(order);
    var by = Bodies.by(caller, given.reason());
    return book.decide(app, verb.order(given, by, Bodies.epoch(given.epoch(), ifMatch)))
        .map(outcome -> tagged(Answers.rollout(outcome, id), Answers.accepted(outcome).epoch()));
  }

  private static boolean supersedes(RolloutOrder given) {
    return Boolean.TRUE.equals(given.supersede());
  }

  private static RolloutState state(String text) {
    return Arrays.stream(RolloutState.values())
        .filter(it -> it.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                Refusal.of(
                    422,
                    "state-invalid",
                    "A state is one of "
                        + String.join(
                            ", ",
                            Arrays.stream(RolloutState.values())
                                .map(it -> it.name().toLowerCase(Locale.ROOT))
                                .toList())
                        + ".",
                    Map.of("parameter", "state")));
  }

  private static RestResponse<RolloutView> created(RolloutView view) {
    return RestResponse.ResponseBuilder.create(RestResponse.Status.CREATED, view)
        .location(URI.create("/v1/apps/" + view.appId() + "/rollouts/" + view.rolloutId()))
        .header("ETag", Bodies.etag(view.epoch()))
        .build();
  }

  private static RestResponse<RolloutView> tagged(RolloutView view, long epoch) {
    return RestResponse.ResponseBuilder.ok(view).header("ETag", Bodies.etag(epoch)).build();
  }

  private static RolloutView view(List<ChannelRow> channels, RolloutRow row) {
    var rollout = row.rollout();
    var channel =
        channels.stream().filter(it -> it.key.equals(row.channelKey)).findFirst().orElseThrow();
    return Answers.view(channel.with(List.of(rollout)), rollout);
  }
}
