package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.APP_ID_CHARSET;
import static dev.slipway.bundle.BundleException.Reason.BLOBS_NOT_CANONICAL;
import static dev.slipway.bundle.BundleException.Reason.BLOB_LENGTH_INVALID;
import static dev.slipway.bundle.BundleException.Reason.BLOB_TRUNCATED;
import static dev.slipway.bundle.BundleException.Reason.CAPGO_RENDITION;
import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.ENC_ALG;
import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.INTEGER_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.JSON_DUPLICATE_MEMBER;
import static dev.slipway.bundle.BundleException.Reason.JSON_INVALID;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_MISSING;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_TYPE;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.RECIPIENTS;
import static dev.slipway.bundle.BundleException.Reason.RECIPIENT_LENGTH;
import static dev.slipway.bundle.BundleException.Reason.TOO_MANY_BLOBS;
import static dev.slipway.bundle.BundleException.Reason.TOTAL_SIZE;
import static dev.slipway.bundle.BundleException.Reason.UNKNOWN_MEMBER;
import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;
import static dev.slipway.bundle.Refusal.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.BundleException.Reason;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden manifest, changed in one place each: every change has its answer. */
class ManifestJsonTest {

  private static final String GOLDEN = Golden.payload();
  private static final Manifest MANIFEST = ManifestJson.read(GOLDEN.getBytes(UTF_8));
  private static final String FIRST_BLOB = json(MANIFEST.blobs().get(0));
  private static final String SECOND_BLOB = json(MANIFEST.blobs().get(1));
  private static final String COMMIT = MANIFEST.cekCommit().text();
  private static final String EK = MANIFEST.recipients().get(0).ek();

  @Test
  void writesWhatItRead() {
    assertThat(new String(ManifestJson.write(MANIFEST), UTF_8)).isEqualTo(GOLDEN);
  }

