package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.RecordedEvent;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.edge.EdgeBook;
import dev.slipway.rollout.edge.Publications;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Order;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Channels: what they serve, to whom, how far that has spread, and what happened.
@Path("/v1/apps/{app}/channels")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ChannelResource {

  private static final int USUAL = 100;
  private static final int MOST = 500;

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
                                "appId = ?1 and name > ?2 order by name",
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
  public Uni<ChannelView> get(
      @PathParam("app") AppId app, @PathParam("channel") ChannelName channel) {
    caller.require(Role.VIEWER, app);
    return view(app, channel);
  }

  @PUT
  @Path("{channel}")
  public Uni<ChannelView> put(
      @PathParam("app") AppId app,
      @PathParam("channel") ChannelName channel,
      @Nullable ChannelRules rules) {
    caller.require(Role.RELEASER, app);
    if (rules == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    return apps.openChannel(app, channel, rules)
        .chain(
            opened ->
                opened
                    ? Uni.createFrom().voidItem()
                    : book.decide(app, channel, new Order.ChangeRules(rules))
                        .map(Answers::accepted)
                        .replaceWithVoid())
        .chain(() -> view(app, channel));
  }

  @GET
  @Path("{channel}/events")
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
    return RolloutRow.latest(row.key)
        .chain(
            latest ->
                publications
                    .ofChannel(row.key)
                    .map(
                        publication -> {
                          var rollout = latest.map(RolloutRow::rollout).orElse(null);
                          var channel = row.with(rollout);
                          return new ChannelView(
                              channel.appId(),
                              channel.name(),
                              channel.epoch(),
                              channel.baseline(),
                              channel.previousBaseline(),
                              channel.hold(),
                              channel.quarantined(),
                              channel.rules(),
                              rollout == null ? null : Answers.view(channel, rollout),
                              edges.spread(publication, causedAt(channel)));
                        }));
  }

  /// When it came about that the channel has its epoch: a verdict is older than the order that
  /// follows from it.
  private static Instant causedAt(Channel channel) {
    var rollout = channel.rollout();
    return rollout != null
            && rollout.progress().epoch() == channel.epoch()
            && rollout.progress().cause()
                instanceof dev.slipway.contracts.rollout.Cause.Evidence(var verdict)
        ? verdict.decidedAt()
        : channel.changedAt();
  }

  private static Uni<ChannelRow> found(String key) {
    return ChannelRow.<ChannelRow>findById(key).onItem().ifNull().failWith(Refusal::notFound);
  }

  private static Page<ChannelView> page(List<ChannelView> views, int size) {
    return new Page<>(views, views.size() < size ? null : views.getLast().channel().text());
  }
}
