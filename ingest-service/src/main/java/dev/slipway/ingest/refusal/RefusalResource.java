package dev.slipway.ingest.refusal;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.RefusalView;
import dev.slipway.contracts.http.Page;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/// The record of what was refused, of all apps, for auditors.
@Path("/v1/refusals")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Refusals", description = "Who was refused what, and why. The record only grows.")
@RunOnVirtualThread
public class RefusalResource {

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final int USUAL_PAGE = 50;
  private static final int LARGEST_PAGE = 500;

  private final Caller caller;
  private final Refusals refusals;

  RefusalResource(Caller caller, Refusals refusals) {
    this.caller = caller;
    this.refusals = refusals;
  }

  @GET
  @Operation(
      summary = "What was refused of all apps, newest first",
      description =
          "With the requests that had no valid access key, told once a minute. For keys that are"
              + " not bound to apps.")
  public Page<RefusalView> all(
      @Parameter(description = "`next` of the page before") @QueryParam("after")
          @Nullable String after,
      @Parameter(description = "1 to 500; 50 unless given") @QueryParam("limit")
          @Nullable String limit) {
    caller.requireEverywhere(Role.AUDITOR);
    return page(refusals, Optional.empty(), after, limit);
  }

  static Page<RefusalView> page(
      Refusals refusals, Optional<AppId> app, @Nullable String after, @Nullable String limit) {
    long before = number("after", after, Long.MAX_VALUE, Long.MAX_VALUE);
    int items = (int) number("limit", limit, USUAL_PAGE, LARGEST_PAGE);
    var found = refusals.list(app, before, items + 1);
    boolean more = found.size() > items;
    var shown = more ? found.subList(0, items) : found;
    return new Page<>(shown, more ? Long.toString(shown.getLast().id()) : null);
  }

  private static long number(String name, @Nullable String text, long usual, long most) {
    if (text == null) return usual;
    if (NUMBER.matcher(text).matches()) {
      long number = Long.parseLong(text);
      if (number >= 1 && number <= most) return number;
    }
    throw Refusal.of(
        400,
        "parameter-invalid",
        name + " is a whole number from 1 to " + most + ".",
        Map.of("parameter", name));
  }
}
