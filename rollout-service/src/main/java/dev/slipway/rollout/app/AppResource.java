package dev.slipway.rollout.app;

import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.app.ChangeApp;
import dev.slipway.contracts.app.EnrolmentToken;
import dev.slipway.contracts.app.NewApp;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.MismatchedInputMapper;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.http.RefusalMapper;
import dev.slipway.rollout.Text;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/// Registering apps.
@Path("/v1/apps")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class AppResource {

  private static final int USUAL = 100;
  private static final int MOST = 500;
  private static final int MAX_NAME = 100;
  private static final int MAX_REASON = 500;
  private static final int TOKEN_BYTES = 32;
  private static final int MAX_CERTIFICATE_BYTES = 16 << 10;
  private static final int MAX_CERTIFICATE_CHARACTERS = 4 * ((MAX_CERTIFICATE_BYTES + 2) / 3);
  private static final Pattern TAG = Pattern.compile("(?:W/)?\"?([0-9]{1,18})\"?");

  private final AppBook book;
  private final Caller caller;
  private final SecureRandom random;
  private final Clock clock;

  public AppResource(AppBook book, Caller caller, SecureRandom random, Clock clock) {
    this.book = book;
    this.caller = caller;
    this.random = random;
    this.clock = clock;
  }

  @POST
  @Operation(summary = "Register an app together with its first channel")
  public Uni<RestResponse<AppState>> register(@Nullable NewApp app) {
    caller.require(Role.OWNER);
    if (app == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    caller.require(Role.OWNER, app.appId());
    return book.register(application(app))
        .map(
            registered ->
                RestResponse.ResponseBuilder.create(
                        registered.created() ? RestResponse.Status.CREATED : RestResponse.Status.OK,
                        registered.app())
                    .location(URI.create("/v1/apps/" + app.appId()))
                    .build());
  }

  @GET
  @Operation(summary = "The apps that the access key opens")
  public Uni<Page<AppState>> list(
      @QueryParam("after") @Nullable String after, @QueryParam("limit") @Nullable String limit) {
    caller.require(Role.VIEWER);
    int size = Text.limit(limit, USUAL, MOST);
    var from = after == null ? "" : after;
    return Panache.withSession(
            () -> AppRow.<AppRow>find("appId > ?1 order by appId", from).page(0, size).list())
        .map(
            rows ->
                new Page<>(
                    rows.stream()
                        .map(AppRow::state)
                        .filter(app -> caller.covers(app.appId()))
                        .toList(),
                    rows.size() < size ? null : rows.getLast().appId));
  }

  @GET
  @Path("{app}")
  @Operation(summary = "One app; its ETag is the revision that a change must name")
  public Uni<RestResponse<AppState>> get(@PathParam("app") AppId app) {
    caller.require(Role.VIEWER, app);
    return Panache.withSession(() -> book.require(app)).map(AppResource::tagged);
  }

  @PATCH
  @Path("{app}")
  @Operation(summary = "Change an app; If-Match names the revision that was seen")
  public Uni<RestResponse<AppState>> change(
      @PathParam("app") AppId app,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Nullable ChangeApp wish) {
    caller.require(Role.OWNER, app);
    if (wish == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    long revision = revision(ifMatch);
    if (wish.name() != null) Text.checked("name-invalid", "/name", wish.name(), MAX_NAME);
    var reason = reason("/reason", wish.reason());
    var channel = wish.defaultChannel();
    return (channel == null ? Uni.createFrom().voidItem() : book.requireChannel(app, channel))
        .chain(
            () ->
                book.change(
                    app,
                    revision,
                    "app.change",
                    reason,
                    (state, now) -> AppRules.change(state, wish, now)))
        .map(AppResource::tagged);
  }

  @DELETE
  @Path("{app}")
  @Operation(
      summary =
          "Delete an app: devices are told that it is unknown; gone for good after a grace period")
  public Uni<RestResponse<AppState>> delete(
      @PathParam("app") AppId app,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @QueryParam("reason") @Nullable String reason) {
    caller.require(Role.OWNER, app);
    long revision = revision(ifMatch);
    var why = reason("reason", reason);
    return book.requireQuiet(app)
        .chain(() -> book.change(app, revision, "app.delete", why, AppRules::delete))
        .map(AppResource::tagged);
  }

  @POST
  @Path("{app}/undelete")
  @Operation(summary = "Take the deletion back, as long as the grace period lasts")
  public Uni<RestResponse<AppState>> undelete(
      @PathParam("app") AppId app, @QueryParam("reason") @Nullable String reason) {
    caller.require(Role.OWNER, app);
    return book.change(app, null, "app.undelete", reason("reason", reason), AppRules::undelete)
        .map(AppResource::tagged);
  }

  @POST
  @Path("{app}/enrolment-token")
  @Operation(summary = "Give the app a new enrolment token, shown in this answer alone")
  public Uni<RestResponse<EnrolmentToken>> enrolment(@PathParam("app") AppId app) {
    caller.require(Role.OWNER, app);
    var secret = new byte[TOKEN_BYTES];
    random.nextBytes(secret);
    var token = "slipway_enrol_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    var digest = Digest.sha256(token.getBytes(StandardCharsets.US_ASCII));
    return book.change(
            app,
            null,
            "app.enrolment-token",
            null,
            (state, now) -> AppRules.enrolment(state, digest, now))
        .map(
            _ ->
                RestResponse.ResponseBuilder.create(
                        RestResponse.Status.CREATED, new EnrolmentToken(token))
                    .header(HttpHeaders.CACHE_CONTROL, "no-store")
                    .build());
  }

  @DELETE
  @Path("{app}/enrolment-token")
  @Operation(summary = "Let no more devices enrol")
  public Uni<RestResponse<AppState>> noEnrolment(@PathParam("app") AppId app) {
    caller.require(Role.OWNER, app);
    return book.change(
            app,
            null,
            "app.enrolment-token",
            null,
            (state, now) -> AppRules.enrolment(state, null, now))
        .map(AppResource::tagged);
  }

  private static RestResponse<AppState> tagged(AppState app) {
    return RestResponse.ResponseBuilder.ok(app)
        .header(HttpHeaders.ETAG, "\"" + app.revision() + "\"")
        .build();
  }

  /// Whoever changes an app says what they saw, so that two people cannot undo each other unseen.
  private static long revision(@Nullable String ifMatch) {
    if (ifMatch == null) {
      throw Refusal.of(
          428, "revision-required", "Say in If-Match which revision of the app you saw.");
    }
    var match = TAG.matcher(ifMatch.strip());
    if (!match.matches()) {
      throw Refusal.of(422, "value-invalid", "If-Match is the ETag of the app, as in \"1\".");
    }
    return Long.parseLong(match.group(1));
  }

  private static @Nullable String reason(String pointer, @Nullable String reason) {
    return reason == null ? null : Text.checked("reason-invalid", pointer, reason, MAX_REASON);
  }

  /// An app id that is none is the commonest mistake here, and has a slug of its own.
  @ServerExceptionMapper
  public Response value(InvalidFormatException mistake) {
    return mistake.getTargetType() == AppId.class
        ? new RefusalMapper()
            .toResponse(
                Refusal.of(
                    422,
                    "app-id-charset",
                    "An app id looks like com.example.app: at most 128 ASCII letters, digits, _ and"
                        + " - in parts separated by dots.",
                    Map.of("pointer", "/app_id")))
        : new MismatchedInputMapper().toResponse(mistake);
  }

  private AppBook.Application application(NewApp app) {
    var certificate = certificate(app.publisherCertificate());
    return new AppBook.Application(
        app.appId(),
        app.name() == null
            ? app.appId().text()
            : Text.checked("name-invalid", "/name", app.name(), MAX_NAME),
        certificate.publisherId(),
        certificate.fingerprint(),
        keyIds(app.keyIds()),
        app.channel() == null ? ChannelName.of("production") : app.channel(),
        app.policy() == null ? AppPolicy.DEFAULT : app.policy(),
        new Cause.Person(caller.keyId(), "the app was registered"));
  }

  private PublisherCertificate certificate(String base64) {
    var pointer = Map.<String, Object>of("pointer", "/publisher_certificate");
    if (base64.length() > MAX_CERTIFICATE_CHARACTERS) {
      throw Refusal.of(
          413, "certificate-too-large", "A certificate has at most 16 KiB of DER.", pointer);
    }
    try {
      var certificate = PublisherCertificate.parse(Base64.getDecoder().decode(base64));
      certificate.requireValidAt(clock.instant());
      return certificate;
    } catch (BundleException e) {
      var facts = new LinkedHashMap<String, Object>(pointer);
      facts.putAll(e.facts());
      throw Refusal.of(e.reason().status(), e.reason().slug(), e.reason().sentence(), facts);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(
          422, "certificate-invalid", "A certificate is DER in padded base64.", pointer);
    }
  }

  private static List<String> keyIds(List<String> keyIds) {
    if (!AppRules.areKeyIds(keyIds)) {
      throw Refusal.of(
          422,
          "key-ids-invalid",
          "At most "
              + AppRules.MAX_KEY_IDS
              + " different key ids of 1 to 128 visible ASCII characters.",
          Map.of("pointer", "/key_ids"));
    }
    return keyIds;
  }
}
