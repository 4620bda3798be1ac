package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.CRIT;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_SCOPE;
import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.FROZEN;
import static dev.slipway.bundle.BundleException.Reason.HEADER_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.RELEASE_KEY_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.REPLAY;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.BundleException.Reason.TYP;
import static dev.slipway.bundle.BundleException.Reason.WRONG_STATEMENT;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a channel offers now: a signed object of type {@code slipway-release+jws}, compact
 * serialisation, made by the server with a key that the publisher delegated to. One for both arms
 * of a rollout; it lives a day at most and is renewed at half its life.
 *
 * @param appId the app
 * @param channel the channel
 * @param seq rises with each statement of the channel, renewals included
 * @param issuedAt the first second of its life
 * @param expiresAt the last one
 * @param securityFloor the lowest security epoch that is offered
 * @param releases what may be offered; a device refuses every other manifest
 * @param rollbackFrom versions whose devices may go back to a lower one
 * @param revoked leaves of the publisher whose signatures count no more
 */
public record ReleaseStatement(
    AppId appId,
    String channel,
    long seq,
    Instant issuedAt,
    Instant expiresAt,
    long securityFloor,
    List<Release> releases,
    List<String> rollbackFrom,
    List<Digest> revoked) {

  /** The name of the format. */
  public static final String FORMAT = "slipway-release/1";

  /** The JWS type. */
  static final String TYPE = "slipway-release+jws";

  /** The longest life. */
  public static final Duration MAX_LIFE = Duration.ofHours(24);

  /** The most characters of one. */
  public static final int MAX_CHARACTERS = 64 << 10;

  private static final int MAX_ENTRIES = 256;

  /** What a release is in the channel. */
  public enum Role {
    /** What everybody gets who is not in a rollout. */
    BASELINE("baseline"),
    /** What a rollout is about. */
    CANDIDATE("candidate"),
    /** What a device has to pass through first, as its certificate hands over to the next. */
    STEPPING_STONE("stepping-stone");

    private final String text;

    Role(String text) {
      this.text = text;
    }

    private static Optional<Role> of(String text) {
      for (Role role : values()) {
        if (role.text.equals(text)) {
          return Optional.of(role);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * One release.
   *
   * @param manifest the SHA-256 of its signed manifest
   * @param version its version, exactly as the manifest writes it
   * @param role what it is in the channel
   * @param acceptedAt when the server accepted it: the time by which certificates are judged
   */
  public record Release(Digest manifest, String version, Role role, Instant acceptedAt) {

    /** Refuses parts of a second, and a version that is none. */
    public Release {
      Manifest.requireVersion(version, "/releases/version");
      require(Delegation.isSecond(acceptedAt), "/releases/accepted_at");
    }
  }

  /**
   * A statement as it was seen, to hold the next one against.
   *
   * @param seq its number
   * @param digest the SHA-256 of its text
   */
  public record Seen(long seq, Digest digest) {}

  /**
   * A statement that was verified.
   *
   * @param statement what it says
   * @param digest the SHA-256 of its text
   */
  public record Verified(ReleaseStatement statement, Digest digest) {

    /** What to remember of it. */
    public Seen seen() {
      return new Seen(statement.seq(), digest);
    }

    /**
     * Refuses a statement that is older than one that was seen, or that says something else under
     * the same number, with {@code REPLAY}.
     */
    public void requireFollows(Seen seen) {
      boolean other = statement.seq() == seen.seq() && !digest.equals(seen.digest());
      if (statement.seq() < seen.seq() || other) {
        throw new BundleException(REPLAY).with("seq", statement.seq()).with("seen", seen.seq());
      }
    }
  }

  /** Refuses what no statement says. */
  public ReleaseStatement {
    releases = List.copyOf(releases);
    rollbackFrom = List.copyOf(rollbackFrom);
    revoked = List.copyOf(revoked);
    require(Delegation.isChannel(channel), "/channel");
    require(seq >= 0 && seq <= Manifest.MAX_INTEGER, "/seq");
    require(Delegation.isSecond(issuedAt), "/iat");
    require(
        Delegation.isSecond(expiresAt)
            && expiresAt.isAfter(issuedAt)
            && Duration.between(issuedAt, expiresAt).compareTo(MAX_LIFE) <= 0,
        "/exp");
    require(securityFloor >= 0 && securityFloor <= Manifest.MAX_INTEGER, "/security_floor");
    require(releases.size() <= MAX_ENTRIES, "/releases");
    require(
        releases.stream().map(Release::manifest).distinct().count() == releases.size(),
        "/releases");
    requireSet(rollbackFrom, "/rollback_from");
    rollbackFrom.forEach(version -> Manifest.requireVersion(version, "/rollback_from"));
    requireSet(revoked, "/revoked");
  }

  private static void requireSet(List<?> entries, String pointer) {
    require(
        entries.size() <= MAX_ENTRIES && new HashSet<>(entries).size() == entries.size(), pointer);
  }

  private static void require(boolean condition, String pointer) {
    if (!condition) {
      throw new BundleException(MEMBER_VALUE).with("pointer", pointer);
    }
  }

  /** The release with this manifest, if it may be offered. */
  public Optional<Release> release(Digest manifest) {
    return releases.stream().filter(release -> release.manifest().equals(manifest)).findFirst();
  }

  /** Signs it, as the server. */
  public String sign(ReleaseKey key) {
    byte[] header =
        StrictJson.write(
            json -> {
              json.writeStartObject();
              json.writeStringField("alg", SignatureAlgorithm.ED25519.jose());
              json.writeStringField("typ", TYPE);
              json.writeStringField("kid", key.publicKey().id().text());
              json.writeEndObject();
            });
    return CompactJws.write(header, write(), key::sign);
  }

  /**
   * Verifies a statement: that one of these delegations covers its key, its channel and its whole
   * life, the signature, that it is about this app and channel, and that it has not expired.
   * Whether it is older than one that was seen is asked by {@link Verified#requireFollows}.
   *
   * @param delegations what {@link Delegation#verify} returned
   * @param time now, as far as one knows: the later of the clock and the last trusted time
   * @throws BundleException if anything about it is not as it must be
   */
  public static Verified verify(
      String jws, Collection<Delegation> delegations, AppId app, String channel, Instant time) {
    CompactJws compact = CompactJws.parse(jws, MAX_CHARACTERS);
    Digest keyId = keyId(compact.headerBytes());
    ReleaseStatement statement = read(compact.payloadBytes());
    List<Delegation> byKey = new ArrayList<>(delegations);
    byKey.removeIf(delegation -> delegation.key(keyId).isEmpty());
    if (byKey.isEmpty()) {
      throw new BundleException(RELEASE_KEY_UNKNOWN).with("kid", keyId);
    }
    ReleasePublicKey key = byKey.get(0).key(keyId).orElseThrow();
    if (!key.verifies(compact.signingInput(), compact.signatureBytes())) {
      throw new BundleException(SIGNATURE_INVALID).with("signature", 0);
    }
    if (!statement.appId().equals(app) || !statement.channel().equals(channel)) {
      throw new BundleException(WRONG_STATEMENT)
          .with("app_id", statement.appId())
          .with("channel", statement.channel());
    }
    byKey.removeIf(delegation -> !delegation.appId().equals(app) || !delegation.covers(channel));
    if (byKey.isEmpty()) {
      throw new BundleException(DELEGATION_SCOPE).with("channel", channel);
    }
    byKey.removeIf(
        delegation ->
            !delegation.isInForceAt(statement.issuedAt())
                || !delegation.isInForceAt(statement.expiresAt()));
    if (byKey.isEmpty()) {
      throw new BundleException(DELEGATION_EXPIRED).with("exp", statement.expiresAt());
    }
    if (time.truncatedTo(ChronoUnit.SECONDS).isAfter(statement.expiresAt())) {
      throw new BundleException(FROZEN).with("exp", statement.expiresAt());
    }
    return new Verified(statement, Digest.sha256(jws.getBytes(StandardCharsets.US_ASCII)));
  }

  /**
   * Reads what a statement says without asking who says it.
   *
   * @throws BundleException if the text is not a release statement
   */
  public static ReleaseStatement readUnverified(String jws) {
    CompactJws compact = CompactJws.parse(jws, MAX_CHARACTERS);
    keyId(compact.headerBytes());
    return read(compact.payloadBytes());
  }

  private static Digest keyId(byte[] header) {
    JsonObject json = StrictJson.parse(header);
    if (!json.string("alg").equals(SignatureAlgorithm.ED25519.jose())) {
      throw new BundleException(ALG_NOT_ALLOWED);
    }
    if (!json.string("typ").equals(TYPE)) {
      throw new BundleException(TYP).with("expected", TYPE);
    }
    if (json.has("crit")) {
      throw new BundleException(CRIT);
    }
    Digest keyId = ManifestJson.digest(json, "kid");
    if (!json.names().isEmpty()) {
      throw new BundleException(HEADER_NOT_ALLOWED)
          .with("pointer", json.pointerTo(json.names().get(0)));
    }
    return keyId;
  }

  private byte[] write() {
    return StrictJson.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("format", FORMAT);
          json.writeStringField("app_id", appId.text());
          json.writeStringField("channel", channel);
          json.writeNumberField("seq", seq);
          json.writeNumberField("iat", issuedAt.getEpochSecond());
          json.writeNumberField("exp", expiresAt.getEpochSecond());
          json.writeNumberField("security_floor", securityFloor);
          json.writeArrayFieldStart("releases");
          for (Release release : releases) {
            json.writeStartObject();
            json.writeStringField("manifest_sha256", release.manifest().text());
            json.writeStringField("version", release.version());
            json.writeStringField("role", release.role().text);
            json.writeStringField("accepted_at", release.acceptedAt().toString());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeArrayFieldStart("rollback_from");
          for (String version : rollbackFrom) {
            json.writeString(version);
          }
          json.writeEndArray();
          json.writeArrayFieldStart("revoked");
          for (Digest leaf : revoked) {
            json.writeString(leaf.text());
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private static ReleaseStatement read(byte[] payload) {
    JsonObject json = StrictJson.parse(payload);
    if (!json.string("format").equals(FORMAT)) {
      throw new BundleException(FORMAT_UNKNOWN).with("pointer", "/format");
    }
    AppId app = ManifestJson.appId(json, "app_id");
    String channel = json.string("channel");
    long seq = json.integer("seq");
    Instant issuedAt = Delegation.second(json, "iat");
    Instant expiresAt = Delegation.second(json, "exp");
    long floor = json.integer("security_floor");
    List<Release> releases = new ArrayList<>();
    for (JsonObject release : json.objects("releases")) {
      releases.add(
          new Release(
              ManifestJson.digest(release, "manifest_sha256"),
              release.string("version"),
              role(release),
              instant(release, "accepted_at")));
      release.done();
    }
    List<String> rollbackFrom = json.strings("rollback_from");
    List<Digest> revoked = new ArrayList<>();
    for (String leaf : json.strings("revoked")) {
      try {
        revoked.add(Digest.parse(leaf));
      } catch (IllegalArgumentException e) {
        throw new BundleException(MEMBER_VALUE, e).with("pointer", "/revoked");
      }
    }
    json.done();
    return new ReleaseStatement(
        app, channel, seq, issuedAt, expiresAt, floor, releases, rollbackFrom, revoked);
  }

  private static Role role(JsonObject release) {
    return Role.of(release.string("role"))
        .orElseThrow(
            () -> new BundleException(MEMBER_VALUE).with("pointer", release.pointerTo("role")));
  }

  private static Instant instant(JsonObject json, String name) {
    String text = json.string(name);
    try {
      Instant instant = Instant.parse(text);
      if (instant.toString().equals(text)) {
        return instant;
      }
    } catch (DateTimeException e) {
      throw new BundleException(MEMBER_VALUE, e).with("pointer", json.pointerTo(name));
    }
    throw new BundleException(MEMBER_VALUE).with("pointer", json.pointerTo(name));
  }
}
