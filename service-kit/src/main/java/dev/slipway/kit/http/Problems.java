package dev.slipway.kit.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;

/// Problems as HTTP answers.
final class Problems {

  private Problems() {}

  static Response answer(Problem problem) {
    try {
      // Written here, so that no message body writer and no Accept header can come between.
      var answer =
          Response.status(problem.status())
              .type(Problem.MEDIA_TYPE)
              .entity(Json.LENIENT.writeValueAsBytes(problem));
      if (problem.status() == 401) answer.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
      return answer.build();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a problem's facts are not JSON: " + problem.slug(), e);
    }
  }
}
