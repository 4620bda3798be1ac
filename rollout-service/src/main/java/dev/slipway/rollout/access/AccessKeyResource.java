package dev.slipway.rollout.access;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.AccessKeyView;
import dev.slipway.contracts.access.NewAccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.access.RotateAccessKey;
import dev.slipway.contracts.http.Page;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.Text;
import io.smallrye.mutiny.Uni;
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
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Access keys, for owners. Who owns some apps alone has a say over keys to these alone.
@Path("/v1/access-keys")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class AccessKeyResource {

  private static final int USUAL = 100;
  private static final int MOST = 500;
  private static final int MAX_NAME = 100;
  private static final int MAX_APPS = 100;
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final int LOOKS = 100;
  private static final Duration LONGEST_LIFE = Duration.ofDays(366);
  private static final Duration USUAL_OVERLAP = Duration.ofDays(1);
  private static final Duration LONGEST_OVERLAP = Duration.ofDays(30);

  private final AccessKeyBook book;
  private final StateView<AccessKey> keys;
  private final Caller caller;

  public AccessKeyResource(AccessKeyBook book, StateView<AccessKey> keys, Caller caller) {
    this.book = book;
    this.keys = keys;
    this.caller = caller;
  }

  @POST
  @Operation(summary = "Make an access key; its text is shown in this answer alone")
  public Uni<RestResponse<AccessKeyView>> issue(@Nullable NewAccessKey wanted) {
    caller.require(Role.OWNER);
    if (wanted == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    var name = Text.checked("name-invalid", "/name", wanted.name(), MAX_NAME);
    if (wanted.roles().isEmpty()) throw invalid("/roles", "A key has at least one role.");
    var apps = wanted.apps() == null ? Set.<AppId>of() : wanted.apps();
    if (apps.size() > MAX_APPS) throw invalid("/apps", "A key names at most 100 apps.");
    if (wanted.apps() != null && apps.isEmpty()) {
      throw invalid("/apps", "Leave the member away for a key to all apps.");
    }
    if (apps.isEmpty()) caller.requireEverywhere(Role.OWNER);
    for (var app : apps) caller.require(Role.OWNER, app);
    return book.issue(name, wanted.roles(), apps, life(wanted.expiresIn()))
        .call(view -> known(view.keyId()))
        .map(AccessKeyResource::created);
  }

  @POST
  @Path("{id}/rotate")
  @Operation(summary = "Make a successor; both open for a while, then the old key ends")
  public Uni<RestResponse<AccessKeyView>> rotate(
      @PathParam("id") String id, @Nullable RotateAccessKey order) {
    caller.require(Role.OWNER);
    if (order == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    var overlap = order.overlap() == null ? USUAL_OVERLAP : order.overlap();
    if (overlap.isNegative() || overlap.compareTo(LONGEST_OVERLAP) > 0) {
      throw invalid("/overlap", "Both keys open for 30 days at most.");
    }
    return book.rotate(id, this::isMine, life(order.expiresIn()), overlap)
        .call(view -> known(view.keyId()))
        .map(AccessKeyResource::created);
  }

  /// A key that was given out opens this service at once: it is waited for until it has come
  /// through its topic, two seconds at most.
  private Uni<Void> known(String keyId) {
    return Uni.createFrom()
        .item(() -> keys.find(keyId).isPresent())
        .repeat()
        .withDelay(LOOK)
        .atMost(LOOKS)
        .select()
        .where(found -> found)
        .toUni()
        .replaceWithVoid();
  }

  @GET
  @Operation(summary = "The access keys that were not revoked, without their texts")
  public Uni<Page<AccessKeyView>> list(
      @QueryParam("after") @Nullable String after, @QueryParam("limit") @Nullable String limit) {
    caller.require(Role.OWNER);
    int size = Text.limit(limit, USUAL, MOST);
    return book.after(after == null ? "" : after, size)
        .map(
            rows ->
                new Page<>(
                    rows.stream()
                        .filter(row -> isMine(row.key()))
                        .map(row -> row.view(null))
                        .toList(),
                    rows.size() < size ? null : rows.getLast().keyId));
  }

  @DELETE
  @Path("{id}")
  @Operation(summary = "Revoke an access key at once")
  public Uni<Void> revoke(@PathParam("id") String id) {
    caller.require(Role.OWNER);
    return book.revoke(id, this::isMine);
  }

  private boolean isMine(AccessKey key) {
    return caller.apps().isEmpty()
        || (!key.apps().isEmpty() && caller.apps().containsAll(key.apps()));
  }

  private static Duration life(Duration life) {
    if (!life.isPositive() || life.compareTo(LONGEST_LIFE) > 0) {
      throw invalid("/expires_in", "A key lives for at most 366 days.");
    }
    return life;
  }

  private static RestResponse<AccessKeyView> created(AccessKeyView view) {
    return RestResponse.ResponseBuilder.create(RestResponse.Status.CREATED, view)
        .location(URI.create("/v1/access-keys/" + view.keyId()))
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .build();
  }

  private static Refusal invalid(String pointer, String detail) {
    return Refusal.of(422, "value-invalid", detail, Map.of("pointer", pointer));
  }
}
