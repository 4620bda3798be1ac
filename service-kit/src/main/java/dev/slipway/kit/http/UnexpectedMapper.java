package dev.slipway.kit.http;

import dev.slipway.contracts.http.Problem;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;

/// Answers what nobody expected, without a word of what it was; the log has it under the incident.
@Provider
public class UnexpectedMapper implements ExceptionMapper<Throwable> {

  private static final Logger LOG = Logger.getLogger(UnexpectedMapper.class);

  @Override
  public Response toResponse(Throwable failure) {
    var incident = UUID.randomUUID().toString();
    LOG.errorf(failure, "A request failed unexpectedly: incident=%s", incident);
    return Problems.answer(
        Problem.of(
            500,
            "internal",
            "Something went wrong here. The server's log has it under the incident's id.",
            Map.of("incident", incident)));
  }
}
