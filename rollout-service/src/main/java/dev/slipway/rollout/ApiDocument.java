package dev.slipway.rollout;

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
/// how it refuses.
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ApiDocument implements OASFilter {

  private static final Set<HttpMethod> CHANGING =
      Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE);

  @Override
  public void filterOpenAPI(OpenAPI document) {
    ApiRefusals.describe(document, ApiDocument::refusals);
  }

  private static Map<String, String> refusals(HttpMethod method, Operation operation) {
    var refusals = new LinkedHashMap<String, String>();
    refusals.put("400", "Not understood: the body is no JSON, or a key was in the address");
    refusals.put("401", "No valid access key");
    refusals.put("403", "The access key may not do that");
    refusals.put("404", "There is no such thing for this access key");
    if (CHANGING.contains(method)) {
      refusals.put("409", "Not in the state that was found");
      refusals.put("412", "Somebody changed it since the epoch or revision that was named");
    }
    refusals.put("422", "A member or parameter is wrong; pointer or parameter names it");
    return refusals;
  }
}
