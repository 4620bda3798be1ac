package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.StatedReason;
import dev.slipway.contracts.http.Page;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.retry.Post;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.MaxBody;
import dev.slipway.kit.http.Refusal;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// The versions of an app.
@Path("/v1/apps/{app}/bundles")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Versions", description = "Publish an app's versions, look at them, take them back.")
@RunOnVirtualThread
public class BundleResource {

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final Set<Role> LOOKERS = Set.of(Role.VIEWER, Role.PUBLISHER);
  private static final int USUAL_PAGE = 50;
  private static final int LARGEST_PAGE = 500;

  private final Caller caller;
  private final Apps apps;
  private final BundleIntake intake;
  private final BundleBook book;
  private final Database database;
  private final IngestMetrics metrics;
  private final Clock clock;

  BundleResource(
      Caller caller,
      Apps apps,
      BundleIntake intake,
      BundleBook book,
      Database database,
      IngestMetrics metrics,
      Clock clock) {
    this.caller = caller;
    this.apps = apps;
    this.intake = intake;
    this.book = book;
    this.database = database;
    this.metrics = metrics;
    this.clock = clock;
  }

  @POST
  @MaxBody(Manifest.MAX_BYTES)
  @Consumes(MediaType.WILDCARD)
  @Operation(
      summary = "Publish a version",
      description =
          "The body is the signed manifest, manifest.jws.json, byte for byte; all blobs that it"
              + " names are uploaded before. Either the whole version exists afterwards, or nothing"
              + " has changed. The same manifest again is answered 200.")
  @APIResponse(
      responseCode = "201",
      description =
          "Published. `warnings` says what should not stay so: a certificate in its grace, or one"
              + " that ends soon, with the days left.")
  @APIResponse(responseCode = "200", description = "This very manifest was published before.")
  @APIResponse(responseCode = "400", description = "Not JSON: json-invalid, json-duplicate-member.")
  @APIResponse(
      responseCode = "409",
      description = "version-exists, version-equivalent, version-downgrade, app-deleted.")
  @APIResponse(responseCode = "413", description = "A manifest has at most 4 MiB.")
  @APIResponse(
      responseCode = "422",
      description =
          "The manifest is refused; the last part of `type` says why: for instance blob-missing"
              + " with the ids, signature-invalid, migration-required, certificate-expired,"
              + " kid-unknown, version-syntax, clock-skew.")
  @RequestBody(
      description = "manifest.jws.json, at most 4 MiB",
      content =
          @Content(mediaType = "application/jose+json", schema = @Schema(type = SchemaType.OBJECT)))
  public RestResponse<BundleAnswer> publish(
      @PathParam("app") AppId app,
      @Parameter(
              description =
                  "A word of yours for this request: a repeat under it does nothing, another"
                      + " request under it is refused. Remembered for a day.")
          @HeaderParam(Claim.HEADER)
          @Nullable String idempotencyKey,
      InputStream body) {
    caller.require(Role.PUBLISHER, app);
    var state = apps.requireOpen(app);
    var post = Post.read(caller, idempotencyKey, "/v1/apps/" + app + "/bundles", body);
    return Answer.to(intake.take(state, post.body(), post.claim()), metrics);
  }

  @GET
  @Operation(
      summary = "The app's versions, newest first",
      description =
          "Page by page: `next` of one page is `after` of the next one. Withdrawn versions are"
              + " listed too.")
  public Page<BundleState> list(
      @PathParam("app") AppId app,
      @Parameter(description = "published or withdrawn; all unless given") @QueryParam("status")
          @Nullable String status,
      @Parameter(description = "slipway_bundle_1, capgo_zip, …; all unless given")
          @QueryParam("format")
          @Nullable String format,
      @Parameter(description = "only what this certificate signed: its SHA-256")
          @QueryParam("certificate")
          @Nullable String certificate,
      @Parameter(description = "`next` of the page before") @QueryParam("after")
          @Nullable String after,
      @Parameter(description = "1 to 500; 50 unless given") @QueryParam("limit")
          @Nullable String limit) {
    caller.requireOneOf(LOOKERS, app);
    apps.require(app);
    long before = number("after", after, Long.MAX_VALUE, 1, Long.MAX_VALUE);
    int items = (int) number("limit", limit, USUAL_PAGE, 1, LARGEST_PAGE);
    var wanted =
        new Wanted(
            constant("status", BundleState.Status.values(), status),
            constant("format", BundleState.Format.values(), format),
            certificate == null ? null : digest(certificate));
    List<BundleRow> rows = database.inTransaction(() -> book.list(app, wanted, before, items + 1));
    boolean more = rows.size() > items;
    List<BundleRow> shown = more ? rows.subList(0, items) : rows;
    return new Page<>(
        shown.stream().map(BundleRow::state).toList(),
        more ? Long.toString(shown.getLast().position()) : null);
  }

  @GET
  @Path("/{version}")
  @Operation(
      summary = "One version",
      description = "With who withdrew it and why, where somebody did.")
  public BundleAnswer get(@PathParam("app") AppId app, @PathParam("version") Version version) {
    caller.requireOneOf(LOOKERS, app);
    apps.require(app);
    return database
        .inTransaction(() -> book.lookUp(app, version))
        .orElseThrow(Refusal::notFound)
        .answer();
  }

  @POST
  @Path("/{version}/withdraw")
  @Consumes(MediaType.WILDCARD)
  @Operation(
      summary = "Take a version back, for good",
      description =
          "No device is given it any more; devices that run it keep it until they get another. Its"
              + " number stays taken. Again is no mistake: the first reason stands.")
  @APIResponse(responseCode = "200", description = "Withdrawn, now or before.")
  @APIResponse(responseCode = "404", description = "There is no such version.")
  @RequestBody(
      description = "Why",
      content =
          @Content(
              mediaType = "application/json",
              schema = @Schema(implementation = StatedReason.class)))
  public BundleAnswer withdraw(
      @PathParam("app") AppId app,
      @PathParam("version") Version version,
      @HeaderParam(Claim.HEADER) @Nullable String idempotencyKey,
      InputStream body) {
    caller.require(Role.RELEASER, app);
    apps.require(app);
    var address = "/v1/apps/" + app + "/bundles/" + version + "/withdraw";
    var post = Post.read(caller, idempotencyKey, address, body);
    String reason = Post.checkedReason(post.json(StatedReason.class).reason());
    Instant now = clock.instant();
    var withdrawal = new BundleAnswer.Withdrawal(caller.keyId(), reason, now);
    return database
        .inTransaction(() -> book.withdraw(app, version, withdrawal, post.claim(), now))
        .orElseThrow(Refusal::notFound)
        .answer();
  }

  private static <E extends Enum<E>> @Nullable E constant(
      String name, E[] all, @Nullable String text) {
    if (text == null) return null;
    return Arrays.stream(all)
        .filter(it -> BundleRow.word(it).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                parameterInvalid(
                    name
                        + " is one of "
                        + String.join(", ", Arrays.stream(all).map(BundleRow::word).toList())
                        + "."));
  }

  private static Digest digest(String text) {
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException e) {
      throw parameterInvalid("certificate is a SHA-256 in base64url, 43 characters.");
    }
  }

  private static long number(
      String name, @Nullable String text, long usual, long least, long most) {
    if (text == null) return usual;
    // At most as many digits as a long always holds.
    if (NUMBER.matcher(text).matches()) {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) return number;
    }
    throw parameterInvalid(name + " is a number between " + least + " and " + most + ".");
  }

  private static Refusal parameterInvalid(String detail) {
    return Refusal.of(400, "parameter-invalid", detail);
  }
}
