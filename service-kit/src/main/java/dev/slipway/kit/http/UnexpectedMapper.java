package dev.slipway.kit.http;

import dev.slipway.contracts.http.Problem;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;

/// Answers what nobody expected, without a word of what it was; the log has it under the incident.
/// Of senders who broke off or fell silent the log says nothing: anybody can do that, as often as
/// they like.
@Provider
public class UnexpectedMapper implements ExceptionMapper<Throwable> {

  private static final Logger LOG = Logger.getLogger(UnexpectedMapper.class);

  private final CurrentVertxRequest current;

  public UnexpectedMapper(CurrentVertxRequest current) {
    this.current = current;
  }

  @Override
  public Response toResponse(Throwable failure) {
    if (failure instanceof IOException && !current.getCurrent().request().isEnded()) {
      LOG.debug("A sender broke off", failure);
      return Problems.answer(
          Problem.of(
              400, "upload-incomplete", "The body ended before all of it was there.", Map.of()));
    }
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
