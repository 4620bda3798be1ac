package dev.slipway.cli.bundle;

import dev.slipway.bundle.BlobSource;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.http.Api;
import dev.slipway.cli.http.Refused;
import dev.slipway.cli.http.Unreachable;
import dev.slipway.contracts.bundle.BundleState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// Sends a sealed bundle: the parts that the server does not have yet, several at a time, then the
/// manifest. All of it may be repeated after any failure; what has arrived is not sent again.
public final class Publisher {

  private static final int AT_ONCE = 4;
  private static final int ATTEMPTS = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

  private final Api ingest;
  private final Listener listener;

  /// Is told how far the work has come, from several threads.
  @FunctionalInterface
  public interface Listener {

    /// @param done bytes that the server has, sent or found there
    void sent(long done, long total);
  }

  /// What was done.
  ///
  /// @param sentBytes of parts that were new
  /// @param thereBytes of parts that the server had
  public record Publication(
      BundleState bundle, int sentParts, long sentBytes, int thereParts, long thereBytes) {}

  public Publisher(Api ingest, Listener listener) {
    this.ingest = ingest;
    this.listener = listener;
  }

  /// @param jws the exact bytes of the signed manifest
  public Publication publish(byte[] jws, BlobSource parts) {
    Manifest manifest = ManifestVerifier.readUnverified(jws);
    Map<Digest, Long> sizes = new LinkedHashMap<>();
    manifest.allBlobs().forEach(blob -> sizes.put(blob.id(), blob.size()));
    var capgo = manifest.capgo();
    if (capgo != null) sizes.put(capgo.id(), capgo.size());

    String app = "/v1/apps/" + manifest.appId();
    long total = sizes.values().stream().mapToLong(Long::longValue).sum();
    var done = new AtomicLong();
    List<Sent> sent = send(app, sizes, parts, size -> listener.sent(done.addAndGet(size), total));
    BundleState state =
        patiently(
            () ->
                ingest.postBytes(
                    app + "/bundles", jws, "application/jose+json", BundleState.class));
    return new Publication(
        state,
        (int) sent.stream().filter(Sent::isNew).count(),
        sent.stream().filter(Sent::isNew).mapToLong(Sent::size).sum(),
        (int) sent.stream().filter(part -> !part.isNew()).count(),
        sent.stream().filter(part -> !part.isNew()).mapToLong(Sent::size).sum());
  }

  private record Sent(long size, boolean isNew) {}

  private List<Sent> send(
      String app,
      Map<Digest, Long> sizes,
      BlobSource parts,
      java.util.function.LongConsumer finished) {
    var turns = new Semaphore(AT_ONCE);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Sent>> futures = new ArrayList<>();
      sizes.forEach(
          (id, size) ->
              futures.add(
                  executor.submit(
                      () -> {
                        turns.acquire();
                        try {
                          Sent sent = send(app, id, size, parts);
                          finished.accept(size);
                          return sent;
                        } finally {
                          turns.release();
                        }
                      })));
      List<Sent> sent = new ArrayList<>();
      for (Future<Sent> future : futures) {
        try {
          sent.add(future.get());
        } catch (ExecutionException e) {
          // The first refusal is the answer; what still waits for its turn is not sent.
          executor.shutdownNow();
          if (e.getCause() instanceof RuntimeException reason) throw reason;
          throw new CommandFailure("A part could not be sent: " + e.getCause(), e);
        }
      }
      return sent;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("Interrupted", e);
    }
  }

  private Sent send(String app, Digest id, long size, BlobSource parts) {
    String path = app + "/blobs/" + id;
    if (patiently(() -> ingest.has(path))) return new Sent(size, false);
    boolean isNew =
        patiently(
            () ->
                ingest.putBytes(
                    path,
                    BodyPublishers.fromPublisher(
                        BodyPublishers.ofInputStream(
                            () -> {
                              try {
                                return parts.open(id);
                              } catch (IOException e) {
                                throw new UncheckedIOException(e);
                              }
                            }),
                        size)));
    return new Sent(size, isNew);
  }

  /// Tries again, ever more slowly, where the next attempt may fare better.
  private static <T> T patiently(Supplier<T> call) {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get();
      } catch (Unreachable e) {
        if (attempt == ATTEMPTS) throw e;
      } catch (Refused e) {
        int status = e.problem().status();
        boolean passing = status == 429 || status == 408 || status >= 500;
        if (!passing || attempt == ATTEMPTS) throw e;
      }
      pause(FIRST_PAUSE.multipliedBy(1L << (attempt - 1)));
    }
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("Interrupted", e);
    }
  }
}
