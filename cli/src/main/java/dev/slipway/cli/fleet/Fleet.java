package dev.slipway.cli.fleet;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CapgoPublicKey;
import dev.slipway.bundle.CapgoZip;
import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.ChannelName;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/// Devices at work. One thread turns the wheels of all state machines; the requests that they make
/// run beside it, from one HTTP client per network.
///
/// A device's reports leave in the order in which it made them. Its life is that of a phone: the
/// user opens the application, leaves it, comes back at once where it has just been updated, opens
/// it again after a rest.
public final class Fleet implements AutoCloseable {

  /// @param delivery the delivery service
  /// @param nativeVersion the version that the app store delivered
  /// @param pace how many times faster than life the users and timers are
  /// @param key opens the offered zips; without it what arrives is taken as it is
  /// @param rest how long a user usually leaves the application alone
  public record Plan(
      AppId app,
      @Nullable ChannelName channel,
      URI delivery,
      String nativeVersion,
      int devices,
      long seed,
      int networks,
      double pace,
      Defects defects,
      @Nullable CapgoPublicKey key,
      Duration rest) {

    public static final int MAX_NETWORKS = 200;

    public Plan {
      if (devices < 1) throw new IllegalArgumentException("a fleet has at least one device");
      if (networks < 1 || networks > MAX_NETWORKS) {
        throw new IllegalArgumentException("a fleet has 1 to " + MAX_NETWORKS + " networks");
      }
      if (!(pace > 0)) throw new IllegalArgumentException("the pace is above 0");
    }
  }

  private static final long READY_AFTER = 1_250;
  private static final long FLUSH_AFTER = 1_000;
  private static final long RETRY_AFTER = 1_000;
  private static final long LEAST_RETRY = 200;
  private static final int MAX_QUEUED = 200;
  private static final int MAX_ZIP = 256 << 20;
  private static final int MAX_ANSWER = 4 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final Plan plan;
  private final Clock clock;
  private final Books books;
  private final Wire wire;
  private final URI updates;
  private final URI stats;
  private final ScheduledThreadPoolExecutor wheel;
  private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Network> networks = new ArrayList<>();
  private final List<Phone> phones = new ArrayList<>();
  private volatile boolean closed;

