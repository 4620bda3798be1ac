package dev.slipway.kit.http;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/// Leaves what is still to be done for a request to the request's own thread, also when its
/// connection ends.
///
/// Quarkus REST skips it from the connection's thread. Where that meets the request's own thread on
/// its way into the steps that follow a failure, as with senders who break off or fall silent, the
/// request never ends and takes a processor for good (quarkusio/quarkus issue 55116, not repaired
/// in the version in use). Nobody gets the answer that is made now instead; it costs next to
/// nothing.
public class Disconnects {

  /// Before anything that might wait, so that the connection's thread is still here.
  private static final int FIRST = 0;

  private final CurrentVertxRequest current;

  public Disconnects(CurrentVertxRequest current) {
    this.current = current;
  }

  @ServerRequestFilter(nonBlocking = true, priority = FIRST)
  public void goOn() {
    current.getCurrent().response().closeHandler(null);
  }
}
