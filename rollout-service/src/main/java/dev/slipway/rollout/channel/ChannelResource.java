package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.RecordedEvent;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.edge.EdgeBook;
import dev.slipway.rollout.edge.Publications;
import dev.slipway.rollout.edge.Publications.Publication;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.plan.Rollout;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Channels: what they serve, to whom, how far that has spread, and what happened.
@Path("/v1/apps/{app}/channels")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ChannelResource {

  private static final int USUAL = 100;
  private static final int MOST = 500;

  private static final int WAITING = 20;

  /// A change that came longer after the verdict that it names was waiting for something else.
  private static final Duration PROMPT = Duration.ofMinutes(1);

  private final ChannelBook book;
  private final AppBook apps;
  private final EdgeBook edges;
  private final Publications publications;
  private final Caller caller;

  public ChannelResource(
      ChannelBook book, AppBook apps, EdgeBook edges, Publications publications, Caller caller) {
    this.book = book;
    this.apps = apps;
    this.edges = edges;
    this.publications = publications;
    this.caller = caller;
  }

  @GET
  @Operation(summary = "The channels of the app with what they serve")
  public Uni<Page<ChannelView>> list(
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
                        ChannelRow.<ChannelRow>find(
                                "appId = ?1 and name > ?2 and deletedAt is null order by name",
                                app.text(),
                                after == null ? "" : after)
                            .page(0, size)
                            .list())
                .chain(
                    rows ->
                        Multi.createFrom()
                            .iterable(rows)
                            .onItem()
                            .transformToUniAndConcatenate(this::view)
                            .collect()
                            .asList()
                            .map(views -> page(views, size))));
  }

  @GET
  @Path("{channel}")
  @Operation(
      summary = "One channel: its rules, its rollout, and how far its last change has spread")
  public Uni<RestResponse<ChannelView>> get(
      @PathParam("app") AppId app, @PathParam("channel") ChannelName channel) {
    caller.require(Role.VIEWER, app);
    return view(app, channel).map(ChannelResource::tagged);
  }

  /// Opens the channel, or changes which devices it serves.
  @PUT
  @Path("{channel}")
  @Operation(summary = "Open a channel, or change which devices it serves")
  public Uni<RestResponse<ChannelView>> put(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @QueryParam("reason") @Nullable String reason,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable ChannelRules rules) {
    caller.require(Role.RELEASER, app);
    var wanted = Bodies.present(rules);
    var by = Bodies.by(caller, reason == null ? "changed through the API" : reason);
    var epoch = Bodies.epoch(null, ifMatch);
    return apps.openChannel(app, channel, wanted, by)
        .chain(
            opened ->
                opened
                    ? Uni.createFrom().voidItem()
                    : book.change(app, channel, wanted, by, epoch)
                        .map(Answers::accepted)
                        .replaceWithVoid())
        .chain(() -> view(app, channel))
        .map(ChannelResource::tagged);
  }

  /// Ends the channel: it serves nobody any more. Its history stays; a new channel of the same name
  /// goes on with it.
  @DELETE
  @Path("{channel}")
  @Consumes(MediaType.WILDCARD)
  @Operation(summary = "End a channel: it serves nobody any more")
  public Uni<Void> delete(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @QueryParam("reason") @Nullable String reason,
      @HeaderParam("If-Match") @Nullable String ifMatch) {
    caller.require(Role.RELEASER, app);
    var by = Bodies.by(caller, reason == null ? "deleted through the API" : reason);
    var epoch = Bodies.epoch(null, ifMatch);
    return Panache.withSession(() -> apps.require(app))
        .invoke(
            state -> {
              if (channel.equals(state.defaultChannel())) {
                throw Refusal.of(
                    409,
                    "channel-is-default",
                    "Devices that name no channel get this one: give the app another default"
                        + " channel first.",
                    Map.of("channel", channel));
              }
            })
        .chain(() -> book.decide(app, channel, new Order.Delete(by, epoch)))
        .map(Answers::accepted)
        .replaceWithVoid();
  }

  /// Lets devices try again on which a version failed before an instant.
  @POST
  @Path("{channel}/retry-from")
  @Operation(summary = "Let devices try again on which a version failed before an instant")
  public Uni<RestResponse<ChannelView>> retryFrom(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable RolloutOrder order) {
    caller.require(Role.RELEASER, app);
    var given = Bodies.present(order);
    var by = Bodies.by(caller, given.reason());
    return book.decide(
            app, channel, new Order.RetryFrom(given.at(), by, Bodies.epoch(given.epoch(), ifMatch)))
        .map(Answers::accepted)
        .chain(() -> view(app, channel))
        .map(ChannelResource::tagged);
  }

  @GET
  @Path("{channel}/events")
  @Operation(summary = "All that was decided about a channel, the oldest first")
  public Uni<Page<RecordedEvent>> events(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @QueryParam("after") @Nullable String after,
      @QueryParam("limit") @Nullable String limit) {
    caller.require(Role.VIEWER, app);
    int size = Text.limit(limit, USUAL, MOST);
    long from = after == null ? 0 : Text.number("after-invalid", "after", after, 0, Long.MAX_VALUE);
    var key = ChannelState.key(app, channel);
    return Panache.withSession(
        () ->
            found(key)
                .chain(_ -> EventRow.after(key, from, size))
                .map(
                    rows ->
                        new Page<>(
                            rows.stream().map(EventRow::recorded).toList(),
                            rows.size() < size ? null : Long.toString(rows.getLast().id()))));
  }

  private Uni<ChannelView> view(AppId app, ChannelName channel) {
    return Panache.withSession(() -> found(ChannelState.key(app, channel)).chain(this::view));
  }

  private Uni<ChannelView> view(ChannelRow row) {
    return atHand(row)
        .chain(
            latest ->
                RolloutRow.waiting(row.key, WAITING)
                    .chain(
                        waiting ->
                            publications
                                .ofChannel(row.key)
                                .map(published -> view(row, latest, waiting, published))));
  }

  private ChannelView view(
      ChannelRow row,
      Optional<RolloutRow> latest,
      List<RolloutRow> waiting,
      Publication published) {
    var rollout = latest.map(RolloutRow::rollout).orElse(null);
    var channel = row.with(rollout == null ? List.of() : List.of(rollout));
    return new ChannelView(
        channel.appId(),
        channel.name(),
        channel.epoch(),
        channel.baseline(),
        channel.previousBaseline(),
        channel.hold(),
        channel.quarantined(),
        channel.rules(),
        channel.retryFrom(),
        rollout == null ? null : Answers.view(channel, rollout),
        waiting.stream().map(it -> Answers.view(channel, it.rollout())).toList(),
        edges.spread(published, causedAt(row, channel, rollout)));
  }

  /// The active rollout, else the last one that started.
  private static Uni<Optional<RolloutRow>> atHand(ChannelRow row) {
    return row.activeRollout == null
        ? RolloutRow.latest(row.key)
        : RolloutRow.find(RolloutId.of(row.activeRollout));
  }

  /// When that came about which the channel's state says: a verdict is older than the order that
  /// follows from it; a state that is said again, for a fresh statement or after a restore, follows
  /// from no order.
  private static Instant causedAt(ChannelRow row, Channel channel, @Nullable Rollout rollout) {
    if (row.saidAt.isAfter(channel.changedAt())) return row.saidAt;
    return rollout != null
            && rollout.epoch() == channel.epoch()
            && rollout.cause() instanceof Cause.Evidence(var verdict)
            && !verdict.decidedAt().isAfter(channel.changedAt())
            && verdict.decidedAt().isAfter(channel.changedAt().minus(PROMPT))
        ? verdict.decidedAt()
        : channel.changedAt();
  }

  private static RestResponse<ChannelView> tagged(ChannelView view) {
    return RestResponse.ResponseBuilder.ok(view).header("ETag", Bodies.etag(view.epoch())).build();
  }

  private static Uni<ChannelRow> found(String key) {
    return ChannelRow.<ChannelRow>findById(key)
        .map(
            row -> {
              if (row == null || row.isDeleted()) throw Refusal.notFound();
              return row;
            });
  }

  private static Page<ChannelView> page(List<ChannelView> views, int size) {
    return new Page<>(views, views.size() < size ? null : views.getLast().channel().text());
  }
}
