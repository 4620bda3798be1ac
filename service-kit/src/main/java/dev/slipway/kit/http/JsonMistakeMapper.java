package dev.slipway.kit.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/// Answers a body that is not JSON, or not the JSON that the endpoint reads.
@Provider
public class JsonMistakeMapper implements ExceptionMapper<JsonProcessingException> {

  @Override
  public Response toResponse(JsonProcessingException mistake) {
    return Problems.answer(JsonMistake.problem(mistake));
  }
}