  static List<Arguments> changes() {
    String recipients = between(GOLDEN, "\"recipients\":[", "]");
    String blobs = between(GOLDEN, "\"blobs\":[", "]");
    String first = recipients.substring(0, recipients.indexOf('}') + 1);
    return List.of(
        // B1, B2, B3
        change("{\"format\"", "\ufeff{\"format\"", JSON_INVALID),
        change("}}", "}} x", JSON_INVALID),
        change("\"version\":", "\"version\":\"1.0.0\",\"version\":", JSON_DUPLICATE_MEMBER),
        change("\"kid\":\"fleet-1\"", "\"kid\":\"a\",\"kid\":\"a\"", JSON_DUPLICATE_MEMBER),
        // B5
        change("\"security_epoch\":1", "\"security_epoch\":1.0", INTEGER_REQUIRED),
        change("\"security_epoch\":1", "\"security_epoch\":1e0", INTEGER_REQUIRED),
        change("\"security_epoch\":1", "\"security_epoch\":-0", INTEGER_REQUIRED),
        change("\"security_epoch\":1", "\"security_epoch\":\"1\"", INTEGER_REQUIRED),
        change("\"security_epoch\":1", "\"security_epoch\":9007199254740993", INTEGER_REQUIRED),
        change("\"security_epoch\":1", "\"security_epoch\":-1", MEMBER_VALUE),
        // B6, B7
        change("{\"format\"", "{\"colour\":\"red\",\"format\"", UNKNOWN_MEMBER),
        change("\"native_min\"", "\"native_max\"", UNKNOWN_MEMBER),
        change("\"kid\":\"fleet-1\"", "\"kid\":\"fleet-1\",\"enc\":\"\"", RECIPIENT_LENGTH),
        change("\"kid\":\"fleet-1\"", "\"kid\":\"fleet-1\",\"iv\":\"\"", UNKNOWN_MEMBER),
        change("\"version\":\"1.0.0\",", "", MEMBER_MISSING),
        change("\"version\":\"1.0.0\"", "\"version\":null", MEMBER_MISSING),
        change("\"version\":\"1.0.0\"", "\"version\":1", MEMBER_TYPE),
        change("\"native_min\":\"5.0.0\"", "\"native_min\":null", MEMBER_MISSING),
        change("\"index\":{", "\"index\":[],\"x\":{", MEMBER_TYPE),
        change("slipway-bundle/1", "slipway-bundle/2", FORMAT_UNKNOWN),
        // B8, B9
        change(blobs, manyBlobs(20_001), TOO_MANY_BLOBS),
        change(blobs, "", BLOBS_NOT_CANONICAL),
        change(FIRST_BLOB + "," + SECOND_BLOB, SECOND_BLOB + "," + FIRST_BLOB, BLOBS_NOT_CANONICAL),
        change(FIRST_BLOB, FIRST_BLOB + "," + FIRST_BLOB, BLOBS_NOT_CANONICAL),
        change(blobs, json(MANIFEST.index()), BLOBS_NOT_CANONICAL),
        // B10, B11
        change("\"total_size\":22191", "\"total_size\":22190", TOTAL_SIZE),
        change("\"total_size\":22191", "\"total_size\":9223372036854775808", INTEGER_REQUIRED),
        change("\"size\":180}", "\"size\":0}", BLOB_LENGTH_INVALID),
        change("\"size\":180}", "\"size\":-180}", BLOB_LENGTH_INVALID),
        change("\"size\":180}", "\"size\":71}", BLOB_LENGTH_INVALID),
        change("\"size\":180}", "\"size\":4294967296}", BLOB_LENGTH_INVALID),
        change("\"size\":180}", "\"size\":16456}", BLOB_TRUNCATED),
        // B12
        change(COMMIT, COMMIT + "=", ENCODING),
        change(COMMIT, "+" + COMMIT.substring(1), ENCODING),
        change(COMMIT, "\\n" + COMMIT.substring(1), ENCODING),
        change(COMMIT, COMMIT.substring(0, 42) + "h", ENCODING),
        change(EK, EK + "==", ENCODING),
        change(MANIFEST.index().id().text(), "", ENCODING),
        // B15
        change("com.example.golden", "com.ex\u0430mple.golden", APP_ID_CHARSET),
        change("com.example.golden", "com.exam\u200dple.golden", APP_ID_CHARSET),
        change("com.example.golden", "a." + "b".repeat(211), APP_ID_CHARSET),
        change(
            MANIFEST.publisherId(),
            MANIFEST.publisherId().toLowerCase(java.util.Locale.ROOT),
            MEMBER_VALUE),
        // the other texts
        change("\"version\":\"1.0.0\"", "\"version\":\"\"", VERSION_SYNTAX),
        change("\"version\":\"1.0.0\"", "\"version\":\" 1.0\"", VERSION_SYNTAX),
        change("\"version\":\"1.0.0\"", "\"version\":\"1.0\\n\"", VERSION_SYNTAX),
        change("\"version\":\"1.0.0\"", "\"version\":\"1\\u0000\"", VERSION_SYNTAX),
        change("\"version\":\"1.0.0\"", "\"version\":\"1\\u202e0\"", VERSION_SYNTAX),
        change("1.0.0", "1".repeat(129), VERSION_SYNTAX),
        change("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.5Z", MEMBER_VALUE),
        change("2026-11-22T10:00:00Z", "2026-11-22T11:00:00+01:00", MEMBER_VALUE),
        change("2026-11-22T10:00:00Z", "2026-11-31T10:00:00Z", MEMBER_VALUE),
        change("2026-11-22T10:00:00Z", "yesterday", MEMBER_VALUE),
        change("[\"android\",\"ios\"]", "[]", MEMBER_VALUE),
        change("[\"android\",\"ios\"]", "[\"ios\",\"ios\"]", MEMBER_VALUE),
        change("[\"android\",\"ios\"]", "[\"iOS\"]", MEMBER_VALUE),
        // B18
        change("C2SP-CE-A256GCM-SHA512", "AES-128-CBC", ENC_ALG),
        change("C2SP-CE-A256GCM-SHA512", "c2sp-ce-a256gcm-sha512", ENC_ALG),
        change("\"alg\":\"A256KW\"", "\"alg\":\"HPKE-X25519-SHA256-A256GCM\"", RECIPIENT_LENGTH),
        change("\"alg\":\"A256KW\"", "\"alg\":\"a256kw\"", ENC_ALG),
        change("\"alg\":\"A256KW\"", "\"alg\":\"A128KW\"", ENC_ALG),
        // B19, B21, B22
        change(recipients, "", RECIPIENTS),
        change(recipients, first + "," + first, RECIPIENTS),
        change(recipients, manyRecipients(first, 1_000), RECIPIENTS),
        change("\"kid\":\"fleet-1\"", "\"kid\":\"../x\"", MEMBER_VALUE),
        change(EK, EK.substring(0, 43) + "A", RECIPIENT_LENGTH),
        change(EK, "", RECIPIENT_LENGTH),
        change("\"cek_commit\":\"" + COMMIT + "\",", "", MEMBER_MISSING),
        change(COMMIT, Base64Url.encode(new byte[31]), ENCODING),
        // the Capgo rendition
        change("\"scheme\":\"V3\"", "\"scheme\":\"V2\"", CAPGO_RENDITION),
        change("\"size\":5104", "\"size\":5105", CAPGO_RENDITION),
        change("\"key_id\":\"MIIB", "\"key_id\":\"MII", CAPGO_RENDITION),
        change("\"checksum\":\"76", "\"checksum\":\"7G", CAPGO_RENDITION),
        change("\"checksum\":\"76", "\"checksum\":\"7", CAPGO_RENDITION),
        change("\"session_key\":\"", "\"session_key\":\":", CAPGO_RENDITION),
        change("\"scheme\":\"V3\"", "\"scheme\":\"V3\",\"url\":\"x\"", UNKNOWN_MEMBER),
        change(",\"scheme\":\"V3\"", "", MEMBER_MISSING));
  }

