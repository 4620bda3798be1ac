package dev.slipway.rollout.app;

import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppState;
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
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Clock;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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
  private static final int MAX_KEY_IDS = 32;
  private static final int MAX_CERTIFICATE_BYTES = 16 << 10;
  private static final int MAX_CERTIFICATE_CHARACTERS = 4 * ((MAX_CERTIFICATE_BYTES + 2) / 3);
  private static final Pattern KEY_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");

  private final AppBook book;
  private final Caller caller;
  private final Clock clock;

  public AppResource(AppBook book, Caller caller, Clock clock) {
    this.book = book;
    this.caller = caller;
    this.clock = clock;
  }

  @POST
  public Uni<RestResponse<AppState>> register(@Nullable NewApp app) {
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
  public Uni<AppState> get(@PathParam("app") AppId app) {
    caller.require(Role.VIEWER, app);
    return Panache.withSession(() -> book.require(app));
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
                    "An app id looks like com.example.app: at most 128 ASCII letters, digits, _ and - in parts separated by dots.",
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
    boolean fit =
        keyIds.size() <= MAX_KEY_IDS
            && new HashSet<>(keyIds).size() == keyIds.size()
            && keyIds.stream().allMatch(id -> KEY_ID.matcher(id).matches());
    if (!fit) {
      throw Refusal.of(
          422,
          "key-ids-invalid",
          "At most " + MAX_KEY_IDS + " different key ids of 1 to 128 visible ASCII characters.",
          Map.of("pointer", "/key_ids"));
    }
    return keyIds;
  }
}
