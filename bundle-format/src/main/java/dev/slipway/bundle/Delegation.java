package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_UNTRUSTED;
import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A publisher's word on whose release statements count for an app: a signed object of type {@code
 * slipway-delegation+jws}, compact serialisation. It lives a year at most, and speaks about a few
 * channels or all of them.
 *
 * @param appId the app
 * @param channels the channels, or {@link #ALL_CHANNELS} alone
 * @param keys whose statements count
 * @param issuedAt the first second at which it is in force
 * @param expiresAt the last one
 */
public record Delegation(
    AppId appId,
    List<String> channels,
    List<ReleasePublicKey> keys,
    Instant issuedAt,
    Instant expiresAt) {

  /** The name of the format. */
  public static final String FORMAT = "slipway-delegation/1";

  /** Stands for each channel that there is or will be. */
  public static final String ALL_CHANNELS = "*";

  /** The longest life. */
  public static final Duration MAX_LIFE = Duration.ofDays(365);

  /** The most characters of one: a chain of 16 KiB, encoded twice, and its payload. */
  public static final int MAX_CHARACTERS = 48 << 10;

  /** The last second of the year 9999. */
  private static final long MAX_SECOND = 253_402_300_799L;

  private static final int MAX_ENTRIES = 64;
  private static final Pattern CHANNEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /** Refuses empty or repeated entries, a life that is too long, and parts of a second. */
  public Delegation {
    channels = List.copyOf(channels);
    keys = List.copyOf(keys);
    boolean all = channels.equals(List.of(ALL_CHANNELS));
    require(all || channels.stream().allMatch(Delegation::isChannel), "/channels");
    require(isSet(channels), "/channels");
    require(isSet(keys), "/keys");
    require(isSecond(issuedAt), "/iat");
    require(
        isSecond(expiresAt)
            && expiresAt.isAfter(issuedAt)
            && Duration.between(issuedAt, expiresAt).compareTo(MAX_LIFE) <= 0,
        "/exp");
  }

  /** Whether a channel can have this name. */
  static boolean isChannel(String name) {
    return CHANNEL.matcher(name).matches();
  }

  private static boolean isSet(List<?> entries) {
    return !entries.isEmpty()
        && entries.size() <= MAX_ENTRIES
        && new HashSet<>(entries).size() == entries.size();
  }

  static boolean isSecond(Instant instant) {
    return instant.getNano() == 0
        && instant.getEpochSecond() >= 0
        && instant.getEpochSecond() <= MAX_SECOND;
  }

  private static void require(boolean condition, String pointer) {
    if (!condition) {
      throw new BundleException(MEMBER_VALUE).with("pointer", pointer);
    }
  }

  /** The key of this id, if statements of it count for this channel. */
  public Optional<ReleasePublicKey> key(Digest id) {
    return keys.stream().filter(key -> key.id().equals(id)).findFirst();
  }

  /** Whether it speaks about this channel. */
  public boolean covers(String channel) {
    return channels.contains(ALL_CHANNELS) || channels.contains(channel);
  }

  /** Whether it is in force at this time; both ends are within. */
  public boolean isInForceAt(Instant time) {
    Instant second = time.truncatedTo(ChronoUnit.SECONDS);
    return !second.isBefore(issuedAt) && !second.isAfter(expiresAt);
  }

  /**
   * Signs it as the publisher.
   *
   * @throws BundleException if the certificate is not valid when the delegation begins
   */
  public String sign(Signer signer) {
    ManifestSigner.requireUsable(signer, issuedAt);
    return CompactJws.write(
        SignatureHeader.ofDelegation(signer.key().algorithm(), signer.chain()),
        write(),
        signer.key()::sign);
  }

  /**
   * Verifies a delegation: form, path, signature, app, the time, and that its signer is the one who
   * is trusted. The signer's certificate must have been valid when the delegation began; once it
   * has ended, the delegation counts through its grace, so that a device that slept can still learn
   * of the successor.
   *
   * @param pinned fingerprints of certificates that may sign for the app or issue those who do
   * @param time now, as far as one knows
   * @throws BundleException if anything about it is not as it must be
   */
  public static Delegation verify(
      String jws,
      AppId app,
      Lineage lineage,
      ContinuityRules rules,
      Collection<Digest> pinned,
      Instant time) {
    CompactJws compact = CompactJws.parse(jws, MAX_CHARACTERS);
    SignatureHeader header = SignatureHeader.parseDelegation(compact.headerBytes());
    Delegation delegation = read(compact.payloadBytes());
    CertificateChain chain = CertificateChain.parse(header.der());
    ManifestVerifier.requireSignature(
        header, chain, compact.signingInput(), compact.signatureBytes(), 0);
    chain.requirePath(pinned, time);
    if (!delegation.appId().equals(app)) {
      throw new BundleException(APP_MISMATCH).with("app_id", delegation.appId());
    }
    PublisherCertificate leaf = chain.leaf();
    if (lineage.revoked().contains(leaf.fingerprint())) {
      throw new BundleException(CERTIFICATE_REVOKED).with("certificate", leaf.fingerprint());
    }
    boolean sameKey =
        rules.pin() == ContinuityRules.Pin.SPKI
            && leaf.keyFingerprint().equals(lineage.currentKey());
    if (!leaf.fingerprint().equals(lineage.current()) && !sameKey) {
      throw new BundleException(DELEGATION_UNTRUSTED).with("publisher", leaf.fingerprint());
    }
    leaf.requireValidAt(delegation.issuedAt());
    Instant graceEnd = leaf.notAfter().plus(rules.grace());
    if (!delegation.isInForceAt(time) || time.truncatedTo(ChronoUnit.SECONDS).isAfter(graceEnd)) {
      throw new BundleException(DELEGATION_EXPIRED)
          .with("iat", delegation.issuedAt())
          .with("exp", delegation.expiresAt());
    }
    return delegation;
  }

  /**
   * Reads what a delegation says, and the certificate that it came with, without asking who says
   * it.
   *
   * @throws BundleException if the text is not a delegation
   */
  public static Delegation readUnverified(String jws) {
    return read(CompactJws.parse(jws, MAX_CHARACTERS).payloadBytes());
  }

  /** The fingerprint of the certificate that a delegation names as its signer's, unverified. */
  public static Digest signerOf(String jws) {
    CompactJws compact = CompactJws.parse(jws, MAX_CHARACTERS);
    return Digest.sha256(SignatureHeader.parseDelegation(compact.headerBytes()).der().get(0));
  }

  private byte[] write() {
    return StrictJson.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("format", FORMAT);
          json.writeStringField("app_id", appId.text());
          json.writeArrayFieldStart("channels");
          for (String channel : channels) {
            json.writeString(channel);
          }
          json.writeEndArray();
          json.writeArrayFieldStart("keys");
          for (ReleasePublicKey key : keys) {
            json.writeStartObject();
            json.writeStringField("alg", SignatureAlgorithm.ED25519.jose());
            json.writeStringField("x", key.text());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeNumberField("iat", issuedAt.getEpochSecond());
          json.writeNumberField("exp", expiresAt.getEpochSecond());
          json.writeEndObject();
        });
  }

  private static Delegation read(byte[] payload) {
    JsonObject json = StrictJson.parse(payload);
    if (!json.string("format").equals(FORMAT)) {
      throw new BundleException(FORMAT_UNKNOWN).with("pointer", "/format");
    }
    AppId app = ManifestJson.appId(json, "app_id");
    List<String> channels = json.strings("channels");
    List<ReleasePublicKey> keys = new ArrayList<>();
    for (JsonObject key : json.objects("keys")) {
      require(key.string("alg").equals(SignatureAlgorithm.ED25519.jose()), key.pointerTo("alg"));
      keys.add(new ReleasePublicKey(key.string("x")));
      key.done();
    }
    Instant issuedAt = second(json, "iat");
    Instant expiresAt = second(json, "exp");
    json.done();
    return new Delegation(app, channels, keys, issuedAt, expiresAt);
  }

  static Instant second(JsonObject json, String name) {
    long seconds = json.integer(name);
    require(seconds >= 0 && seconds <= MAX_SECOND, json.pointerTo(name));
    return Instant.ofEpochSecond(seconds);
  }
}
