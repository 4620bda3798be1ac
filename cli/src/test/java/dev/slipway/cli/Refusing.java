package dev.slipway.cli;

import com.sun.net.httpserver.HttpServer;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/// A service that has every part already and refuses every request with a body.
public final class Refusing implements AutoCloseable {

  private final HttpServer server;
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();

  /// @param slug why
  public Refusing(int status, String slug, Map<String, Object> facts) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] problem =
        Json.STRICT.writeValueAsBytes(Problem.of(status, slug, "It is so because it is.", facts));
    server.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(200, -1);
          } else {
            bodies.add(body);
            exchange.getResponseHeaders().set("Content-Type", Problem.MEDIA_TYPE);
            exchange.sendResponseHeaders(status, problem.length);
            exchange.getResponseBody().write(problem);
          }
          exchange.close();
        });
    server.start();
  }

  public String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /// What was sent and refused.
  public List<byte[]> bodies() {
    return List.copyOf(bodies);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
