package dev.slipway.rollout.webhook;

import dev.slipway.rollout.webhook.Guard.Judgement;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Posts messages. Connects to the address that the [Guard] judged and to no other, follows no
/// redirect, uses no proxy, waits 15 s for the whole exchange and reads 64 KiB of the answer, of
/// which it keeps the status alone: what a receiver inside answers must not be shown to whoever
/// wrote its address. Thread-safe.
final class Courier implements AutoCloseable {

  static final Duration LIMIT = Duration.ofSeconds(15);
  static final int MAX_ANSWER = 64 << 10;

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int MAX_HEADERS = 16 << 10;

  private final Vertx vertx;
  private final HttpClient client;
  private final Guard guard;
  private final Duration limit;

  /// What became of one attempt.
  sealed interface Answer {

    /// The receiver answered.
    ///
    /// @param retryAfter its header, as it is
    record Status(int status, @Nullable String retryAfter) implements Answer {
      boolean isTaken() {
        return status >= 200 && status < 300;
      }

      boolean isGone() {
        return status == 410;
      }
    }

    /// No answer.
    ///
    /// @param why in words that quote nothing
    record None(String why) implements Answer {}
  }

  /// @param trusted certificates of internal authorities (PEM), besides those of the platform
  Courier(Vertx vertx, Guard guard, Duration limit, Optional<Path> trusted) {
    this.vertx = vertx;
    this.guard = guard;
    this.limit = limit;
    var options =
        new HttpClientOptions()
            .setKeepAlive(false)
            .setMaxPoolSize(64)
            .setConnectTimeout((int) CONNECT.toMillis())
            .setIdleTimeout((int) limit.toMillis() + 1_000)
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            .setMaxHeaderSize(MAX_HEADERS)
            .setDecompressionSupported(false)
            .setVerifyHost(true);
    trusted.ifPresent(
        pem -> options.setTrustOptions(new PemTrustOptions().addCertPath(pem.toString())));
    this.client = vertx.createHttpClient(options);
  }

  /// Posts the body. Never fails.
  Uni<Answer> post(String url, Map<String, String> headers, String body) {
    return Uni.createFrom()
        .completionStage(
            () ->
                vertx
                    .executeBlocking(() -> guard.judge(url), false)
                    .compose(
                        judgement ->
                            switch (Objects.requireNonNull(judgement)) {
                              case Judgement.Refused(var why) ->
                                  Future.<Answer>succeededFuture(new Answer.None(why));
                              case Judgement.Allowed allowed -> send(allowed, headers, body);
                            })
                    .recover(e -> Future.succeededFuture(new Answer.None(words(e))))
                    .toCompletionStage());
  }

  private Future<Answer> send(Judgement.Allowed to, Map<String, String> headers, String body) {
    Promise<Answer> answer = Promise.promise();
    var open = new AtomicReference<@Nullable HttpClientRequest>();
    long timer =
        vertx.setTimer(
            limit.toMillis(),
            _ -> {
              answer.tryComplete(
                  new Answer.None("no complete answer within " + limit.toSeconds() + " s"));
              hangUp(open.get());
            });
    var options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setServer(
                SocketAddress.inetSocketAddress(
                    to.address().getPort(), to.address().getAddress().getHostAddress()))
            .setHost(to.host())
            .setPort(to.port())
            .setSsl(to.tls())
            .setURI(to.path())
            .setFollowRedirects(false)
            .setConnectTimeout(CONNECT.toMillis())
            .putHeader("content-type", "application/json")
            .putHeader("user-agent", "Slipway-Webhooks/1");
    headers.forEach(options::putHeader);
    client
        .request(options)
        .compose(
            request -> {
              open.set(request);
              return request.send(Buffer.buffer(body));
            })
        .onSuccess(response -> read(response, answer, open.get()))
        .onFailure(e -> answer.tryComplete(new Answer.None(words(e))));
    return answer.future().onComplete(_ -> vertx.cancelTimer(timer));
  }

  /// The answer counts once its end is there; of a longer one, once the first part of it is.
  private static void read(
      HttpClientResponse response, Promise<Answer> answer, @Nullable HttpClientRequest request) {
    var status = new Answer.Status(response.statusCode(), response.getHeader("retry-after"));
    var read = new long[1];
    response.handler(
        part -> {
          read[0] += part.length();
          if (read[0] > MAX_ANSWER) {
            answer.tryComplete(status);
            hangUp(request);
          }
        });
    response.endHandler(_ -> answer.tryComplete(status));
    response.exceptionHandler(e -> answer.tryComplete(new Answer.None(words(e))));
  }

  private static void hangUp(@Nullable HttpClientRequest request) {
    if (request == null) return;
    request.reset();
    request.connection().close();
  }

  private static String words(Throwable e) {
    return switch (e) {
      case io.netty.channel.ConnectTimeoutException _ -> "no connection in time";
      case java.net.ConnectException _ -> "the connection was refused";
      case javax.net.ssl.SSLException _ -> "TLS could not be agreed on, or the certificate does not fit";
      case java.util.concurrent.TimeoutException _ -> "no answer in time";
      default -> "the exchange broke off: " + e.getClass().getSimpleName();
    };
  }

  @Override
  public void close() {
    client.close();
  }
}
