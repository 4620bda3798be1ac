package dev.slipway.kit.http;

import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/// The same for the one kind of mistake that Quarkus has a mapper of its own for.
@Provider
public class MismatchedInputMapper implements ExceptionMapper<MismatchedInputException> {

  @Override
  public Response toResponse(MismatchedInputException mistake) {
    return Problems.answer(JsonMistake.problem(mistake));
  }
}
