package dev.slipway.bundle;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A bundle, or a part of one, is refused. The reason is for programs; the facts say what exactly
 * was wrong (a JSON pointer, a length, an id) and never repeat content of the input.
 */
public final class BundleException extends RuntimeException {

  /**
   * Why. Services answer with the slug and the status, devices report the name of the constant. The
   * words are a contract: new ones may come, none changes its meaning.
   */
  public enum Reason {
    // JSON
    JSON_INVALID("json-invalid", 400, "this is not JSON in UTF-8"),
    JSON_DUPLICATE_MEMBER("json-duplicate-member", 400, "a JSON object names a member twice"),
    JSON_LIMIT("json-limit", 413, "this JSON is too deep, too long or has too many values"),
    INTEGER_REQUIRED("integer-required", 422, "an integer between ±(2^53 − 1) is due here"),
    UNKNOWN_MEMBER("unknown-member", 422, "this member is not known here"),
    MEMBER_MISSING("member-missing", 422, "a required member is missing or null"),
    MEMBER_TYPE("member-type", 422, "this member has another JSON type"),
    ENCODING("encoding", 422, "this is not canonical base64url"),
    // Manifest
    MANIFEST_TOO_LARGE("manifest-too-large", 413, "a manifest has at most 4 MiB"),
    MANIFEST_NOT_CANONICAL(
        "manifest-not-canonical", 422, "the outer JSON of the manifest is not in canonical form"),
    FORMAT_UNKNOWN("format-unknown", 422, "this format is not known"),
    MEMBER_VALUE("member-value", 422, "this member has a value that is not allowed"),
    APP_ID_CHARSET("app-id-charset", 422, "this is not an app id"),
    APP_MISMATCH("app-mismatch", 422, "this belongs to another app"),
    PUBLISHER_MISMATCH("publisher-mismatch", 422, "this belongs to another publisher"),
    VERSION_SYNTAX("version-syntax", 422, "this is not a version"),
    VERSION_MISMATCH("version-mismatch", 422, "the manifest has another version than the offer"),
    TOO_MANY_BLOBS("too-many-blobs", 422, "a bundle has at most 20000 blobs"),
    BLOBS_NOT_CANONICAL(
        "blobs-not-canonical",
        422,
        "blobs must be there, sorted by id, unique and without the index"),
    TOTAL_SIZE("total-size", 422, "total_size is not the sum of index and blobs"),
    BLOB_LENGTH_INVALID("blob-length-invalid", 422, "no blob can have this length"),
    ENC_ALG("enc-alg", 422, "this encryption algorithm is not known"),
    RECIPIENTS("recipients", 422, "a bundle has 1 to 16 recipients with different key ids"),
    RECIPIENT_LENGTH("recipient-length", 422, "a wrapped key has another length"),
    CAPGO_RENDITION("capgo-rendition", 422, "the description of the Capgo zip is not valid"),
    // Signatures and certificates
    SIGNATURE_MISSING("signature-missing", 422, "the manifest is not signed"),
    SIGNATURE_SET(
        "signature-set", 422, "exactly one publisher signature and at most one migration are due"),
    SIGNATURE_INVALID("signature-invalid", 422, "a signature does not verify"),
    ALG_NOT_ALLOWED("alg-not-allowed", 422, "this signature algorithm is not allowed"),
    HEADER_NOT_ALLOWED("header-not-allowed", 422, "this header is not allowed"),
    CRIT("crit", 422, "crit must name exactly the headers that have to be understood"),
    TYP("typ", 422, "this signed object is one of another kind"),
    CERTIFICATE_DIGEST("certificate-digest", 422, "x5t#S256 is not the digest of x5c"),
    CERTIFICATE_PROFILE("certificate-profile", 422, "this certificate cannot sign code"),
    CERTIFICATE_PATH("certificate-path", 422, "this certificate chain is not trusted"),
    CERTIFICATE_TOO_LARGE("certificate-too-large", 413, "a chain has at most 16 KiB"),
    CERTIFICATE_EXPIRED("certificate-expired", 422, "the certificate has expired"),
    CERTIFICATE_NOT_YET_VALID("certificate-not-yet-valid", 422, "the certificate is not yet valid"),
    MIGRATION_REQUIRED(
        "migration-required", 422, "another certificate signed this, without a migration"),
    MIGRATION_UNTRUSTED(
        "migration-untrusted", 422, "the migration is not signed by a trusted certificate"),
    MIGRATION_TARGET(
        "migration-target",
        422,
        "the migration hands over to another certificate than the signer's"),
    MIGRATION_REDUNDANT("migration-redundant", 422, "a certificate cannot hand over to itself"),
    MIGRATION_GRACE_ELAPSED(
        "migration-grace-elapsed",
        422,
        "the old certificate ended too long ago to hand over: the app has to be installed anew"),
    CERTIFICATE_REVOKED("certificate-revoked", 422, "the certificate is revoked"),
    LINEAGE_STALE(
        "lineage-stale", 422, "the certificate that hands over was itself followed by another"),
    LINEAGE_RETURN("lineage-return", 422, "a former certificate does not become current again"),
    // Delegations and release statements
    OBJECT_TOO_LARGE("object-too-large", 413, "a signed object of this kind is not so large"),
    DELEGATION_EXPIRED(
        "delegation-expired", 409, "the publisher's delegation is not, or no longer, in force"),
    DELEGATION_SCOPE(
        "delegation-scope", 422, "the publisher's delegation is for other apps or channels"),
    DELEGATION_UNTRUSTED(
        "delegation-untrusted", 422, "the delegation is not signed by a trusted certificate"),
    RELEASE_KEY_UNKNOWN(
        "release-key-unknown", 422, "no delegation names the key that signed this statement"),
    WRONG_STATEMENT("wrong-statement", 422, "the statement is for another app or channel"),
    FROZEN("frozen", 422, "the statement has expired: the channel may be held back"),
    REPLAY("replay", 422, "the statement is older than one that was seen, or contradicts it"),
    NOT_NEWER("not-newer", 422, "the version is lower than the one that runs, and no way back"),
    ROLLBACK_BELOW_FLOOR("rollback-below-floor", 409, "the version is below the security floor"),
    // Blobs and container
    BLOB_TRUNCATED("blob-truncated", 422, "the blob ends at the border of a chunk: it was cut"),
    BLOB_DIGEST_MISMATCH("blob-digest-mismatch", 422, "the blob's bytes are not those of its id"),
    BLOB_SIZE_MISMATCH("blob-size-mismatch", 422, "the blob has another length than declared"),
    BLOB_MISSING("blob-missing", 422, "a blob of the bundle is missing"),
    CONTAINER("container-invalid", 422, "this is not a canonical .slipway file"),
    // What only someone with a key can see
    KID_UNKNOWN(
        "kid-unknown",
        422,
        "no key of this id is known here: the bundle is not sealed for it, or the app not registered"
            + " with it"),
    COMMITMENT("commitment", 422, "another key, or a key for another purpose"),
    TAG("tag", 422, "a chunk is not authentic"),
    TRUNCATED("truncated", 422, "the blob ends before its last chunk"),
    CEK_COMMIT("cek-commit", 422, "the content key is not the one that the manifest commits to"),
    INDEX_INVALID("index-invalid", 422, "the index breaks its own rules"),
    INDEX_MISMATCH("index-mismatch", 422, "index and manifest do not name the same blobs"),
    COMPRESSION("compression-unknown", 422, "this compression is not known"),
    COMPRESSION_BROKEN("compression-broken", 422, "the compressed bytes of a file are not valid"),
    PADDING("padding", 422, "a blob is padded with other bytes or by another length than is due"),
    PATH("path", 422, "this path is not allowed"),
    PATH_COLLISION("path-collision", 422, "two paths would be one file on some device"),
    LENGTH("length", 422, "a file has another length than the index says"),
    FILE_DIGEST("file-digest", 422, "a file has another digest than the index says"),
    // The Capgo rendition and the publisher's keys
    CAPGO_OPEN("capgo-open", 422, "the Capgo zip does not open with this key"),
    KEY_INVALID("key-invalid", 422, "this key cannot be read");

