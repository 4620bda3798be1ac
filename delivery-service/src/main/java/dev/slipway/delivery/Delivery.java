package dev.slipway.delivery;

import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.delivery.ack.EdgeAcks;
import dev.slipway.delivery.agent.AgentRoute;
import dev.slipway.delivery.agent.TokenKeys;
import dev.slipway.delivery.air.AirRoute;
import dev.slipway.delivery.device.DeviceView;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.download.Bundles;
import dev.slipway.delivery.download.DownloadRoute;
import dev.slipway.delivery.http.ChannelSelfRoute;
import dev.slipway.delivery.http.ClientAddress;
import dev.slipway.delivery.http.DeviceHttp;
import dev.slipway.delivery.http.Protection;
import dev.slipway.delivery.http.Senders;
import dev.slipway.delivery.http.StatsRoute;
import dev.slipway.delivery.http.UpdatesRoute;
import dev.slipway.delivery.image.FileLoader;
import dev.slipway.delivery.image.LiveImage;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.image.Snapshot;
import dev.slipway.delivery.report.Beat;
import dev.slipway.delivery.report.FleetCounter;
import dev.slipway.delivery.report.Networks;
import dev.slipway.delivery.report.OfferMemory;
import dev.slipway.delivery.report.ReportRing;
import dev.slipway.delivery.report.ReportSender;
import dev.slipway.delivery.report.Stamper;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.StateView;
import dev.slipway.kit.topic.TopicGuard;
import dev.slipway.kit.topic.TopicProfile;
import io.micrometer.core.instrument.MeterRegistry;
import io.minio.MinioClient;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/// The service, put together: views of three topics feed one image and views of three others the
/// tables per device, the routes answer from both, and what devices say goes through a ring to
/// Kafka.
@Singleton
public class Delivery {

  private static final Logger LOG = Logger.getLogger(Delivery.class);
  private static final Duration LINGER = Duration.ofMillis(5);

