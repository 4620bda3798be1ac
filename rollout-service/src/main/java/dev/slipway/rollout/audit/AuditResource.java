package dev.slipway.rollout.audit;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.audit.AuditCheckpoint;
import dev.slipway.contracts.audit.AuditEntry;
import dev.slipway.contracts.audit.AuditVerification;
import dev.slipway.contracts.http.Page;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/// The audit, for auditors and owners. Who has a key to some apps sees what concerns these.
@Path("/v1/audit")
@Produces(MediaType.APPLICATION_JSON)
public class AuditResource {

  private static final int USUAL = 100;
  private static final int MOST = 1_000;

  private final AuditBook book;
  private final AuditJobs jobs;
  private final Caller caller;

  public AuditResource(AuditBook book, AuditJobs jobs, Caller caller) {
    this.book = book;
    this.jobs = jobs;
    this.caller = caller;
  }

  @GET
  @Operation(summary = "Lines of the audit")
  public Uni<Page<AuditEntry>> list(
      @QueryParam("app") @Nullable AppId app,
      @Parameter(description = "The id of an access key, or a part of the service")
          @QueryParam("actor")
          @Nullable String actor,
      @Parameter(description = "As in app.create, or app for all of its actions")
          @QueryParam("action")
          @Nullable String action,
      @Parameter(description = "true: refused requests alone; false: changes alone")
          @QueryParam("refused")
          @Nullable String refused,
      @Parameter(description = "Not before this time (ISO 8601)") @QueryParam("from")
          @Nullable String from,
      @Parameter(description = "Before this time (ISO 8601)") @QueryParam("until")
          @Nullable String until,
      @Parameter(description = "oldest (usual) or newest first") @QueryParam("order")
          @Nullable String order,
      @QueryParam("after") @Nullable String after,
      @QueryParam("limit") @Nullable String limit) {
    if (app == null) caller.require(Role.AUDITOR);
    else caller.require(Role.AUDITOR, app);
    int size = Text.limit(limit, USUAL, MOST);
    var query =
        new AuditBook.Query(
            app == null
                ? caller.apps().stream().map(AppId::text).collect(Collectors.toSet())
                : Set.of(app.text()),
            actor,
            action,
            refused == null ? null : Boolean.valueOf(choice("refused", refused, "true", "false")),
            instant("from", from),
            instant("until", until),
            order != null && choice("order", order, "oldest", "newest").equals("newest"),
            after == null
                ? null
                : Text.number("after-invalid", "after", after, 0, Long.MAX_VALUE));
    return book.find(query, size)
        .map(
            lines ->
                new Page<>(
                    lines,
                    lines.size() < size ? null : Long.toString(lines.getLast().seq())));
  }

  @GET
  @Path("checkpoint")
  @Operation(summary = "The newest signed checkpoint, with the key that it is checked by")
  public Uni<AuditCheckpoint> checkpoint() {
    caller.requireEverywhere(Role.AUDITOR);
    return book.checkpoint().map(it -> it.orElseThrow(Refusal::notFound));
  }

  @POST
  @Path("checkpoint")
  @Operation(summary = "Sign how far the audit reaches now")
  public Uni<AuditCheckpoint> sign() {
    caller.requireEverywhere(Role.AUDITOR);
    return book.sign(true)
        .chain(
            signed ->
                signed.isPresent()
                    ? Uni.createFrom().item(signed)
                    : book.checkpoint())
        .map(it -> it.orElseThrow(Refusal::notFound));
  }

  @GET
  @Path("verification")
  @Operation(summary = "Look through the whole audit")
  public Uni<AuditVerification> verify() {
    caller.requireEverywhere(Role.AUDITOR);
    return book.verify().invoke(jobs::told);
  }

  private static String choice(String name, String given, String one, String other) {
    if (given.equals(one) || given.equals(other)) return given;
    throw Refusal.of(
        422, "value-invalid", name + " is " + one + " or " + other, Map.of("parameter", name));
  }

  private static @Nullable Instant instant(String name, @Nullable String given) {
    if (given == null) return null;
    try {
      return Instant.parse(given);
    } catch (DateTimeException _) {
      throw Refusal.of(
          422,
          "value-invalid",
          name + " is a time such as 2026-11-24T12:00:00Z",
          Map.of("parameter", name));
    }
  }
}
