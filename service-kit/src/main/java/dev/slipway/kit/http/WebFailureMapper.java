package dev.slipway.kit.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.http.Problem;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.Map;

/// Answers what the HTTP layer itself refuses: unknown paths, methods, media types, parameters.
@Provider
public class WebFailureMapper implements ExceptionMapper<WebApplicationException> {

  @Override
  public Response toResponse(WebApplicationException failure) {
    if (failure.getCause() instanceof JsonProcessingException mistake) {
      return Problems.answer(JsonMistake.problem(mistake));
    }
    if (failure.getCause() instanceof Refusal refusal) return Problems.answer(refusal.problem());
    int status = failure.getResponse().getStatus();
    // An endpoint that answers by exception has said what it wants to say.
    if (status < 400) return failure.getResponse();
    var answer = Problems.answer(problem(status));
    var allowed = failure.getResponse().getHeaderString(HttpHeaders.ALLOW);
    return allowed == null
        ? answer
        : Response.fromResponse(answer).header(HttpHeaders.ALLOW, allowed).build();
  }

  static Problem problem(int status) {
    return switch (status) {
      case 400 -> of(400, "request-invalid", "The request cannot be understood.");
      case 404 -> Refusal.notFound().problem();
      case 405 -> of(405, "method-not-allowed", "This address does not know that method.");
      case 406 -> of(406, "not-acceptable", "There is no answer of the media type asked for.");
      case 413 -> of(413, "body-too-large", "The body is larger than this address takes.");
      case 415 ->
          of(415, "unsupported-media-type", "This address does not take bodies of that type.");
      default ->
          status < 500
              ? of(status, "request-refused", "The request is refused.")
              : of(status, "internal", "Something went wrong here. Try again later.");
    };
  }

  private static Problem of(int status, String slug, String detail) {
    return Problem.of(status, slug, detail, Map.of());
  }
}
