package dev.slipway.rollout;

import dev.slipway.contracts.http.Problem;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/// Adds to the OpenAPI document what is true of every endpoint: that it wants an access key, and
/// how it refuses.
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ApiDocument implements OASFilter {

  private static final String KEY = "access-key";
  private static final String PROBLEM = "Problem";
  private static final Set<HttpMethod> CHANGING =
      Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE);

  @Override
  public void filterOpenAPI(OpenAPI document) {
    var components =
        document.getComponents() == null ? OASFactory.createComponents() : document.getComponents();
    components.addSecurityScheme(
        KEY,
        OASFactory.createSecurityScheme()
            .type(SecurityScheme.Type.HTTP)
            .scheme("bearer")
            .description("An access key: slipway_<env>_<id>_<secret>"));
    components.addSchema(PROBLEM, problem());
    document.components(components);
    document.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(KEY));
    document
        .getPaths()
        .getPathItems()
        .values()
        .forEach(path -> path.getOperations().forEach(ApiDocument::refusals));
  }

  private static void refusals(HttpMethod method, Operation operation) {
    var answers =
        operation.getResponses() == null
            ? OASFactory.createAPIResponses()
            : operation.getResponses();
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
    refusals.forEach((status, why) -> answers.addAPIResponse(status, refusal(why)));
    operation.responses(answers);
  }

  private static APIResponse refusal(String why) {
    return OASFactory.createAPIResponse()
        .description(why)
        .content(
            OASFactory.createContent()
                .addMediaType(
                    Problem.MEDIA_TYPE,
                    OASFactory.createMediaType()
                        .schema(OASFactory.createSchema().ref("#/components/schemas/" + PROBLEM))));
  }

  private static Schema problem() {
    return OASFactory.createSchema()
        .addType(Schema.SchemaType.OBJECT)
        .description("RFC 9457; further members say what was found and what was expected")
        .properties(
            Map.of(
                "type", text("A URI that ends in a stable word: programs decide by it"),
                "title", text("That word, in words"),
                "status", OASFactory.createSchema().addType(Schema.SchemaType.INTEGER),
                "detail", text("What was wrong and what to do; for people")));
  }

  private static Schema text(String description) {
    return OASFactory.createSchema().addType(Schema.SchemaType.STRING).description(description);
  }
}
