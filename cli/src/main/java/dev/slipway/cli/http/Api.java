package dev.slipway.cli.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JavaType;
import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One service of the suite. Requests and answers are the records of `contracts`; a refusal is a
/// [Refused] with the service's own words.
public final class Api {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration UPLOAD_TIMEOUT = Duration.ofMinutes(10);

  /// A line slower than this, in bytes a second, is given up for a time, and then tried again.
  private static final long SLOWEST_LINE = 32 << 10;

  private static final int MAX_ANSWER = 32 << 20;

  private static final Pattern RETRY_AFTER = Pattern.compile("[0-9]{1,9}");

  private final String service;
  private final URI base;
  private final @Nullable String accessKey;
  private final HttpClient client;

  /// @param service its short name, for messages
  /// @param accessKey never shown
  public Api(String service, URI base, @Nullable String accessKey, HttpClient client) {
    this.service = service;
    this.base = base;
    this.accessKey = accessKey;
    this.client = client;
  }

  public URI base() {
    return base;
  }

  public <T> T get(String path, Class<T> type) {
    return read(expectOk(send(request(path).GET().build())), type(type));
  }

  public <T> T get(String path, TypeReference<T> type) {
    return read(expectOk(send(request(path).GET().build())), type(type));
  }

  /// The resource, or nothing where there is none.
  public <T> Optional<T> find(String path, Class<T> type) {
    Answer answer = send(request(path).GET().build());
    return answer.status() == 404
        ? Optional.empty()
        : Optional.of(read(expectOk(answer), type(type)));
  }

  public <T> T post(String path, Object body, Class<T> type) {
    return read(expectOk(send(json(path).POST(write(body)).build())), type(type));
  }

  public <T> T put(String path, Object body, Class<T> type) {
    return read(expectOk(send(json(path).PUT(write(body)).build())), type(type));
  }

  /// Puts the resource in place of the one that the sender saw.
  ///
  /// @param revision the one that was seen; another one by now is refused
  public <T> T put(String path, Object body, long revision, Class<T> type) {
    return read(expectOk(send(seen(json(path), revision).PUT(write(body)).build())), type(type));
  }

  /// Changes the resource as long as it is what the sender saw.
  ///
  /// @param revision the one that was seen; another one by now is refused
  public <T> T patch(String path, Object body, long revision, Class<T> type) {
    return read(
        expectOk(send(seen(json(path), revision).method("PATCH", write(body)).build())),
        type(type));
  }

  /// Takes the resource away as long as it is what the sender saw; the answer says what it is now.
  public <T> T delete(String path, long revision, Class<T> type) {
    return read(expectOk(send(seen(request(path), revision).DELETE().build())), type(type));
  }

  private static HttpRequest.Builder seen(HttpRequest.Builder request, long revision) {
    return request.header("If-Match", "\"" + revision + "\"");
  }

  /// Takes the resource away; the answer says what became of it.
  public <T> T delete(String path, Class<T> type) {
    return read(expectOk(send(request(path).DELETE().build())), type(type));
  }

  /// Takes the resource away.
  public void delete(String path) {
    expectOk(send(request(path).DELETE().build()));
  }

  /// Posts this exact body. A repeat with the same key and body gets the first answer again.
  ///
  /// @param idempotencyKey at most 64 visible characters; the same body must have the same key
  public <T> Outcome<T> deliver(
      String path, BodyPublisher body, String mediaType, String idempotencyKey, Class<T> type) {
    Answer answer =
        expectOk(
            send(
                request(path)
                    .timeout(uploadTimeout(body))
                    .header("Content-Type", mediaType)
                    .header("Idempotency-Key", idempotencyKey)
                    .POST(body)
                    .build()));
    return new Outcome<>(answer.status() == 201, read(answer, type(type)));
  }

  /// What came of a delivery.
  ///
  /// @param isNew false where the same was there before
  public record Outcome<T>(boolean isNew, T value) {}

  /// Whether the resource is there.
  public boolean has(String path) {
    Answer answer = send(request(path).method("HEAD", BodyPublishers.noBody()).build());
    if (answer.status() == 404) return false;
    expectOk(answer);
    return true;
  }

  /// Sends raw bytes; tells whether they were new.
  public boolean putBytes(String path, BodyPublisher body) {
    Answer answer =
        send(
            request(path)
                .timeout(uploadTimeout(body))
                .header("Content-Type", "application/octet-stream")
                .PUT(body)
                .build());
    expectOk(answer);
    return answer.status() == 201;
  }

  /// An answer of any status.
  ///
  /// @param path what was asked for
  /// @param body at most 32 MiB
  /// @param retryAfter when the service wants to be asked again
  public record Answer(
      String path, int status, String mediaType, @Nullable Duration retryAfter, byte[] body) {}