  @ParameterizedTest(name = "{index} {2}")
  @MethodSource("changes")
  void refusesEveryOtherManifest(String target, String replacement, Reason reason) {
    String changed = GOLDEN.replace(target, replacement);
    assertThat(changed).isNotEqualTo(GOLDEN);

    assertRefused(reason, () -> ManifestJson.read(changed.getBytes(UTF_8)));
  }

  @Test
  void allowsAsManyBlobsAsTheLimit() {
    String changed =
        GOLDEN
            .replace(between(GOLDEN, "\"blobs\":[", "]"), manyBlobs(20_000))
            .replace("\"total_size\":22191", "\"total_size\":" + (1314 + 20_000 * 72));

    assertThat(ManifestJson.read(changed.getBytes(UTF_8)).blobs()).hasSize(20_000);
  }

  @Test
  void doesNotNeedOptionalMembers() {
    String changed =
        GOLDEN.replace(",\"native_min\":\"5.0.0\"", "").replaceAll(",\"capgo\":\\{[^}]*\\}", "");

    Manifest manifest = ManifestJson.read(changed.getBytes(UTF_8));

    assertThat(manifest.capgo()).isNull();
    assertThat(manifest.compat().nativeMin()).isNull();
    assertThat(new String(ManifestJson.write(manifest), UTF_8)).isEqualTo(changed);
  }

  private static Arguments change(String target, String replacement, Reason reason) {
    return Arguments.of(target, replacement, reason);
  }

  private static String json(Blob blob) {
    return "{\"id\":\"" + blob.id() + "\",\"size\":" + blob.size() + "}";
  }

  private static String manyBlobs(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Digest.sha256(Integer.toString(i).getBytes(UTF_8)))
        .sorted()
        .map(id -> json(new Blob(id, 72)))
        .collect(Collectors.joining(","));
  }

  private static String manyRecipients(String first, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> first.replace("fleet-1", "fleet-" + i))
        .collect(Collectors.joining(","));
  }

  private static String between(String text, String start, String end) {
    int from = text.indexOf(start) + start.length();
    return text.substring(from, text.indexOf(end, from));
  }
}
