package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Manifest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.http.Page;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.app.Apps;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.MaxBody;
import dev.slipway.kit.http.Refusal;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// The versions of an app.
@Path("/v1/apps/{app}/bundles")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class BundleResource {

  private static final Logger LOG = Logger.getLogger(BundleResource.class);
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

  BundleResource(
      Caller caller,
      Apps apps,
      BundleIntake intake,
      BundleBook book,
      Database database,
      IngestMetrics metrics) {
    this.caller = caller;
    this.apps = apps;
    this.intake = intake;
    this.book = book;
    this.database = database;
    this.metrics = metrics;
  }

  @POST
  @MaxBody(Manifest.MAX_BYTES)
  @Consumes(MediaType.WILDCARD)
  @Operation(summary = "Publish a version: the exact bytes of its signed manifest")
  public RestResponse<BundleState> publish(@PathParam("app") AppId app, InputStream body) {
    caller.require(Role.PUBLISHER, app);
    var state = apps.require(app);
    byte[] jws = all(body);
    return Answer.to(intake.take(state, jws), metrics);
  }

  @GET
  @Operation(summary = "The app's versions in the order of their acceptance")
  public Page<BundleState> list(
      @PathParam("app") AppId app,
      @QueryParam("after") @Nullable String after,
      @QueryParam("limit") @Nullable String limit) {
    caller.requireOneOf(LOOKERS, app);
    apps.require(app);
    long position = number("after", after, 0, 0, Long.MAX_VALUE);
    int items = (int) number("limit", limit, USUAL_PAGE, 1, LARGEST_PAGE);
    List<BundleRow> rows = database.inTransaction(() -> book.list(app, position, items + 1));
    boolean more = rows.size() > items;
    List<BundleRow> shown = more ? rows.subList(0, items) : rows;
    return new Page<>(
        shown.stream().map(BundleRow::state).toList(),
        more ? Long.toString(shown.getLast().position()) : null);
  }

  @GET
  @Path("/{version}")
  @Operation(summary = "One version")
  public BundleState get(@PathParam("app") AppId app, @PathParam("version") Version version) {
    caller.requireOneOf(LOOKERS, app);
    apps.require(app);
    return database
        .inTransaction(() -> book.lookUp(app, version))
        .orElseThrow(Refusal::notFound)
        .state();
  }

  private static byte[] all(InputStream body) {
    try {
      return body.readAllBytes();
    } catch (IOException e) {
      LOG.debugf(e, "A sender broke off");
      throw Refusal.of(400, "upload-incomplete", "The body ended before all of it was there.");
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
    throw Refusal.of(
        400, "parameter-invalid", name + " is a number between " + least + " and " + most + ".");
  }
}
