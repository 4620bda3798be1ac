package dev.slipway.kit.http;

import dev.slipway.contracts.http.Problem;
import java.util.Map;
import java.util.function.BiFunction;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/// What is true of every endpoint, for the OpenAPI document of a service: that it wants an access
/// key, and how it refuses.
public final class ApiRefusals {

  private static final String KEY = "access-key";
  private static final String PROBLEM = "Problem";

  private ApiRefusals() {}

  /// Adds them; where an endpoint has words of its own for a status, they stay.
  ///
  /// @param refusals the statuses that an operation may be refused with, and why
  public static void describe(
      OpenAPI document, BiFunction<HttpMethod, Operation, Map<String, String>> refusals) {
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
        .forEach(
            path ->
                path.getOperations()
                    .forEach(
                        (method, operation) -> add(operation, refusals.apply(method, operation))));
  }

  private static void add(Operation operation, Map<String, String> refusals) {
    var answers =
        operation.getResponses() == null
            ? OASFactory.createAPIResponses()
            : operation.getResponses();
    refusals.forEach(
        (status, why) -> {
          var own = answers.getAPIResponse(status);
          answers.addAPIResponse(
              status,
              refusal(own == null || own.getDescription() == null ? why : own.getDescription()));
        });
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
