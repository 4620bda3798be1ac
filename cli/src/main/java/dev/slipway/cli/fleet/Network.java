package dev.slipway.cli.fleet;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/// The way out of one network: so many requests at a time, the others wait in their order. A server
/// that answers slowly is not buried under connections. Used by the wheel's thread alone.
final class Network {

  private static final int AT_ONCE = 8;

  private record Waiting(
      HttpRequest request, int limit, CompletableFuture<HttpResponse<byte[]>> answer) {}

  private final HttpClient client;
  private final Executor wheel;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private int underWay;

  Network(HttpClient client, Executor wheel) {
    this.client = client;
    this.wheel = wheel;
  }

  /// @param limit the most bytes that the answer may have
  CompletableFuture<HttpResponse<byte[]>> send(HttpRequest request, int limit) {
    var turn = new Waiting(request, limit, new CompletableFuture<>());
    waiting.add(turn);
    proceed();
    return turn.answer();
  }

  void shutdownNow() {
    client.shutdownNow();
  }

  private void proceed() {
    while (underWay < AT_ONCE && !waiting.isEmpty()) {
      Waiting turn = waiting.remove();
      underWay++;
      client
          .sendAsync(
              turn.request(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), turn.limit()))
          .whenCompleteAsync(
              (response, failure) -> {
                underWay--;
                if (failure != null) turn.answer().completeExceptionally(failure);
                else turn.answer().complete(response);
                proceed();
              },
              wheel);
    }
  }
}
