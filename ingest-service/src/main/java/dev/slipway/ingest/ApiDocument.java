package dev.slipway.ingest;

import dev.slipway.kit.http.ApiRefusals;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;

/// Adds to the OpenAPI document what is true of every endpoint: that it wants an access key, and
/// how it refuses. `docs/hostile-inputs.md` has all the words.
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ApiDocument implements OASFilter {

  private static final Set<HttpMethod> CHANGING = Set.of(HttpMethod.POST, HttpMethod.PUT);

  @Override
  public void filterOpenAPI(OpenAPI document) {
    ApiRefusals.describe(document, ApiDocument::refusals);
  }

  private static Map<String, String> refusals(HttpMethod method, Operation operation) {
    var refusals = new LinkedHashMap<String, String>();
    refusals.put("400", "Not understood: json-invalid, json-duplicate-member, request-invalid");
    refusals.put("401", "auth-required: no valid access key");
    refusals.put("403", "insufficient-scope; of uploads also quota-exceeded, with numbers");
    refusals.put("404", "not-found: there is no such thing, or not for this access key");
    if (CHANGING.contains(method)) {
      refusals.put("409", "app-deleted, or not in the state that was found");
      if (operation.getRequestBody() != null) {
        refusals.put("408", "too-slow: the body comes slower than the service waits for");
        refusals.put("413", "Too large: blob-too-large, body-too-large, json-limit");
        refusals.put("415", "unsupported-media-type; content codings are not taken either");
      }
      refusals.put("422", "What was sent is refused; the last part of `type` says why");
    }
    refusals.put("503", "storage-unavailable; Retry-After says when to ask again");
    return refusals;
  }
}
