package dev.slipway.rollout.webhook;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.webhook.DeliveryView;
import dev.slipway.contracts.webhook.NewWebhook;
import dev.slipway.contracts.webhook.RotateSecret;
import dev.slipway.contracts.webhook.WebhookView;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.webhook.Guard.Judgement;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Webhooks, for owners; releasers may look at them, test them and post a message again.
@Path("/v1/webhooks")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class WebhookResource {

  private static final int USUAL = 100;
  private static final int MOST = 500;
  private static final int MAX_EVENTS = 50;
  private static final int MAX_DESCRIPTION = 200;
  private static final Duration USUAL_OVERLAP = Duration.ofDays(1);
  private static final Duration LONGEST_OVERLAP = Duration.ofDays(30);
  private static final Pattern EVENT = Pattern.compile("[a-z][a-z-]{0,39}(\\.[a-z][a-z-]{0,59})?");

  private final WebhookBook book;
  private final Guard guard;
  private final Caller caller;
  private final Vertx vertx;

  public WebhookResource(WebhookBook book, Guard guard, Caller caller, Vertx vertx) {
    this.book = book;
    this.guard = guard;
    this.caller = caller;
    this.vertx = vertx;
  }

  @POST
  @Operation(summary = "Add a webhook; its secret is shown in this answer alone")
  public Uni<RestResponse<WebhookView>> create(@Nullable NewWebhook wanted) {
    caller.require(Role.OWNER);
    if (wanted == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    if (wanted.appId() == null) caller.requireEverywhere(Role.OWNER);
    else caller.require(Role.OWNER, wanted.appId());
    var events = wanted.events() == null ? Set.<String>of() : wanted.events();
    if (events.size() > MAX_EVENTS
        || !events.stream().allMatch(event -> EVENT.matcher(event).matches())) {
      throw Refusal.of(
          422,
          "value-invalid",
          "At most 50 events, such as rollout or rollout.rolled-back.",
          Map.of("pointer", "/events"));
    }
    var description =
        wanted.description() == null
            ? null
            : Text.checked("value-invalid", "/description", wanted.description(), MAX_DESCRIPTION);
    return Uni.createFrom()
        .completionStage(
            () -> vertx.executeBlocking(() -> guard.judge(wanted.url()), false).toCompletionStage())
        .invoke(WebhookResource::requireAllowed)
        .chain(() -> book.create(wanted.url(), wanted.appId(), events, description))
        .map(
            view ->
                RestResponse.ResponseBuilder.create(RestResponse.Status.CREATED, view)
                    .location(URI.create("/v1/webhooks/" + view.id()))
                    .header(HttpHeaders.CACHE_CONTROL, "no-store")
                    .build());
  }

  private static void requireAllowed(Judgement judgement) {
    switch (judgement) {
      case Judgement.Allowed _ -> {}
      case Judgement.Refused(var why) ->
          throw Refusal.of(
              422, "webhook-url", "Nothing is posted there: " + why + ".", Map.of("pointer", "/url"));
    }
  }

  @GET
  @Operation(summary = "The webhooks")
  public Uni<Page<WebhookView>> list(
      @QueryParam("after") @Nullable String after, @QueryParam("limit") @Nullable String limit) {
    caller.require(Role.RELEASER);
    int size = Text.limit(limit, USUAL, MOST);
    var apps = caller.apps().stream().map(AppId::text).collect(Collectors.toSet());
    return book.list(apps, after == null ? "" : after, size)
        .map(views -> new Page<>(views, views.size() < size ? null : views.getLast().id()));
  }

  @GET
  @Path("{id}")
  @Operation(summary = "One webhook")
  public Uni<WebhookView> get(@PathParam("id") String id) {
    return allowed(Role.RELEASER, id).chain(() -> book.get(id));
  }

  @DELETE
  @Path("{id}")
  @Operation(summary = "Remove a webhook with its messages")
  public Uni<Void> delete(@PathParam("id") String id) {
    return allowed(Role.OWNER, id).chain(() -> book.delete(id));
  }

  @POST
  @Path("{id}/enable")
  @Operation(summary = "Post messages again from now on")
  public Uni<WebhookView> enable(@PathParam("id") String id) {
    return allowed(Role.OWNER, id).chain(() -> book.setEnabled(id, true));
  }

  @POST
  @Path("{id}/disable")
  @Operation(summary = "Post nothing more; what waits is given up")
  public Uni<WebhookView> disable(@PathParam("id") String id) {
    return allowed(Role.OWNER, id).chain(() -> book.setEnabled(id, false));
  }

  @POST
  @Path("{id}/rotate-secret")
  @Operation(summary = "Give it a new secret and key; for a while messages are signed with both")
  public Uni<RestResponse<WebhookView>> rotate(
      @PathParam("id") String id, @Nullable RotateSecret order) {
    var overlap = order == null || order.overlap() == null ? USUAL_OVERLAP : order.overlap();
    if (overlap.isNegative() || overlap.compareTo(LONGEST_OVERLAP) > 0) {
      throw Refusal.of(
          422,
          "value-invalid",
          "Old secrets sign for 30 days at most.",
          Map.of("pointer", "/overlap"));
    }
    return allowed(Role.OWNER, id)
        .chain(() -> book.rotate(id, overlap))
        .map(
            view ->
                RestResponse.ResponseBuilder.ok(view)
                    .header(HttpHeaders.CACHE_CONTROL, "no-store")
                    .build());
  }

  @POST
  @Path("{id}/test")
  @Operation(summary = "Post a test message")
  public Uni<DeliveryView> test(@PathParam("id") String id) {
    return allowed(Role.RELEASER, id).chain(() -> book.test(id));
  }

  @GET
  @Path("{id}/deliveries")
  @Operation(summary = "Messages of the last 30 days, newest first")
  public Uni<Page<DeliveryView>> deliveries(
      @PathParam("id") String id,
      @QueryParam("state") @Nullable String state,
      @QueryParam("after") @Nullable String after,
      @QueryParam("limit") @Nullable String limit) {
    int size = Text.limit(limit, USUAL, MOST);
    var wanted = state(state);
    Long before =
        after == null ? null : Text.number("after-invalid", "after", after, 0, Long.MAX_VALUE);
    List<Long> cursor = new ArrayList<>();
    return allowed(Role.RELEASER, id)
        .chain(() -> book.deliveries(id, wanted, before, size, cursor))
        .map(
            views ->
                new Page<>(
                    views, cursor.isEmpty() ? null : Long.toString(cursor.getFirst())));
  }

  @POST
  @Path("{id}/deliveries/{message}/replay")
  @Operation(summary = "Post a message again, under its old id")
  public Uni<DeliveryView> replay(
      @PathParam("id") String id, @PathParam("message") String message) {
    return allowed(Role.RELEASER, id).chain(() -> book.replay(id, message));
  }

  /// A webhook about all apps belongs to keys without a limit of apps; one about a foreign app is
  /// not found.
  private Uni<Void> allowed(Role role, String id) {
    caller.require(role);
    return book.app(id)
        .invoke(
            app -> {
              if (app.isPresent()) caller.require(role, app.get());
              else if (!caller.apps().isEmpty()) throw Refusal.notFound();
            })
        .replaceWithVoid();
  }

  private static DeliveryView.@Nullable State state(@Nullable String text) {
    if (text == null) return null;
    try {
      return DeliveryView.State.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException _) {
      throw Refusal.of(
          422,
          "value-invalid",
          "state is pending, delivered or failed",
          Map.of("parameter", "state"));
    }
  }
}