  public Fleet(Plan plan, Clock clock) {
    this.plan = plan;
    this.clock = clock;
    this.books = new Books(plan.devices());
    this.wire =
        new Wire(
            plan.app().text(),
            plan.nativeVersion(),
            plan.channel() == null ? null : plan.channel().text(),
            plan.key() == null ? null : plan.key().keyId());
    this.updates = plan.delivery().resolve("/updates");
    this.stats = plan.delivery().resolve("/stats");
    this.wheel =
        new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("fleet").daemon().factory());
    for (int network = 0; network < plan.networks(); network++) {
      networks.add(
          new Network(
              HttpClient.newBuilder()
                  .version(HttpClient.Version.HTTP_1_1)
                  .connectTimeout(TIMEOUT)
                  .localAddress(usable(Identity.address(network)))
                  .executor(requests)
                  .build(),
              this::onWheel));
    }
    for (int number = 0; number < plan.devices(); number++) {
      phones.add(new Phone(Identity.of(plan.seed(), number, plan.networks())));
    }
  }

  /// Linux answers on all of 127.0.0.0/8; elsewhere further addresses must be configured.
  private static InetAddress usable(InetAddress address) {
    try (var probe = new ServerSocket(0, 1, address)) {
      return probe.getInetAddress();
    } catch (IOException e) {
      throw new CommandFailure(
          "This machine cannot send from %s, which the fleet's networks need (macOS: sudo ifconfig lo0 alias %s)"
              .formatted(address.getHostAddress(), address.getHostAddress()),
          e);
    }
  }

  public Books books() {
    return books;
  }

  /// How long a device takes at most from one check to the next.
  public Duration round() {
    return Duration.ofMillis((long) ((plan.rest().toMillis() * 1.5 + 120_000) / plan.pace()));
  }

  /// Sets the devices to work, spread over the time that they usually rest.
  public void start() {
    for (Phone phone : phones) {
      after(phone.random.nextLong(Math.max(1, plan.rest().toMillis())), phone::launch);
    }
  }

  /// Ends all devices; what is under way is dropped.
  @Override
  public void close() {
    closed = true;
    wheel.shutdownNow();
    for (Network network : networks) network.shutdownNow();
    requests.shutdownNow();
  }

  private void after(long lifeMillis, Runnable action) {
    later(Math.round(lifeMillis / plan.pace()), action);
  }

  private void later(long millis, Runnable action) {
    if (closed) return;
    try {
      wheel.schedule(action, millis, MILLISECONDS);
    } catch (RejectedExecutionException e) {
      if (!closed) throw e;
    }
  }

  /// A device, its user and its connection. Used by the wheel's thread alone.
  private final class Phone {
    private final Identity who;
    private final SplittableRandom random;
    private Device device;
    private final List<Wire.Dated> queue = new ArrayList<>();
    private boolean flushing;
    private long page;
    private long readyTimer;
    private int underWay;
    private @Nullable Runnable waiting;
    private CompletableFuture<?> lastPost = CompletableFuture.completedFuture(null);

    Phone(Identity who) {
      this.who = who;
      this.random = new SplittableRandom(Defects.mix(plan.seed() + 7L * who.number()));
      this.device = Device.fresh(who.plugin(), plan.nativeVersion());
    }

    private void launch() {
      if (busy(this::launch)) return;
      feed(new Input.Launched());
      after(random.nextLong(20_000, 60_000), this::leave);
    }

    /// Users do nothing new while their device waits for an answer: where machines are slower than
    /// the pace, the fleet slows down with them instead of piling up requests.
    private boolean busy(Runnable action) {
      if (isIdle()) return false;
      waiting = action;
      return true;
    }

    private boolean isIdle() {
      return underWay == 0 && device.fetching() == null;
    }

    /// To be asked for whenever something has been answered.
    private void goOn() {
      Runnable action = waiting;
      if (action == null || !isIdle()) return;
      waiting = null;
      later(0, action);
    }

    private void leave() {
      if (busy(this::leave)) return;
      feed(new Input.Backgrounded());
      if (device.pending()) {
        after(random.nextLong(1_500, 8_000), this::comeBack);
      } else {
        long rest = plan.rest().toMillis();
        after(rest / 2 + random.nextLong(Math.max(1, rest)), this::launch);
      }
    }

    /// Stays until the plugin has decided, then starts the application anew.
    private void comeBack() {
      if (busy(this::comeBack)) return;
      feed(new Input.Foregrounded());
      after(who.plugin().readyMillis() + random.nextLong(5_000, 20_000), this::launch);
    }

    private void feed(Input input) {
      Device before = device;
      Device.Step step = before.on(input);
      device = step.device();
      books.stepped(who.number(), input, before, device);
      for (Effect effect : step.effects()) {
        switch (effect) {
          case Effect.Check(var versionName) -> check(versionName);
          case Effect.Say(var report) -> say(report);
          case Effect.Fetch(var offer) -> fetch(offer);
          case Effect.LoadPage(var release) -> load(release);
          case Effect.StartReadyTimer() -> startReadyTimer();
        }
      }
      goOn();
    }

    private void load(Release release) {
      long loaded = ++page;
      if (release instanceof Release.Bundle(var version)
          && plan.defects().strikes(who.number(), version)) {
        return;
      }
      after(
          READY_AFTER,
          () -> {
            if (page == loaded) feed(new Input.BecameReady());
          });
    }

    private void startReadyTimer() {
      long started = ++readyTimer;
      after(
          who.plugin().readyMillis(),
          () -> {
            if (readyTimer == started && device.pending()) feed(new Input.ReadyTimeRanOut());
          });
    }

    private void check(String versionName) {
      books.sentCheck();
      send(post(updates, wire.check(who, versionName)), MAX_ANSWER)
          .whenCompleteAsync(
              (response, failure) -> {
                if (response == null || response.statusCode() != 200) {
                  noAnswer(response, failure);
                } else {
                  feed(new Input.Answered(Wire.read(response.body())));
                }
              },
              Fleet.this::onWheel);
    }

    private void noAnswer(@Nullable HttpResponse<?> response, @Nullable Throwable failure) {
      if (!closed) books.requestFailed(instead(response, failure));
    }

    private void fetch(Offer offer) {
      send(
              HttpRequest.newBuilder(offer.url()).timeout(TIMEOUT.multipliedBy(3)).GET().build(),
              MAX_ZIP)
          .whenComplete(
              (response, failure) -> {
                if (response == null || response.statusCode() != 200) noAnswer(response, failure);
              })
          .thenApplyAsync(response -> opened(offer, response), requests)
          .exceptionally(_ -> List.of(new Input.TransferFailed(offer)))
          .thenAcceptAsync(inputs -> inputs.forEach(this::feed), Fleet.this::onWheel);
    }

    private List<Input> opened(Offer offer, HttpResponse<byte[]> response) {
      if (response.statusCode() != 200) return List.of(new Input.TransferFailed(offer));
      books.downloaded(response.body().length);
      Input transferred = new Input.Transferred(offer);
      CapgoPublicKey key = plan.key();
      if (key == null) return List.of(transferred, new Input.Unpacked(offer));
      try {
        CapgoZip.open(response.body(), key, offer.sessionKey(), offer.checksum());
        return List.of(transferred, new Input.Unpacked(offer));
      } catch (BundleException _) {
        return List.of(transferred, new Input.ChecksumMismatch(offer));
      }
    }

    private void say(Report report) {
      if (!report.queued()) {
        posts(wire.single(who, report), 1);
        return;
      }
      if (queue.size() < MAX_QUEUED) queue.add(new Wire.Dated(report, clock.millis()));
      if (flushing) return;
      flushing = true;
      after(FLUSH_AFTER, this::flush);
    }

    private void flush() {
      flushing = false;
      if (queue.isEmpty()) return;
      byte[] body = wire.batch(who, queue);
      int count = queue.size();
      queue.clear();
      posts(body, count);
    }

    private void posts(byte[] body, int count) {
      books.sentReports(count);
      lastPost = lastPost.thenComposeAsync(_ -> deliver(body), Fleet.this::onWheel);
    }

    /// A plugin that batches keeps a batch until it is taken; an older one drops what failed.
    private CompletableFuture<?> deliver(byte[] body) {
      if (closed) return CompletableFuture.completedFuture(null);
      return send(post(stats, body), MAX_ANSWER)
          .handleAsync(
              (response, failure) -> {
                int status = response == null ? 0 : response.statusCode();
                if (status / 100 == 2) return CompletableFuture.<Object>completedFuture(status);
                noAnswer(response, failure);
                boolean again = status == 0 || status == 408 || status == 429 || status >= 500;
                if (!again || !who.plugin().modern()) {
                  return CompletableFuture.<Object>completedFuture(status);
                }
                var retried = new CompletableFuture<Object>();
                long pause = Math.max(LEAST_RETRY, Math.round(RETRY_AFTER / plan.pace()));
                later(pause, () -> deliver(body).thenAccept(retried::complete));
                return retried;
              },
              Fleet.this::onWheel)
          .thenCompose(outcome -> outcome);
    }

    private HttpRequest post(URI target, byte[] body) {
      return HttpRequest.newBuilder(target)
          .timeout(TIMEOUT)
          .header("Content-Type", "application/json; charset=utf-8")
          .header("User-Agent", wire.userAgent(who))
          .POST(BodyPublishers.ofByteArray(body))
          .build();
    }

    private CompletableFuture<HttpResponse<byte[]>> send(HttpRequest request, int limit) {
      underWay++;
      return networks
          .get(who.network())
          .send(request, limit)
          .whenCompleteAsync(
              (_, _) -> {
                underWay--;
                // After what the answer itself brings about, which is next on the wheel.
                later(1, this::goOn);
              },
              Fleet.this::onWheel);
    }
  }

  /// What came of a request that was not answered as it was meant.
  static String instead(@Nullable HttpResponse<?> response, @Nullable Throwable failure) {
    if (response != null) {
      boolean later = response.headers().firstValue("Retry-After").isPresent();
      return "HTTP %d%s".formatted(response.statusCode(), later ? " (come back later)" : "");
    }
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case HttpConnectTimeoutException _ -> "no connection in time";
      case HttpTimeoutException _ -> "no answer in time";
      case ConnectException _ -> "connection refused";
      case IOException lost -> "connection lost (%s)".formatted(lost.getMessage());
      case null -> "nothing";
      default -> cause.getClass().getSimpleName();
    };
  }

  private void onWheel(Runnable action) {
    if (closed) return;
    try {
      wheel.execute(action);
    } catch (RejectedExecutionException e) {
      if (!closed) throw e;
    }
  }
}