  /// The status alone, for health checks; 0 where nobody answers.
  public int status(String path, Duration timeout) {
    try {
      var request = HttpRequest.newBuilder(base.resolve(path)).timeout(timeout).GET().build();
      return client.send(request, BodyHandlers.discarding()).statusCode();
    } catch (IOException _) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  private static Duration uploadTimeout(BodyPublisher body) {
    return UPLOAD_TIMEOUT.plusSeconds(Math.max(0, body.contentLength()) / SLOWEST_LINE);
  }

  /// Seconds, as all services of the suite say it; a date is as good as nothing said.
  private static Optional<Duration> seconds(String retryAfter) {
    return RETRY_AFTER.matcher(retryAfter).matches()
        ? Optional.of(Duration.ofSeconds(Long.parseLong(retryAfter)))
        : Optional.empty();
  }

  private HttpRequest.Builder request(String path) {
    var builder = HttpRequest.newBuilder(base.resolve(path)).timeout(TIMEOUT);
    if (accessKey != null) builder.header("Authorization", "Bearer " + accessKey);
    return builder.header("Accept", "application/json, " + Problem.MEDIA_TYPE);
  }

  private HttpRequest.Builder json(String path) {
    return request(path).header("Content-Type", "application/json");
  }

  private Answer send(HttpRequest request) {
    try {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      try (InputStream in = response.body()) {
        byte[] body = in.readNBytes(MAX_ANSWER + 1);
        if (body.length > MAX_ANSWER) {
          throw new CommandFailure("The %s service answered with too much".formatted(service));
        }
        return new Answer(
            request.uri().getPath(),
            response.statusCode(),
            response.headers().firstValue("Content-Type").orElse(""),
            response.headers().firstValue("Retry-After").flatMap(Api::seconds).orElse(null),
            body);
      }
    } catch (IOException e) {
      throw new Unreachable(service, base, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("Interrupted", e);
    }
  }

  private Answer expectOk(Answer answer) {
    if (answer.status() / 100 == 2) return answer;
    Problem problem = problem(answer);
    if (answer.status() == 401) problem = notKnown(problem);
    if (problem.slug().equals("not-found")) problem = notThere(problem, answer.path());
    throw new Refused(problem, answer.retryAfter());
  }

  /// Who has no key learns how to give one; who gave one, that it does not open anything.
  private Problem notKnown(Problem refusal) {
    return new Problem(
        refusal.type(),
        refusal.title(),
        refusal.status(),
        accessKey == null
            ? "The %s service wants an access key: set SLIPWAY_ACCESS_KEY".formatted(service)
            : "The %s service at %s does not know this access key (SLIPWAY_ACCESS_KEY, or the local"
                    .formatted(service, base)
                + " stack's): it is mistyped, expired, revoked, or another installation's",
        refusal.facts());
  }

  /// Which thing is not there; services do not say whether it is somebody else's.
  private Problem notThere(Problem refusal, String path) {
    return new Problem(
        refusal.type(),
        refusal.title(),
        refusal.status(),
        "The %s service has nothing at %s, or not for this access key".formatted(service, path),
        refusal.facts());
  }

  private Problem problem(Answer answer) {
    if (answer.mediaType().startsWith(Problem.MEDIA_TYPE)) {
      try {
        return Json.LENIENT.readValue(answer.body(), Problem.class);
      } catch (IOException _) {
        return unexplained(answer);
      }
    }
    return unexplained(answer);
  }

  private Problem unexplained(Answer answer) {
    return Problem.of(
        answer.status(),
        answer.status() == 401 ? "auth-required" : "unexplained",
        answer.status() == 401
            ? "The %s service wants an access key: set SLIPWAY_ACCESS_KEY".formatted(service)
            : "The %s service at %s answered with HTTP %d and no explanation"
                .formatted(service, base, answer.status()),
        Map.of());
  }

  private <T> T read(Answer answer, JavaType type) {
    try {
      return Json.LENIENT.readValue(answer.body(), type);
    } catch (IOException e) {
      throw new CommandFailure(
          "The %s service at %s answered with something else than %s"
              .formatted(service, base, type.getRawClass().getSimpleName()),
          e);
    }
  }

  private static BodyPublisher write(Object body) {
    try {
      return BodyPublishers.ofByteArray(Json.STRICT.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + body.getClass(), e);
    }
  }

  private static JavaType type(Class<?> type) {
    return Json.LENIENT.getTypeFactory().constructType(type);
  }

  private static JavaType type(TypeReference<?> type) {
    return Json.LENIENT.getTypeFactory().constructType(type);
  }
}
