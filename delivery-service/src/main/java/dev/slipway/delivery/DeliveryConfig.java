package dev.slipway.delivery;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Settings of the delivery service alone.
@ConfigMapping(prefix = "slipway.delivery")
public interface DeliveryConfig {

  /// Names this instance among the others; random, and stable while the process lives, unless
  /// given.
  Optional<String> instance();

  /// After this long without Kafka all rollouts count as paused.
  @WithDefault("PT30S")
  Duration staleAfter();

  /// Mixed into the hash of a sender's network, so that reports tell networks apart without saying
  /// which they are. A secret, the same on all instances and after a restart: telemetry counts
  /// failures per network. Without it the hash is made with what all instances know of the app,
  /// which whoever may read the topics knows too, and could undo by trying all networks.
  Optional<String> networkSalt();

  /// Addresses or ranges of proxies whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`.
  Optional<List<String>> trustedProxies();

  /// How many reports wait for Kafka at most.
  @WithDefault("65536")
  int reportRing();

  /// How much memory those may take, roughly.
  @WithDefault("33554432")
  long reportRingBytes();

  /// How many downloads run at once; more are asked to come back.
  @WithDefault("128")
  int downloads();

  /// How a download is answered: from the object store through this service, or with a redirect to
  /// an address of the object store that is signed for some minutes.
  @WithDefault("stream")
  DownloadMode downloadMode();

  /// How a download is answered.
  enum DownloadMode {
    STREAM,
    REDIRECT
  }

  /// A cache in front of this service that devices fetch bundles from, as in
  /// `https://cdn.example.com`; it passes on what is under `/v1/apps/`. This service's own public
  /// address unless given.
  Optional<URI> cdnUrl();

  /// The secrets behind offers' tokens and devices' enrolments: `kid:secret`, the secret at least
  /// 32 random bytes in base64url, the newest first, the same on all instances. Without them an
  /// instance makes one of its own, which is good until it ends and for nobody else.
  Optional<List<String>> tokenKeys();

  /// When agents are told to ask again, on average.
  @WithDefault("PT15M")
  Duration pollEvery();

  /// How long an agent's reports may follow an offer.
  @WithDefault("P7D")
  Duration offerLife();

  /// Where users find the app again that must be installed anew.
  Optional<URI> reinstallUrl();

  /// Memory for lists of files that are offered one by one, in bytes; bundles whose list does not
  /// fit are offered as a zip only.
  @WithDefault("134217728")
  long fileListBytes();

  /// How often the sizes of fleets are told.
  @WithDefault("PT1M")
  Duration fleetSizesEvery();

  /// Where to keep what devices are answered from, for a start without Kafka. Without it an
  /// instance answers nobody until it has read the topics.
  Optional<Path> snapshot();

  /// How often that is written.
  @WithDefault("PT1M")
  Duration snapshotEvery();

  /// For how long an instance waits for the topics before it answers from there.
  @WithDefault("PT10S")
  Duration snapshotAfter();

  /// What single senders may take.
  Limits limits();

  /// What single senders may take, and when the service takes no more. Of each limit ten seconds'
  /// worth may come at once. 0 is no limit.
  interface Limits {

    /// Calls of one device in a second.
    @WithDefault("20")
    double devicePerSecond();

    /// Calls from one network (/24 of IPv4, /48 of IPv6) in a second. Behind one address there may
    /// be a whole city.
    @WithDefault("10000")
    double networkPerSecond();

    /// Calls from one network in a second that name an app which is not known here.
    @WithDefault("50")
    double missesPerSecond();

    /// From this delay of its work on, the service turns some update checks away.
    @WithDefault("PT1S")
    Duration lag();
  }
}
