package dev.slipway.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.bundle.Digest;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Manifests that must be refused, one per row of the tables B and C of the security design, each
/// with status and slug, and after each nothing is left but the record that it was refused.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class ManifestIT {

  private static final Endpoints ENDPOINTS = Stack.shared();
  private static final Identity OWNER = Identity.spec().make();

  /// Opened by the first test: the address is known only then.
  private static Bench bench;

  private static Remains before;

  @TestHTTPResource("/")
  URI base;

  /// @param row of the design's tables, and what is wrong
  private record Case(String row, int status, String slug, Function<Bench, byte[]> manifest) {
    @Override
    public String toString() {
      return row;
    }
  }

  private Bench bench() throws Exception {
    if (bench == null) {
      bench = Bench.open("com.example.hostile", ENDPOINTS, base, OWNER);
      before = Remains.of(bench.app(), ENDPOINTS);
    }
    return bench;
  }

  @Test
  void theManifestWithoutAFaultPasses() {
    var other = Bench.open("com.example.faultless", ENDPOINTS, base, OWNER);
    other.accepts(other.signed("1.0.0", OWNER));
  }

  @ParameterizedTest
  @MethodSource({"json", "structure", "signatures", "certificates"})
  void isRefusedAndLeavesNothing(Case hostile) throws Exception {
    // Given
    byte[] manifest = hostile.manifest().apply(bench());

    // Then
    bench.refuses(manifest, hostile.status(), hostile.slug(), before);
  }

  static Stream<Case> json() {
    return Stream.of(
        outer("B1 a byte that is not UTF-8", 400, "json-invalid", text -> latin(text + "\u00ff")),
        outer("B1 a byte order mark", 400, "json-invalid", text -> utf8("\uFEFF" + text)),
        outer("B1 UTF-16", 400, "json-invalid", text -> text.getBytes(StandardCharsets.UTF_16BE)),
        payload("B1 half a surrogate pair", 400, "json-invalid", "\"android\"", "\"\\ud800\""),
        payloadBytes(
            "B1 not UTF-8 inside",
            400,
            "json-invalid",
            text -> latin(text.replace("ios", "\u00ff"))),
        outer(
            "B2 payload twice",
            400,
            "json-duplicate-member",
            text -> utf8(text.replace("{\"payload\"", "{\"payload\":\"\",\"payload\""))),
        payload(
            "B2 version twice",
            400,
            "json-duplicate-member",
            "\"version\":",
            "\"version\":\"9.9.9\",\"version\":"),
        header(
            "B2 alg twice in a header",
            400,
            "json-duplicate-member",
            text -> text.replace("{\"alg\"", "{\"alg\":\"none\",\"alg\"")),
        outer("B3 bytes behind it", 400, "json-invalid", text -> utf8(text + "{}")),
        outer("B3 a comment", 400, "json-invalid", text -> utf8("/**/" + text)),
        outer("B3 nothing", 400, "json-invalid", _ -> new byte[0]),
        outer("B3 a half", 400, "json-invalid", text -> utf8(text.substring(0, 100))),
        payload("B3 NaN", 400, "json-invalid", "\"security_epoch\":0", "\"security_epoch\":NaN"),
        payload("B3 single quotes", 400, "json-invalid", "\"android\"", "'android'"),
        payload(
            "B3 leading zeros",
            400,
            "json-invalid",
            "\"security_epoch\":0",
            "\"security_epoch\":00"),
        payload("B3 a comma too many", 400, "json-invalid", "\"ios\"]", "\"ios\",]"),
        payload(
            "B4 nested 10,000 deep",
            413,
            "json-limit",
            "\"security_epoch\":0",
            "\"security_epoch\":" + "[".repeat(10_000)),
        payload(
            "B4 an array of 1,000,000",
            413,
            "json-limit",
            "\"security_epoch\":0",
            "\"security_epoch\":[" + "0,".repeat(999_999) + "0]"),
        outer(
            "B4 a text of 5 MB",
            413,
            "body-too-large",
            text -> utf8(text.replace("{\"payload\"", "{\"x\":\"" + "a".repeat(5 << 20) + "\""))),
        payload(
            "B4 a number of 1,000,000 digits",
            413,
            "json-limit",
            "\"security_epoch\":0",
            "\"security_epoch\":" + "1".repeat(1_000_000)),
        epoch("B5 1.0", "1.0"),
        epoch("B5 1e3", "1e3"),
        epoch("B5 -0", "-0"),
        epoch("B5 2^53", "9007199254740992"),
        epoch("B5 2^53 + 1", "9007199254740993"),
        epoch("B5 a text", "\"1\""),
        node("B6 a member unknown", 422, "unknown-member", json -> json.put("x", 1)),
        node("B6 in enc", 422, "unknown-member", json -> enc(json).put("x", 1)),
        node("B6 in a recipient", 422, "unknown-member", json -> recipient(json).put("x", 1)),
        node("B6 in a blob", 422, "unknown-member", json -> blob(json, 0).put("x", 1)),
        node("B6 in compat", 422, "unknown-member", json -> at(json, "compat").put("x", 1)),
        outer(
            "B6 beside the signatures",
            422,
            "unknown-member",
            text -> utf8(text.replace("{\"payload\"", "{\"x\":1,\"payload\""))),
        outer(
            "B6 an unprotected header",
            422,
            "unknown-member",
            text -> utf8(text.replace("{\"protected\"", "{\"header\":{},\"protected\""))));
  }

  static Stream<Case> structure() {
    var cases = new ArrayList<Case>();
    for (var member :
        List.of(
            "format",
            "app_id",
            "publisher_id",
            "version",
            "security_epoch",
            "created",
            "compat",
            "enc",
            "index",
            "blobs",
            "total_size")) {
      cases.add(node("B7 without " + member, 422, "member-missing", json -> json.remove(member)));
      cases.add(node("B7 null " + member, 422, "member-missing", json -> json.putNull(member)));
    }
    cases.addAll(
        List.of(
            outer(
                "B8 above 4 MiB", 413, "body-too-large", text -> utf8(text + " ".repeat(4 << 20))),
            node("B8 20,001 blobs", 422, "too-many-blobs", ManifestIT::tooManyBlobs),
            node("B9 no blobs", 422, "blobs-not-canonical", json -> json.putArray("blobs")),
            node(
                "B9 unsorted",
                422,
                "blobs-not-canonical",
                json -> blobs(json).insert(0, blobs(json).remove(1))),
            node(
                "B9 one twice",
                422,
                "blobs-not-canonical",
                json -> blobs(json).insert(0, blob(json, 0).deepCopy())),
            node(
                "B9 the index among them",
                422,
                "blobs-not-canonical",
                json -> json.set("index", blob(json, 0).deepCopy())),
            node(
                "B10 one too much",
                422,
                "total-size",
                json -> json.put("total_size", json.get("total_size").asLong() + 1)),
            node(
                "B10 above 2^63",
                422,
                "integer-required",
                json -> json.put("total_size", BigInteger.TWO.pow(63).add(BigInteger.ONE))),
            size("B11 0", 0),
            size("B11 negative", -17_456),
            size("B11 71", 71),
            size("B11 above 4 GiB", (4L << 30) + 1000),
            size("B11 2^53 - 1", (1L << 53) - 1),
            encoding("B12 padding", id -> id + "="),
            encoding("B12 the other alphabet", id -> "+/" + id.substring(2)),
            encoding("B12 white space", id -> " " + id.substring(1)),
            encoding("B12 trailing bits", id -> id.substring(0, 42) + "B"),
            outer(
                "B12 padding behind the payload",
                422,
                "encoding",
                text -> utf8(text.replace("\",\"signatures\"", "=\",\"signatures\""))),
            node(
                "B12 a wrapped key in the other alphabet",
                422,
                "encoding",
                json -> recipient(json).put("ek", "+/" + "A".repeat(52))),
            node(
                "B13 another app",
                422,
                "app-mismatch",
                json -> json.put("app_id", "com.example.x")),
            node(
                "B14 another publisher",
                422,
                "publisher-mismatch",
                json -> json.put("publisher_id", Identity.spec().make().publisherId())),
            node(
                "B15 a Cyrillic letter",
                422,
                "app-id-charset",
                json -> json.put("app_id", "com.ex\u0430mple.hostile")),
            node(
                "B15 a zero-width joiner",
                422,
                "app-id-charset",
                json -> json.put("app_id", "com.example\u200d.hostile")),
            node(
                "B15 213 characters",
                422,
                "app-id-charset",
                json -> json.put("app_id", "com." + "a".repeat(209))),
            node(
                "B17 an hour ahead",
                422,
                "clock-skew",
                json ->
                    json.put(
                        "created",
                        Instant.now()
                            .plus(Duration.ofHours(1))
                            .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                            .toString())),
            node("B18 unknown", 422, "enc-alg", json -> enc(json).put("alg", "ROT13")),
            node("B18 AES-128-CBC", 422, "enc-alg", json -> enc(json).put("alg", "AES-128-CBC")),
            node(
                "B18 lower case",
                422,
                "enc-alg",
                json -> enc(json).put("alg", "c2sp-ce-a256gcm-sha512")),
            node("B18 of a key", 422, "enc-alg", json -> recipient(json).put("alg", "RSA-OAEP")),
            node("B19 nobody", 422, "recipients", json -> enc(json).putArray("recipients")),
            node("B19 1,000", 422, "recipients", ManifestIT::thousandRecipients),
            node(
                "B19 one twice",
                422,
                "recipients",
                json -> recipients(json).add(recipient(json).deepCopy())),
            node("B20 unknown", 422, "kid-unknown", json -> recipient(json).put("kid", "fleet-9")),
            node("B20 retired", 422, "kid-retired", json -> recipient(json).put("kid", "fleet-6")),
            node(
                "B21 39 bytes",
                422,
                "recipient-length",
                json -> recipient(json).put("ek", Jws.encoded(new byte[39]))),
            node(
                "B21 48 bytes",
                422,
                "recipient-length",
                json -> recipient(json).put("ek", Jws.encoded(new byte[48]))),
            node(
                "B21 HPKE, a wrapped key of 40 bytes",
                422,
                "recipient-length",
                json -> hpke(recipient(json), 32, 40)),
            node(
                "B21 HPKE, a shared value of 31 bytes",
                422,
                "recipient-length",
                json -> hpke(recipient(json), 31, 48)),
            node(
                "B21 HPKE, no shared value",
                422,
                "recipient-length",
                json -> hpke(recipient(json), 32, 48).remove("enc")),
            node(
                "B20 of another app",
                422,
                "kid-unknown",
                json -> Bench.recipient(recipients(json).addObject(), "fleet-other-1")),
            node("B22 absent", 422, "member-missing", json -> enc(json).remove("cek_commit")),
            node(
                "B22 31 bytes",
                422,
                "encoding",
                json -> enc(json).put("cek_commit", Jws.encoded(new byte[31]))),
            node(
                "D15 the direction of a version turned",
                422,
                "version-syntax",
                json -> json.put("version", "1.0.0\u202e")),
            node(
                "D16 a lowest native version that is none",
                422,
                "member-value",
                json -> at(json, "compat").put("native_min", "x.y")),
            node(
                "D16 for none of the platforms",
                422,
                "member-value",
                json -> at(json, "compat").putArray("platforms").add("windows")),
            node(
                "E7 a blob that nobody uploaded",
                422,
                "blob-missing",
                json -> blobs(json).set(1, last(json)))));
    return cases.stream();
  }

  static Stream<Case> signatures() {
    return Stream.of(
        of(
            "C1 none",
            "signature-missing",
            bench ->
                utf8(plain(bench).text().replaceAll("\"signatures\":.*", "\"signatures\":[]}"))),
        header("C2 none", "alg-not-allowed", json -> json.put("alg", "none")),
        header("C2 HS256", "alg-not-allowed", json -> json.put("alg", "HS256")),
        header("C2 RS256", "alg-not-allowed", json -> json.put("alg", "RS256")),
        header("C2 EdDSA", "alg-not-allowed", json -> json.put("alg", "EdDSA")),
        header("C2 of another key", "alg-not-allowed", json -> json.put("alg", "ES256")),
        of(
            "C3 one bit of the payload",
            "signature-invalid",
            bench -> plain(bench).over(Jws.bytes(bench.manifest("1.0.1")))),
        of(
            "C4 the same JSON with another space",
            "signature-invalid",
            bench -> {
              var manifest = bench.manifest("1.0.0");
              return Jws.of(manifest)
                  .publisher(OWNER)
                  .over(utf8(manifest.toString().replace("\"version\":", "\"version\": ")));
            }),
        signature("C5 a byte behind it", OWNER, it -> Arrays.copyOf(it, 65)),
        signature("C5 a byte missing", OWNER, it -> Arrays.copyOf(it, 63)),
        signature("C5 s above the order", OWNER, ManifestIT::plusOrder),
        elliptic("C5 r = 0", it -> zero(it, 0)),
        elliptic("C5 s = 0", it -> zero(it, 32)),
        elliptic("C5 s in the upper half", ManifestIT::twin),
        elliptic("C5 of another length", it -> Arrays.copyOf(it, 65)),
        elliptic("C5 DER", ManifestIT::asDer),
        header("C6 jwk", "header-not-allowed", json -> json.putObject("jwk").put("kty", "OKP")),
        header("C6 b64", "header-not-allowed", json -> json.put("b64", false)),
        header("C7 crit unknown", "crit", json -> json.withArray("crit").add("x")),
        header("C7 crit empty", "crit", json -> json.putArray("crit")),
        header("C7 crit absent", "crit", json -> json.remove("crit")),
        header("C7 role twice", "crit", json -> json.withArray("crit").add("role")),
        of(
            "C8 two publishers",
            "signature-set",
            bench -> plain(bench).publisher(Identity.spec().make()).bytes()),
        of(
            "C8 three",
            "signature-set",
            bench -> {
              var from = Identity.spec().make();
              return plain(bench).migration(from, OWNER).migration(from, OWNER).bytes();
            }),
        header("C8 an admin", "signature-set", json -> json.put("role", "admin")),
        of(
            "C8 a migration alone",
            "signature-set",
            bench -> Jws.of(bench.manifest("1.0.0")).migration(OWNER, OWNER).bytes()),
        of(
            "C9 a good one and a broken one",
            "signature-invalid",
            bench -> {
              var from = Identity.spec().make();
              return plain(bench)
                  .sign(
                      from,
                      Jws.migrationHeader(from, OWNER.fingerprint().text()).toString(),
                      it -> zero(it, 0))
                  .bytes();
            }),
        header(
            "C10 the digest of another certificate",
            "certificate-digest",
            json -> json.put("x5t#S256", Digest.sha256(utf8("x")).text())),
        header("C11 a statement's type", "typ", json -> json.put("typ", "slipway-release+jws")));
  }

  static Stream<Case> certificates() {
    var root = Identity.spec().name("CN=Root").authority(-1).make();
    var intermediate = Identity.spec().name("CN=Between").authority(-1).by(root).make();
    var leaf = Identity.spec().by(intermediate).make();
    var chain = leaf.chain();
    // So small that fifty have room in what a chain may be.
    var small = Identity.spec().name("CN=S").make();
    return Stream.of(
        leaf("C12 ended a second ago", "certificate-expired", spec -> spec.valid(ago(9), ago(1))),
        leaf(
            "C12 begins in a minute",
            "certificate-not-yet-valid",
            spec -> spec.valid(ago(-60), ago(-600))),
        leaf("C14 not for code", "certificate-profile", Identity.Spec::withoutCodeSigning),
        leaf("C14 an authority", "certificate-profile", spec -> spec.authority(-1)),
        leaf("C14 RSA-1024", "certificate-profile", spec -> spec.alg("RSA-1024")),
        leaf("C14 RSA-2048", "certificate-profile", spec -> spec.alg("RSA-2048")),
        leaf(
            "C14 SHA-1",
            "certificate-profile",
            spec -> spec.alg("RSA-3072").signature("SHA1withRSA")),
        leaf("C14 P-192", "certificate-profile", spec -> spec.alg("P-192")),
        by("C15 a root that nobody pinned", "certificate-path", leaf),
        by(
            "C15 an unrelated certificate behind",
            "certificate-path",
            OWNER.with(List.of(OWNER.der(), root.der()))),
        by(
            "C15 50 certificates",
            "certificate-path",
            small.with(Collections.nCopies(50, small.der()))),
        by(
            "C15 a loop",
            "certificate-path",
            leaf.with(List.of(chain.get(0), chain.get(1), chain.get(0)))),
        by(
            "C16 issued by one that may not",
            "certificate-path",
            Identity.spec().by(Identity.spec().name("CN=Root").make()).make()),
        by(
            "C16 a longer path than allowed",
            "certificate-path",
            Identity.spec()
                .by(
                    Identity.spec()
                        .name("CN=Between")
                        .authority(-1)
                        .by(Identity.spec().name("CN=Root").authority(0).make())
                        .make())
                .make()),
        by(
            "C16 outside the names allowed",
            "certificate-path",
            Identity.spec()
                .name("CN=Publisher,O=Other")
                .by(
                    Identity.spec()
                        .name("CN=Root,O=Ours")
                        .authority(-1)
                        .permitting("O=Ours")
                        .make())
                .make()),
        by("C18 a chain of 17 KiB", 413, "certificate-too-large", large(OWNER, 17 << 10)),
        of(
            "C18 a certificate of 5 MB",
            413,
            "body-too-large",
            bench -> Jws.of(bench.manifest("1.0.0")).publisher(large(OWNER, 5 << 20)).bytes()),
        by(
            "C18 a name of 1,000 parts",
            413,
            "certificate-too-large",
            Identity.spec()
                .name(
                    IntStream.range(0, 1000)
                        .mapToObj(n -> "OU=" + n)
                        .collect(java.util.stream.Collectors.joining(",")))
                .make()),
        by("C18 deep ASN.1", "certificate-profile", OWNER.with(List.of(deep()))),
        by("C18 indefinite lengths", "certificate-profile", OWNER.with(List.of(indefinite()))),
        by("C18 not a certificate", "certificate-profile", OWNER.with(List.of(utf8("x")))));
  }

  @Test
  void noAddressInAHeaderIsFetched() throws Exception {
    // Given: somebody who would notice
    bench();
    try (var listener = new ServerSocket(0)) {
      listener.setSoTimeout(300);
      String url = "http://localhost:" + listener.getLocalPort() + "/certificate";

      // When
      for (var header : List.of("jku", "x5u")) {
        bench.refuses(
            Jws.of(bench.manifest("1.0.0")).publisher(OWNER, json -> json.put(header, url)).bytes(),
            422,
            "header-not-allowed",
            before);
      }

      // Then
      org.assertj.core.api.Assertions.assertThatThrownBy(listener::accept)
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  private static Jws plain(Bench bench) {
    return Jws.of(bench.manifest("1.0.0")).publisher(OWNER);
  }

  private static Case of(String row, String slug, Function<Bench, byte[]> manifest) {
    return of(row, 422, slug, manifest);
  }

  private static Case of(String row, int status, String slug, Function<Bench, byte[]> manifest) {
    return new Case(row, status, slug, manifest);
  }

  /// The outer text is changed after it was signed.
  private static Case outer(String row, int status, String slug, Function<String, byte[]> change) {
    return of(row, status, slug, bench -> change.apply(plain(bench).text()));
  }

  /// The payload's text is changed, then signed.
  private static Case payload(String row, int status, String slug, String what, String by) {
    return payloadBytes(
        row,
        status,
        slug,
        text -> {
          assertThat(text).contains(what);
          return utf8(text.replace(what, by));
        });
  }

  private static Case payloadBytes(
      String row, int status, String slug, Function<String, byte[]> change) {
    return of(
        row,
        status,
        slug,
        bench -> Jws.of(change.apply(bench.manifest("1.0.0").toString())).publisher(OWNER).bytes());
  }

  /// The payload is changed, then signed.
  private static Case node(String row, int status, String slug, Consumer<ObjectNode> change) {
    return of(
        row,
        status,
        slug,
        bench -> {
          var manifest = bench.manifest("1.0.0");
          change.accept(manifest);
          return Jws.of(manifest).publisher(OWNER).bytes();
        });
  }

  private static Case epoch(String row, String number) {
    return payload(
        row, 422, "integer-required", "\"security_epoch\":0", "\"security_epoch\":" + number);
  }

  private static Case size(String row, long size) {
    return node(row, 422, "blob-length-invalid", json -> blob(json, 0).put("size", size));
  }

  private static Case encoding(String row, UnaryOperator<String> change) {
    return node(
        row,
        422,
        "encoding",
        json -> {
          var index = at(json, "index");
          index.put("id", change.apply(index.get("id").asText()));
        });
  }

  private static Case header(String row, int status, String slug, UnaryOperator<String> change) {
    return of(
        row,
        status,
        slug,
        bench ->
            Jws.of(bench.manifest("1.0.0"))
                .sign(
                    OWNER,
                    change.apply(Jws.publisherHeader(OWNER).toString()),
                    UnaryOperator.identity())
                .bytes());
  }

  private static Case header(String row, String slug, Consumer<ObjectNode> change) {
    return of(row, slug, bench -> Jws.of(bench.manifest("1.0.0")).publisher(OWNER, change).bytes());
  }

  private static Case signature(String row, Identity by, UnaryOperator<byte[]> change) {
    return of(
        row,
        "signature-invalid",
        bench ->
            Jws.of(bench.manifest("1.0.0"))
                .sign(by, Jws.publisherHeader(by).toString(), change)
                .bytes());
  }

  /// By a stranger: the signature is judged before who it is.
  private static Case elliptic(String row, UnaryOperator<byte[]> change) {
    return signature(row, Identity.spec().alg("ES256").make(), change);
  }

  private static Case by(String row, String slug, Identity identity) {
    return by(row, 422, slug, identity);
  }

  private static Case by(String row, int status, String slug, Identity identity) {
    return of(
        row, status, slug, bench -> Jws.of(bench.manifest("1.0.0")).publisher(identity).bytes());
  }

  /// Signed by a certificate that the old one hands over to: it would pass, were it one to sign.
  private static Case leaf(String row, String slug, UnaryOperator<Identity.Spec> change) {
    return of(
        row, slug, bench -> bench.migrated("1.0.0", OWNER, change.apply(Identity.spec()).make()));
  }

  private static Instant ago(long seconds) {
    return Instant.now().minusSeconds(seconds);
  }

  private static byte[] plusOrder(byte[] signature) {
    // s and s + L verify alike where nobody looks.
    var order =
        BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    byte[] s = Arrays.copyOfRange(signature, 32, 64);
    var sum = new BigInteger(1, reversed(s)).add(order).toByteArray();
    byte[] padded = new byte[32];
    int length = Math.min(32, sum.length);
    System.arraycopy(sum, sum.length - length, padded, 32 - length, length);
    byte[] malleable = signature.clone();
    System.arraycopy(reversed(padded), 0, malleable, 32, 32);
    return malleable;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) reversed[i] = bytes[bytes.length - 1 - i];
    return reversed;
  }

  /// (r, −s), which verifies as well as (r, s) where nobody looks.
  private static byte[] twin(byte[] signature) {
    var order =
        new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);
    var s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
    // Which of the two the signer of this test gave is chance.
    var upper = s.max(order.subtract(s)).toByteArray();
    byte[] high = zero(signature, 32);
    int length = Math.min(32, upper.length);
    System.arraycopy(upper, upper.length - length, high, 64 - length, length);
    return high;
  }

  private static byte[] zero(byte[] signature, int from) {
    byte[] zeroed = signature.clone();
    Arrays.fill(zeroed, from, from + 32, (byte) 0);
    return zeroed;
  }

  private static byte[] asDer(byte[] signature) {
    try {
      var integers = new org.bouncycastle.asn1.ASN1EncodableVector();
      for (int from : new int[] {0, 32}) {
        integers.add(
            new org.bouncycastle.asn1.ASN1Integer(
                new BigInteger(1, Arrays.copyOfRange(signature, from, from + 32))));
      }
      return new org.bouncycastle.asn1.DERSequence(integers).getEncoded();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// A certificate with so many bytes behind it.
  private static Identity large(Identity identity, int bytes) {
    return identity.with(List.of(Arrays.copyOf(identity.der(), bytes)));
  }

  /// Sequences in sequences, as many as a chain has room for.
  private static byte[] deep() {
    byte[] inner = new byte[0];
    while (inner.length < 15_000) {
      var out = new ByteArrayOutputStream();
      out.write(0x30);
      if (inner.length < 128) {
        out.write(inner.length);
      } else {
        out.write(0x82);
        out.write(inner.length >> 8);
        out.write(inner.length);
      }
      out.writeBytes(inner);
      inner = out.toByteArray();
    }
    return inner;
  }

  private static byte[] indefinite() {
    byte[] open = new byte[15_000];
    for (int i = 0; i < open.length; i += 2) {
      open[i] = 0x30;
      open[i + 1] = (byte) 0x80;
    }
    return open;
  }

  private static void tooManyBlobs(ObjectNode json) {
    var ids =
        IntStream.rangeClosed(0, 20_000)
            .mapToObj(n -> Digest.sha256(utf8("blob " + n)))
            .sorted()
            .toList();
    var blobs = json.putArray("blobs");
    ids.forEach(id -> blobs.addObject().put("id", id.text()).put("size", 72));
  }

  private static void thousandRecipients(ObjectNode json) {
    for (int i = 0; i < 1000; i++) Bench.recipient(recipients(json).addObject(), "fleet-7" + i);
  }

  private static ObjectNode hpke(ObjectNode recipient, int enc, int ek) {
    return recipient
        .put("alg", "HPKE-X25519-SHA256-A256GCM")
        .put("enc", Jws.encoded(Bench.random(5, enc)))
        .put("ek", Jws.encoded(Bench.random(6, ek)));
  }

  /// A blob above all others in the order of ids.
  private static ObjectNode last(ObjectNode json) {
    return ((ObjectNode) blob(json, 1).deepCopy()).put("id", "z".repeat(42) + "8");
  }

  private static ObjectNode at(ObjectNode json, String member) {
    return (ObjectNode) json.get(member);
  }

  private static ObjectNode enc(ObjectNode json) {
    return at(json, "enc");
  }

  private static ArrayNode recipients(ObjectNode json) {
    return (ArrayNode) enc(json).get("recipients");
  }

  private static ObjectNode recipient(ObjectNode json) {
    return (ObjectNode) recipients(json).get(0);
  }

  private static ArrayNode blobs(ObjectNode json) {
    return (ArrayNode) json.get("blobs");
  }

  private static ObjectNode blob(ObjectNode json, int number) {
    return (ObjectNode) blobs(json).get(number);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
