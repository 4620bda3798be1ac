package dev.slipway.rollout.access;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.AccessKeyView;
import dev.slipway.contracts.access.NewAccessKey;
import dev.slipway.contracts.access.Role;
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
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// Access keys, for owners of the whole installation.
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

  private final AccessKeyBook book;
  private final StateView<AccessKey> keys;
  private final Caller caller;

  public AccessKeyResource(AccessKeyBook book, StateView<AccessKey> keys, Caller caller) {
    this.book = book;
    this.keys = keys;
    this.caller = caller;
  }

  @POST
  public Uni<RestResponse<AccessKeyView>> issue(@Nullable NewAccessKey wanted) {
    caller.requireEverywhere(Role.OWNER);
    if (wanted == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    var name = Text.checked("name-invalid", "/name", wanted.name(), MAX_NAME);
    if (wanted.roles().isEmpty()) throw invalid("/roles", "A key has at least one role.");
    var apps = wanted.apps() == null ? Set.<dev.slipway.bundle.AppId>of() : wanted.apps();
    if (apps.size() > MAX_APPS) throw invalid("/apps", "A key names at most 100 apps.");
    if (wanted.apps() != null && apps.isEmpty()) {
      throw invalid("/apps", "Leave the member away for a key to all apps.");
    }
    var life = wanted.expiresIn();
    if (!life.isPositive() || life.compareTo(LONGEST_LIFE) > 0) {
      throw invalid("/expires_in", "A key lives for at most 366 days.");
    }
    return book.issue(name, wanted.roles(), apps, life)
        .call(issued -> known(issued.key().keyId()))
        .map(
            issued ->
                RestResponse.ResponseBuilder.create(
                        RestResponse.Status.CREATED, view(issued.key(), issued.text()))
                    .location(URI.create("/v1/access-keys/" + issued.key().keyId()))
                    .header(HttpHeaders.CACHE_CONTROL, "no-store")
                    .build());
  }

  /// A key that was given out opens this service at once: it is waited for until it has come
  // through
  /// its topic, two seconds at most.
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
  public Uni<Page<AccessKeyView>> list(
      @QueryParam("after") @Nullable String after, @QueryParam("limit") @Nullable String limit) {
    caller.requireEverywhere(Role.OWNER);
    int size = Text.limit(limit, USUAL, MOST);
    return book.after(after == null ? "" : after, size)
        .map(
            keys ->
                new Page<>(
                    keys.stream().map(key -> view(key, null)).toList(),
                    keys.size() < size ? null : keys.getLast().keyId()));
  }

  @DELETE
  @Path("{id}")
  public Uni<Void> revoke(@PathParam("id") String id) {
    caller.requireEverywhere(Role.OWNER);
    return book.revoke(id);
  }

  private static AccessKeyView view(AccessKey key, @Nullable String text) {
    return new AccessKeyView(
        key.keyId(), key.name(), key.roles(), key.apps(), key.createdAt(), key.expiresAt(), text);
  }

  private static Refusal invalid(String pointer, String detail) {
    return Refusal.of(422, "value-invalid", detail, Map.of("pointer", pointer));
  }
}
