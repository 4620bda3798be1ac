package dev.slipway.ingest;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleParts;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.access.AccessKeys.Issued;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.TopicWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The publisher of one app, with real keys: registers it, seals its releases.
final class Publisher {

  static final String FILE_NAME = "very-special-file-name.html";
  static final String CONTENT = "<p>what-nobody-but-devices-may-read</p>";

  private static final SecureRandom RANDOM = new SecureRandom();

  private final KeyRing keys;
  private final String accessKey;

  private Publisher(KeyRing keys, String accessKey) {
    this.keys = keys;
    this.accessKey = accessKey;
  }

  /// A publisher whose app is registered and who has an access key for it.
  static Publisher registered(String app, Endpoints endpoints) {
    var keys =
        KeyRing.generate(
            AppId.of(app), RANDOM, Instant.now().minusSeconds(60), Duration.ofDays(365));
    write(endpoints, Topics.APPS, app, appState(keys));
    return new Publisher(keys, accessKey(endpoints, Set.of(Role.PUBLISHER), Set.of(AppId.of(app))));
  }

  /// The same whose app has this policy.
  static Publisher registered(String app, AppPolicy policy, Endpoints endpoints) {
    var publisher = registered(app, endpoints);
    publisher.policy(2, policy, endpoints);
    return publisher;
  }

  /// Changes the app's policy; the service learns of it in a moment.
  void policy(long revision, AppPolicy policy, Endpoints endpoints) {
    pinned(revision, appState(keys).publisherLeaf(), policy, endpoints);
  }

  /// Changes the app's policy and the certificate that must sign.
  void pinned(long revision, Digest leaf, AppPolicy policy, Endpoints endpoints) {
    var state = appState(keys);
    write(
        endpoints,
        Topics.APPS,
        state.appId().text(),
        new AppState(
            state.appId(),
            revision,
            state.name(),
            state.publisherId(),
            leaf,
            state.keyIds(),
            state.retiredKeyIds(),
            policy,
            null,
            null,
            state.createdAt(),
            null));
  }

  /// The shipped policy, with other limits.
  static AppPolicy limits(Confidentiality confidentiality, long bundle, long total) {
    var usual = AppPolicy.DEFAULT;
    return new AppPolicy(
        usual.versionScheme(),
        confidentiality,
        usual.graceDays(),
        usual.pin(),
        usual.exposeMetadata(),
        bundle,
        total);
  }

  static String accessKey(Endpoints endpoints, Set<Role> roles, Set<AppId> apps) {
    return issue(endpoints, roles, apps).text();
  }

  static Issued issue(Endpoints endpoints, Set<Role> roles, Set<AppId> apps) {
    var issued = generate(roles, apps);
    write(endpoints, Topics.ACCESS_KEYS, issued.key().keyId(), issued.key());
    return issued;
  }

  /// The key's successor; the key itself is gone.
  static Issued rotate(Endpoints endpoints, AccessKey key) {
    var successor = generate(key.roles(), key.apps()).succeeding(key);
    write(endpoints, Topics.ACCESS_KEYS, successor.key().keyId(), successor.key());
    var gone =
        Message.tombstone(Topics.ACCESS_KEYS, key.keyId(), key.revision() + 1, Instant.now());
    try (var writer = new TopicWriter(endpoints)) {
      writer.send(Topics.ACCESS_KEYS.name(), key.keyId(), gone.value(), gone.headers());
    }
    return successor;
  }

  private static Issued generate(Set<Role> roles, Set<AppId> apps) {
    return AccessKeys.generate(
        "test", "test", roles, apps, Instant.now(), Instant.now().plus(Duration.ofDays(1)), RANDOM);
  }

  static <T> void write(Endpoints endpoints, Topic<T> topic, String key, T value) {
    var message = Message.of(topic, key, value, Instant.now());
    try (var writer = new TopicWriter(endpoints)) {
      writer.send(topic.name(), key, message.value(), message.headers());
    }
  }

  static AppState appState(KeyRing keys) {
    return new AppState(
        keys.appId(),
        1,
        "An app",
        keys.publisherId(),
        keys.certificate().fingerprint(),
        keys.fleetKeys().stream().map(WrappingKey::kid).toList(),
        Instant.now());
  }

  AppId app() {
    return keys.appId();
  }

  KeyRing keys() {
    return keys;
  }

  String accessKey() {
    return accessKey;
  }

  /// Seals a small release.
  Release seal(Path folder, String version) {
    return seal(folder, version, CONTENT, Instant.now(), true);
  }

  Release seal(Path folder, String version, String content, Instant created, boolean capgo) {
    try {
      Path web = Files.createTempDirectory(folder, "web-");
      Files.writeString(web.resolve(FILE_NAME), content);
      Files.writeString(web.resolve("index.html"), "<script src=app.js></script> " + version);
      return seal(folder, web, version, created, capgo);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// Seals a release of so many small files.
  Release sealMany(Path folder, String version, int files) {
    try {
      Path web = Files.createTempDirectory(folder, "web-");
      for (int i = 0; i < files; i++) Files.writeString(web.resolve(i + ".txt"), "file " + i);
      return seal(folder, web, version, Instant.now(), false);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Release seal(Path folder, Path web, String version, Instant created, boolean capgo) {
    try {
      var request =
          new SealRequest(
              web,
              version,
              1,
              new Compat(List.of("android", "ios"), null),
              created.truncatedTo(ChronoUnit.SECONDS),
              Map.of("en", "what is new"),
              capgo);
      Path sealed = Files.createTempDirectory(folder, "sealed-").resolve("parts");
      // The publisher's own clock may be anywhere.
      var verified = new Sealer(keys, Clock.systemUTC()).seal(request, sealed, (_, _) -> {});
      return new Release(verified, new BundleParts(sealed));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// A sealed release on the publisher's disk.
  record Release(VerifiedManifest verified, BundleParts parts) {

    byte[] manifest() {
      try {
        return parts.manifest();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    /// Everything to be uploaded before the manifest.
    Map<Digest, byte[]> blobs() {
      Manifest manifest = verified.manifest();
      var blobs = new LinkedHashMap<Digest, byte[]>();
      manifest.allBlobs().forEach(blob -> blobs.put(blob.id(), bytes(blob.id())));
      var capgo = manifest.capgo();
      if (capgo != null) blobs.put(capgo.id(), bytes(capgo.id()));
      return blobs;
    }

    byte[] blob(Digest id) {
      return bytes(id);
    }

    private byte[] bytes(Digest id) {
      try (var in = parts.open(id)) {
        return in.readAllBytes();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