    private final String slug;
    private final int status;
    private final String sentence;

    Reason(String slug, int status, String sentence) {
      this.slug = slug;
      this.status = status;
      this.sentence = sentence;
    }

    /** The last part of the problem type that a service answers with. */
    public String slug() {
      return slug;
    }

    /** The HTTP status that a service answers with. */
    public int status() {
      return status;
    }

    /** The reason in one plain sentence, the same for every input. */
    public String sentence() {
      return sentence;
    }
  }

  private final Reason reason;
  private final transient Map<String, String> facts = new LinkedHashMap<>();

  /** A refusal for this reason. */
  public BundleException(Reason reason) {
    super(reason.sentence);
    this.reason = reason;
  }

  /** A refusal for this reason, found by way of another exception. */
  public BundleException(Reason reason, @Nullable Throwable cause) {
    super(reason.sentence, cause);
    this.reason = reason;
  }

  /** Adds a fact and returns this exception; the value must never be a secret. */
  public BundleException with(String name, Object value) {
    facts.put(name, String.valueOf(value));
    return this;
  }

  /** Why the bundle is refused. */
  public Reason reason() {
    return reason;
  }

  /** What exactly was wrong, in the order in which it was found out. */
  public Map<String, String> facts() {
    return Map.copyOf(facts);
  }

  /** The sentence of the reason, followed by the facts. */
  @Override
  public String getMessage() {
    if (facts.isEmpty()) {
      return reason.sentence;
    }
    return facts.entrySet().stream()
        .map(fact -> fact.getKey() + "=" + fact.getValue())
        .collect(Collectors.joining(", ", reason.sentence + " (", ")"));
  }
}