  /// Neither the reports' nor the acknowledgements' thread waits longer for Kafka.
  private static final Map<String, Object> NO_WAITING =
      Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1000L);

  private static final Map<String, Object> REPORTS =
      Map.of(
          ProducerConfig.MAX_BLOCK_MS_CONFIG,
          1000L,
          ProducerConfig.BUFFER_MEMORY_CONFIG,
          8L << 20,
          ProducerConfig.BATCH_SIZE_CONFIG,
          64 << 10);

  private static final int REMEMBERED_OFFERS = 1 << 17;
  private static final Duration S3_CONNECT = Duration.ofSeconds(2);
  private static final Duration S3_READ = Duration.ofSeconds(20);

  private final DeliveryConfig config;
  private final DeliveryMetrics metrics;
  private final LiveImage image;
  private final TopicGuard guard;
  private final Devices devices = new Devices(new SecureRandom().nextLong());
  private final List<StateView<?>> views;
  private final List<DeviceView<?>> deviceViews;
  private final ReportRing ring;
  private final ReportSender sender;
  private final FleetCounter fleets;
  private final Beat beat;
  private final FileLoader fileLoader;
  private final Optional<SnapshotKeeper> snapshots;
  private final Protection protection;
  private final Clock clock = Clock.systemUTC();
  private final long startedAt = System.nanoTime();
  private final EdgeAcks acks;
  private final Bundles bundles;
  private final String instance;
  private final URI publicUrl;
  private final URI downloadUrl;
  private final TokenKeys tokenKeys;
  private volatile boolean ready;
  private boolean viewsStarted;
  private boolean viewsClosed;

  @Inject
  Delivery(
      DeliveryConfig config,
      S3Config s3,
      @ConfigProperty(name = "kafka.bootstrap.servers") String bootstrapServers,
      @ConfigProperty(name = "slipway.topics.profile") String profile,
      @ConfigProperty(name = "slipway.public-url") URI publicUrl,
      MeterRegistry meters) {
    this.config = config;
    instance =
        config.instance().filter(name -> !name.isBlank()).orElse(UUID.randomUUID().toString());
    metrics = new DeliveryMetrics(meters);
    downloadUrl = config.cdnUrl().orElse(publicUrl);
    this.publicUrl = publicUrl;
    tokenKeys =
        config.tokenKeys().map(TokenKeys::of).orElseGet(() -> TokenKeys.random(new SecureRandom()));
    var offers = new OfferWriter(downloadUrl);
    image = new LiveImage(offers, clock, config.fileListBytes());
    var kafka = new KafkaClients(bootstrapServers, "delivery-service");
    guard = new TopicGuard(kafka, TopicProfile.named(profile));
    var apps = new StateView<>(Topics.APPS, kafka, clock, meters, image::apps);
    var bundleStates = new StateView<>(Topics.BUNDLES, kafka, clock, meters, image::bundles);
    var channels = new StateView<>(Topics.CHANNEL_STATES, kafka, clock, meters, image::channels);
    views = List.of(apps, bundleStates, channels);
    deviceViews = DeviceView.all(devices, kafka, clock, meters);
    ring = new ReportRing(config.reportRing(), config.reportRingBytes());
    sender =
        new ReportSender(
            ring,
            new Stamper(new Networks(config.networkSalt())),
            this::live,
            kafka.producer("reports", LINGER, REPORTS),
            metrics,
            clock);
    acks =
        new EdgeAcks(
            instance,
            config.staleAfter(),
            new EdgeAcks.Source(this::isReady, channels::applied, this::lastContact),
            image,
            kafka.producer("edge-acks", Duration.ZERO, NO_WAITING),
            clock);
    fleets = new FleetCounter(clock.instant());
    beat =
        new Beat(
            instance,
            kafka.producer("beat", Duration.ZERO, NO_WAITING),
            fleets,
            config.fleetSizesEvery(),
            clock);
    bundles =
        new Bundles(
            client(s3, s3.endpoint()),
            client(s3, s3.publicEndpoint().orElse(s3.endpoint())),
            s3.bucket());
    fileLoader = new FileLoader(bundles::read, image);
    image.readFilesWith(fileLoader::read);
    image.tellEpochLag(
        lag -> {
          if (isReady()) metrics.epochLag(lag);
        });
    snapshots =
        config
            .snapshot()
            .map(
                file ->
                    new SnapshotKeeper(
                        file,
                        config.snapshotEvery(),
                        offers,
                        () -> snapshot(apps, bundleStates, channels),
                        clock));
    protection = new Protection(config.limits(), meters);
    metrics.watch(image, devices, ring, clock);
    metrics.watchContact(
        () -> Duration.between(lastContact(), clock.instant()), () -> !isReady() || isStale());
  }

  private static MinioClient client(S3Config s3, String endpoint) {
    var client =
        MinioClient.builder()
            .endpoint(endpoint)
            .credentials(s3.accessKey(), s3.secretKey())
            .region(s3.region())
            .build();
    client.setTimeout(S3_CONNECT.toMillis(), S3_READ.toMillis(), S3_READ.toMillis());
    return client;
  }

  void start(@Observes StartupEvent event) {
    if (config.networkSalt().isEmpty()) {
      LOG.info(
          "slipway.delivery.network-salt is not set: hashes of networks can be undone by who may"
              + " read the topics");
    }
    if (config.tokenKeys().isEmpty()) {
      LOG.info(
          "slipway.delivery.token-keys is not set: offers' tokens and devices' enrolments hold"
              + " until this instance ends, and on no other");
    }
    LOG.infof("Delivery starts: instance=%s", instance);
    sender.start();
    acks.start();
    beat.start();
    snapshots.ifPresent(SnapshotKeeper::start);
    guard
        .ensure(
            List.of(
                Topics.APPS,
                Topics.BUNDLES,
                Topics.CHANNEL_STATES,
                Topics.DEVICE_OVERRIDES,
                Topics.DEVICE_CHANNELS,
                Topics.DEVICE_FAILURES,
                Topics.DEVICE_EVENTS,
                Topics.FLEET_SIZES,
                Topics.EDGE_ACKS))
        .thenRun(this::startViews);
  }

  void stop(@Observes ShutdownEvent event) {
    guard.close();
    snapshots.ifPresent(SnapshotKeeper::close);
    acks.close();
    beat.close();
    sender.close();
    fileLoader.close();
    closeViews();
  }

  /// Kafka may answer for the first time while the service ends.
  private synchronized void startViews() {
    if (viewsClosed) return;
    views.forEach(StateView::start);
    deviceViews.forEach(DeviceView::start);
    viewsStarted = true;
  }

  private synchronized void closeViews() {
    viewsClosed = true;
    if (!viewsStarted) return;
    views.forEach(StateView::close);
    deviceViews.forEach(DeviceView::close);
  }

  void routes(@Observes Router router) {
    DeviceHttp.guard(router);
    var senders =
        new Senders(new ClientAddress(config.trustedProxies().orElse(List.of())), protection);
    var traces = new UpdatesRoute.Traces(new OfferMemory(REMEMBERED_OFFERS), fleets, ring);
    new UpdatesRoute(this::served, senders, traces, metrics, clock).register(router);
    new StatsRoute(this::served, ring, senders, metrics, clock).register(router);
    new ChannelSelfRoute(this::served, senders, ring, clock).register(router);
    var terms =
        new AgentRoute.Terms(
            publicUrl, downloadUrl, config.pollEvery(), config.offerLife(), config.reinstallUrl());
    new AgentRoute(this::served, senders, tokenKeys, terms, traces.offered(), ring, metrics, clock)
        .register(router);
    new AirRoute(this::served, downloadUrl).register(router);
    new DownloadRoute(
            () -> served().map(Served::image),
            bundles,
            config.downloads(),
            config.downloadMode() == DeliveryConfig.DownloadMode.REDIRECT)
        .register(router);
    DeviceHttp.others(router);
  }

  /// Whether all that devices are answered from has been read once.
  boolean isReady() {
    if (!ready) {
      ready =
          views.stream().allMatch(StateView::isCaughtUp)
              && deviceViews.stream().allMatch(DeviceView::isCaughtUp);
    }
    return ready;
  }

  boolean isStale() {
    return acks.isStale();
  }

  String instance() {
    return instance;
  }

  /// Whether the threads that everything goes through are at work. A service without Kafka is
  /// stale, and not dead: to start it anew would not make it better.
  boolean isAlive() {
    return sender.isAlive() && acks.isAlive();
  }

  /// When what is served was known, while that comes from a snapshot.
  Optional<Instant> snapshotAt() {
    return isReady() ? Optional.empty() : snapshots.flatMap(SnapshotKeeper::lastAt);
  }

  /// What devices are answered from: the topics, or after a while what was known before.
  Optional<Served> served() {
    var live = live();
    if (live.isPresent()) return live;
    boolean waited = System.nanoTime() - startedAt > config.snapshotAfter().toNanos();
    return waited ? snapshots.flatMap(SnapshotKeeper::last) : Optional.empty();
  }

  private Optional<Served> live() {
    return isReady() ? Optional.of(new Served(image.current(), devices, true)) : Optional.empty();
  }

  private Optional<Snapshot> snapshot(
      StateView<AppState> apps, StateView<BundleState> bundles, StateView<ChannelState> channels) {
    return isReady()
        ? Optional.of(
            new Snapshot(
                clock.instant(),
                apps.all().values(),
                bundles.all().values(),
                channels.all().values(),
                devices))
        : Optional.empty();
  }

  /// When the view that waits longest last heard from Kafka.
  private Instant lastContact() {
    return views.stream().map(StateView::lastContact).min(Instant::compareTo).orElse(Instant.EPOCH);
  }
}
