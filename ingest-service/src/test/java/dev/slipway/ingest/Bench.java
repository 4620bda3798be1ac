package dev.slipway.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/// An app with everything that a manifest can refer to, so that tests write manifests and nothing
/// else. Its blobs are random: the service cannot tell.
final class Bench {

  static final AppPolicy POLICY = AppPolicy.DEFAULT;

  private final AppState state;
  private final Endpoints endpoints;
  private final URI base;
  private final Identity first;
  private final String publisherKey;
  private final byte[] index = random(1, 8213);
  private final List<byte[]> blobs =
      Stream.of(random(2, 17_456), random(3, 72))
          .sorted(Comparator.comparing(Digest::sha256))
          .toList();

  private Bench(AppState state, Endpoints endpoints, URI base, Identity first) {
    this.state = state;
    this.endpoints = endpoints;
    this.base = base;
    this.first = first;
    this.publisherKey =
        Publisher.accessKey(endpoints, Set.of(Role.PUBLISHER), Set.of(state.appId()));
  }

  static Bench open(String app, Endpoints endpoints, URI base, Identity first) {
    return open(app, endpoints, base, first, POLICY);
  }

  static Bench open(String app, Endpoints endpoints, URI base, Identity first, AppPolicy policy) {
    var state =
        new AppState(
            AppId.of(app),
            1,
            "An app",
            first.publisherId(),
            first.fingerprint(),
            List.of("fleet-7", "fleet-8"),
            List.of("fleet-6"),
            policy,
            null,
            null,
            Instant.now(),
            null);
    Publisher.write(endpoints, Topics.APPS, app, state);
    var bench = new Bench(state, endpoints, base, first);
    var api = bench.publisher();
    for (byte[] blob : Stream.concat(Stream.of(bench.index), bench.blobs.stream()).toList()) {
      assertThat(api.put(bench.app(), Digest.sha256(blob), blob).statusCode()).isEqualTo(201);
    }
    return bench;
  }

  AppId app() {
    return state.appId();
  }

  AppState state() {
    return state;
  }

  Identity first() {
    return first;
  }

  String publisherKeyId() {
    return publisherKey.split("_")[2];
  }

  Api publisher() {
    return new Api(base, publisherKey);
  }

  Api as(Role role) {
    return new Api(base, Publisher.accessKey(endpoints, Set.of(role), Set.of(app())));
  }

  /// The payload of a manifest without a fault.
  ObjectNode manifest(String version) {
    return manifest(version, Instant.now());
  }

  ObjectNode manifest(String version, Instant created) {
    ObjectNode json = Jws.JSON.createObjectNode();
    json.put("format", "slipway-bundle/1");
    json.put("app_id", app().text());
    json.put("publisher_id", state.publisherId());
    json.put("version", version);
    json.put("security_epoch", 0);
    json.put("created", created.truncatedTo(ChronoUnit.SECONDS).toString());
    json.putObject("compat").putArray("platforms").add("android").add("ios");
    ObjectNode enc = json.putObject("enc");
    enc.put("alg", "C2SP-CE-A256GCM-SHA512");
    enc.put("cek_commit", Digest.sha256(utf8("commit")).text());
    recipient(enc.putArray("recipients").addObject(), "fleet-7");
    blob(json.putObject("index"), index);
    var list = json.putArray("blobs");
    blobs.forEach(blob -> blob(list.addObject(), blob));
    json.put("total_size", index.length + blobs.stream().mapToInt(blob -> blob.length).sum());
    return json;
  }

  static ObjectNode recipient(ObjectNode json, String kid) {
    json.put("kid", kid);
    json.put("alg", "A256KW");
    json.put("ek", Jws.encoded(random(4, 40)));
    return json;
  }

  private static void blob(ObjectNode json, byte[] blob) {
    json.put("id", Digest.sha256(blob).text());
    json.put("size", blob.length);
  }

  /// The bytes that publish this version, signed by this one alone.
  byte[] signed(String version, Identity by) {
    return Jws.of(manifest(version)).publisher(by).bytes();
  }

  /// The same, handed over.
  byte[] migrated(String version, Identity from, Identity to) {
    return Jws.of(manifest(version)).publisher(to).migration(from, to).bytes();
  }

  HttpResponse<byte[]> accepts(byte[] manifest) {
    var answer = publisher().publish(app(), manifest);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    return answer;
  }

  /// Publishes what must be refused, and looks whether anything is left but the record of it.
  void refuses(byte[] manifest, int status, String slug) throws Exception {
    var before = Remains.of(app(), endpoints);
    refuses(manifest, status, slug, before);
  }

  void refuses(byte[] manifest, int status, String slug, Remains before) throws Exception {
    int refusals = Remains.refusals(app(), endpoints).size();
    var answer = publisher().publish(app(), manifest);
    refused(answer, status, slug);
    assertThat(Remains.of(app(), endpoints)).isEqualTo(before);
    var record = Remains.refusals(app(), endpoints);
    assertThat(record).hasSize(refusals + 1);
    assertThat(record.getLast())
        .isEqualTo(
            publisherKeyId() + " POST /v1/apps/" + app() + "/bundles " + status + " " + slug);
  }

  static void refused(HttpResponse<byte[]> answer, int status, String slug) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(Api.problem(answer).slug()).isEqualTo(slug);
  }

  /// Bytes as random as ciphertext, the same in each run.
  static byte[] random(long seed, int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
