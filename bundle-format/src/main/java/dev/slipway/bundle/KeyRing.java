package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;
import static dev.slipway.bundle.BundleException.Reason.KID_UNKNOWN;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything that the publisher of one app keeps secret, as a folder on the publisher's machine:
 *
 * <ul>
 *   <li>{@code keyring.json}: the data key from which file keys follow, and the fleet's keys
 *   <li>{@code publisher.key.pem}, {@code publisher.cert.pem}: what bundles are signed with; the
 *       certificate may be followed by those of its issuers, the root last
 *   <li>{@code capgo.key.pem}, {@code capgo.pub.pem}: RSA, for devices with the Capgo plugin
 * </ul>
 *
 * <p>The files are readable by their owner only. No server ever sees one of them, apart from the
 * certificate.
 */
public final class KeyRing {

  private static final String FORMAT = "slipway-keys/1";
  private static final String RING = "keyring.json";
  private static final String PUBLISHER_KEY = "publisher.key.pem";
  private static final String PUBLISHER_CERTIFICATE = "publisher.cert.pem";
  private static final String CAPGO_KEY = "capgo.key.pem";
  private static final String CAPGO_PUBLIC = "capgo.pub.pem";
  private static final String FORMER = "former";
  private static final String FLEET_KEYS = "fleet_keys";
  private static final String NEXT_KEYS = "next_keys";
  private static final String FORMER_DATA_KEYS = "former_data_keys";
  private static final String ESCROW = "escrow";
  private static final int MAX_FILE = 64 << 10;
  private static final int MAX_TEXT = 4 * MAX_FILE;
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*-----END \\1-----\\s*");
  private static final Pattern NUMBERED = Pattern.compile("fleet-([0-9]{1,9})");

  private final AppId appId;
  private final String publisherId;
  private final List<DataKey> dataKeys;
  private final List<WrappingKey> fleetKeys;
  private final List<WrappingKey> nextKeys;
  private final List<HpkePublicKey> escrow;
  private final Signer signer;
  private final CapgoKeys capgo;

  /** A data key and its generation, from 1. */
  private record DataKey(long generation, Secret key) {

    WrappingKey publisherKey() {
      return new WrappingKey("publisher-" + generation, KeySchedule.publisherKey(key));
    }
  }

  private KeyRing(
      AppId appId,
      String publisherId,
      List<DataKey> dataKeys,
      List<WrappingKey> fleetKeys,
      List<WrappingKey> nextKeys,
      List<HpkePublicKey> escrow,
      Signer signer,
      CapgoKeys capgo) {
    this.appId = appId;
    this.publisherId = Manifest.requirePublisherId(publisherId);
    this.dataKeys = List.copyOf(dataKeys);
    this.fleetKeys = List.copyOf(fleetKeys);
    this.nextKeys = List.copyOf(nextKeys);
    this.escrow = List.copyOf(escrow);
    this.signer = signer;
    this.capgo = capgo;
    require(!fleetKeys.isEmpty() && !dataKeys.isEmpty());
    for (int i = 0; i < dataKeys.size(); i++) {
      long generation = dataKeys.get(i).generation();
      require(generation >= 1 && (i == 0 || generation < dataKeys.get(i - 1).generation()));
    }
    Set<String> kids = new HashSet<>();
    fleetKeys.forEach(key -> require(kids.add(key.kid())));
    nextKeys.forEach(key -> require(kids.add(key.kid())));
    escrow.forEach(key -> require(kids.add(key.kid())));
    require(kids.stream().noneMatch(kid -> kid.startsWith("publisher-")));
  }

  private void require(boolean condition) {
    if (!condition) {
      throw new BundleException(KEY_INVALID).with("app", appId);
    }
  }

  /** Fresh keys for an app, with an Ed25519 certificate that is valid from now for so long. */
  public static KeyRing generate(AppId appId, SecureRandom random, Instant now, Duration validity) {
    return generate(appId, SignatureAlgorithm.ED25519, random, now, validity);
  }

  /** Fresh keys for an app that sign by this algorithm. */
  public static KeyRing generate(
      AppId appId,
      SignatureAlgorithm algorithm,
      SecureRandom random,
      Instant now,
      Duration validity) {
    SigningKey signingKey = SigningKey.generate(algorithm, random);
    PublisherCertificate certificate =
        PublisherCertificate.selfSigned(appId.text(), signingKey, random, now, now.plus(validity));
    return new KeyRing(
        appId,
        certificate.publisherId(),
        List.of(new DataKey(1, Secret.random(random))),
        List.of(new WrappingKey("fleet-1", Secret.random(random))),
        List.of(),
        List.of(),
        new Signer(signingKey, CertificateChain.of(certificate)),
        CapgoKeys.generate(random));
  }

  /**
   * Reads the keys that {@link #write} wrote.
   *
   * @throws BundleException if a file is not as it was written
   */
  public static KeyRing read(Path folder) throws IOException {
    return of(
        bytes(folder.resolve(RING)),
        text(folder.resolve(PUBLISHER_KEY)),
        text(folder.resolve(PUBLISHER_CERTIFICATE)),
        text(folder.resolve(CAPGO_KEY)));
  }

  /**
   * Reads the text of all files of a key folder, one after the other in any order, as a build
   * server keeps them in one secret.
   *
   * @throws BundleException if one is missing, there twice, or not as it was written; nothing of
   *     the text is repeated
   */
  public static KeyRing parse(String text) {
    Map<String, String> blocks = new HashMap<>();
    StringBuilder rest = new StringBuilder();
    Matcher block = BLOCK.matcher(text.length() > MAX_TEXT ? "" : text);
    while (block.find()) {
      block.appendReplacement(rest, "");
      // A chain of certificates is several blocks; of all others there is one.
      blocks.merge(block.group(1), block.group(), String::concat);
    }
    block.appendTail(rest);
    return of(
        rest.toString().strip().getBytes(StandardCharsets.UTF_8),
        block(blocks, SigningKey.LABEL),
        block(blocks, "CERTIFICATE"),
        block(blocks, "RSA PRIVATE KEY"));
  }

  private static String block(Map<String, String> blocks, String label) {
    String block = blocks.get(label);
    if (block == null) {
      throw new BundleException(KEY_INVALID).with("missing", label);
    }
    return block;
  }

  private static KeyRing of(byte[] ring, String signingKey, String certificate, String capgoKey) {
    JsonObject json = StrictJson.parse(ring);
    if (!json.string("format").equals(FORMAT)) {
      throw new BundleException(FORMAT_UNKNOWN).with("file", RING);
    }
    AppId appId = ManifestJson.appId(json, "app_id");
    String publisherId = json.string("publisher_id");
    List<DataKey> dataKeys = new ArrayList<>(List.of(dataKey(json.object("data_key"))));
    json.optionalObjects(FORMER_DATA_KEYS).forEach(key -> dataKeys.add(dataKey(key)));
    List<WrappingKey> fleetKeys = wrappingKeys(json, FLEET_KEYS);
    List<WrappingKey> nextKeys = json.has(NEXT_KEYS) ? wrappingKeys(json, NEXT_KEYS) : List.of();
    List<HpkePublicKey> escrow = new ArrayList<>();
    for (JsonObject key : json.optionalObjects(ESCROW)) {
      escrow.add(new HpkePublicKey(key.string("kid"), key.string("x")));
      key.done();
    }
    json.done();
    return new KeyRing(
        appId,
        publisherId,
        dataKeys,
        fleetKeys,
        nextKeys,
        escrow,
        new Signer(SigningKey.parsePem(signingKey), CertificateChain.parsePem(certificate)),
        CapgoKeys.parsePrivatePem(capgoKey));
  }

  private static DataKey dataKey(JsonObject json) {
    DataKey key = new DataKey(json.integer("generation"), Secret.parse(json.string("key")));
    json.done();
    return key;
  }

  private static List<WrappingKey> wrappingKeys(JsonObject json, String name) {
    List<WrappingKey> keys = new ArrayList<>();
    for (JsonObject key : json.objects(name)) {
      keys.add(new WrappingKey(key.string("kid"), Secret.parse(key.string("key"))));
      key.done();
    }
    return keys;
  }

  /**
   * Writes the keys into a folder, which is made if it is not there. Keys are never overwritten: a
   * file that exists already ends this with a {@link java.nio.file.FileAlreadyExistsException}.
   */
  public void write(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder.toAbsolutePath().getParent());
      Files.createDirectory(folder, ownerOnly("rwx------"));
    }
    create(folder.resolve(RING), ring());
    create(folder.resolve(PUBLISHER_KEY), signer.key().revealPem());
    create(folder.resolve(PUBLISHER_CERTIFICATE), signer.chain().pem());
    create(folder.resolve(CAPGO_KEY), capgo.revealPem());
    create(folder.resolve(CAPGO_PUBLIC), capgo.publicKey().pem());
  }

  /**
   * Writes changed keys over those in a folder. What was there before is kept in its folder {@code
   * former}: {@code keyring-N.json} and, where another key signs now, {@code signer-N}.
   */
  public void replace(Path folder) throws IOException {
    Path former = folder.resolve(FORMER);
    if (!Files.isDirectory(former)) {
      Files.createDirectory(former, ownerOnly("rwx------"));
    }
    int number = 1;
    while (Files.exists(former.resolve("keyring-" + number + ".json"))) {
      number++;
    }
    create(former.resolve("keyring-" + number + ".json"), text(folder.resolve(RING)));
    String key = text(folder.resolve(PUBLISHER_KEY));
    String certificate = text(folder.resolve(PUBLISHER_CERTIFICATE));
    if (!certificate.equals(signer.chain().pem())) {
      Path aside = former.resolve("signer-" + number);
      Files.createDirectory(aside, ownerOnly("rwx------"));
      create(aside.resolve(PUBLISHER_KEY), key);
      create(aside.resolve(PUBLISHER_CERTIFICATE), certificate);
      overwrite(folder.resolve(PUBLISHER_KEY), signer.key().revealPem());
      overwrite(folder.resolve(PUBLISHER_CERTIFICATE), signer.chain().pem());
    }
    overwrite(folder.resolve(RING), ring());
  }

  private static void overwrite(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    create(fresh, text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The same keys, where this signs from now on. The publisher's id stays. */
  public KeyRing withSigner(Signer successor) {
    return copy(dataKeys, fleetKeys, nextKeys, escrow, successor, capgo);
  }

  /** The same keys with another RSA pair, for an app that has its public half already. */
  public KeyRing withCapgo(CapgoKeys pair) {
    return copy(dataKeys, fleetKeys, nextKeys, escrow, signer, pair);
  }

  /**
   * The same keys with a fresh data key, of the next generation. Every file that is sealed with
   * them is another blob. The former data keys stay, to open what was sealed with them.
   */
  public KeyRing withFreshDataKey(SecureRandom random) {
    List<DataKey> keys = new ArrayList<>();
    keys.add(new DataKey(generation() + 1, Secret.random(random)));
    keys.addAll(dataKeys);
    return copy(keys, fleetKeys, nextKeys, escrow, signer, capgo);
  }

  /** The same keys, where somebody else can open each release from now on. */
  public KeyRing withEscrow(HpkePublicKey key) {
    List<HpkePublicKey> keys = new ArrayList<>(escrow);
    keys.add(key);
    return copy(dataKeys, fleetKeys, nextKeys, keys, signer, capgo);
  }

  /**
   * The same keys without one of those who can open each release.
   *
   * @throws BundleException with {@code KID_UNKNOWN} if there is no such one
   */
  public KeyRing withoutEscrow(String kid) {
    List<HpkePublicKey> keys = new ArrayList<>(escrow);
    if (!keys.removeIf(key -> key.kid().equals(kid))) {
      throw new BundleException(KID_UNKNOWN).with("kid", kid);
    }
    return copy(dataKeys, fleetKeys, nextKeys, keys, signer, capgo);
  }

  private KeyRing copy(
      List<DataKey> data,
      List<WrappingKey> fleet,
      List<WrappingKey> next,
      List<HpkePublicKey> others,
      Signer by,
      CapgoKeys pair) {
    return new KeyRing(appId, publisherId, data, fleet, next, others, by, pair);
  }

  /**
   * The first step of changing the fleet's key: a fresh one, which releases carry to devices, and
   * for which nothing is sealed yet.
   *
   * @throws IllegalStateException if one is announced already
   */
  public KeyRing announcing(SecureRandom random) {
    if (!nextKeys.isEmpty()) {
      throw new IllegalStateException(nextKeys.get(0).kid() + " is announced already");
    }
    long highest = 0;
    for (WrappingKey key : fleetKeys) {
      Matcher numbered = NUMBERED.matcher(key.kid());
      if (numbered.matches()) {
        highest = Math.max(highest, Long.parseLong(numbered.group(1)));
      }
    }
    WrappingKey next = new WrappingKey("fleet-" + (highest + 1), Secret.random(random));
    return copy(dataKeys, fleetKeys, List.of(next), escrow, signer, capgo);
  }

  /**
   * The second step: releases are sealed for the announced key too.
   *
   * @throws IllegalStateException if none is announced
   */
  public KeyRing adopting() {
    if (nextKeys.isEmpty()) {
      throw new IllegalStateException("no key is announced");
    }
    List<WrappingKey> all = new ArrayList<>(fleetKeys);
    all.addAll(nextKeys);
    return copy(dataKeys, all, List.of(), escrow, signer, capgo);
  }

  /**
   * The third step: releases are sealed for this key no more.
   *
   * @throws IllegalStateException if there is no such key, or no other
   */
  public KeyRing retiring(String kid) {
    List<WrappingKey> others = new ArrayList<>(fleetKeys);
    if (!others.removeIf(key -> key.kid().equals(kid))) {
      throw new IllegalStateException("there is no fleet key " + kid);
    }
    if (others.isEmpty()) {
      throw new IllegalStateException(kid + " is the only fleet key");
    }
    return copy(dataKeys, others, nextKeys, escrow, signer, capgo);
  }

  /** The app that the keys are for. */
  public AppId appId() {
    return appId;
  }

  /** Who publishes the app; it stays when the certificate changes. */
  public String publisherId() {
    return publisherId;
  }

  /** The certificate that bundles are signed with. */
  public PublisherCertificate certificate() {
    return signer.certificate();
  }

  /** The key that bundles are signed with, and its certificates. */
  public Signer signer() {
    return signer;
  }

  /** The keys that devices have, the newest last. */
  public List<WrappingKey> fleetKeys() {
    return fleetKeys;
  }

  /** Keys that devices learn from the next releases, and that nothing is sealed for yet. */
  public List<WrappingKey> nextKeys() {
    return nextKeys;
  }

  /**
   * The keys that a release tells devices of: all but the oldest that opens it. A device that knows
   * only that one learns the others.
   */
  List<WrappingKey> announcedKeys() {
    List<WrappingKey> announced = new ArrayList<>(fleetKeys.subList(1, fleetKeys.size()));
    announced.addAll(nextKeys);
    return announced;
  }

  /** Who else can open each release. */
  public List<HpkePublicKey> escrow() {
    return escrow;
  }

  /** The generation of the data key, from 1. */
  public long generation() {
    return dataKeys.get(0).generation();
  }

  /** The key by which the publisher opens its own bundles; it follows from the data key. */
  public WrappingKey publisherKey() {
    return dataKeys.get(0).publisherKey();
  }

  /**
   * The one of the publisher's own keys that a bundle is sealed for, be it from before the data key
   * was renewed.
   *
   * @throws BundleException with {@code KID_UNKNOWN} if there is none
   */
  public WrappingKey publisherKey(Manifest manifest) {
    Set<String> kids = new HashSet<>();
    manifest.recipients().forEach(recipient -> kids.add(recipient.kid()));
    return dataKeys.stream()
        .map(DataKey::publisherKey)
        .filter(key -> kids.contains(key.kid()))
        .findFirst()
        .orElseThrow(() -> new BundleException(KID_UNKNOWN).with("kid", publisherKey().kid()));
  }

  /** The RSA pair of the Capgo rendition. */
  public CapgoKeys capgo() {
    return capgo;
  }

  Secret dataKey() {
    return dataKeys.get(0).key();
  }

  byte[] sign(byte[] content) {
    return signer.key().sign(content);
  }

  private String ring() {
    byte[] json =
        StrictJson.write(
            out -> {
              out.writeStartObject();
              out.writeStringField("format", FORMAT);
              out.writeStringField("app_id", appId.text());
              out.writeStringField("publisher_id", publisherId);
              out.writeFieldName("data_key");
              write(out, dataKeys.get(0));
              if (dataKeys.size() > 1) {
                out.writeArrayFieldStart(FORMER_DATA_KEYS);
                for (DataKey key : dataKeys.subList(1, dataKeys.size())) {
                  write(out, key);
                }
                out.writeEndArray();
              }
              write(out, FLEET_KEYS, fleetKeys);
              if (!nextKeys.isEmpty()) {
                write(out, NEXT_KEYS, nextKeys);
              }
              if (!escrow.isEmpty()) {
                out.writeArrayFieldStart(ESCROW);
                for (HpkePublicKey key : escrow) {
                  out.writeStartObject();
                  out.writeStringField("kid", key.kid());
                  out.writeStringField("x", key.x());
                  out.writeEndObject();
                }
                out.writeEndArray();
              }
              out.writeEndObject();
            });
    return new String(json, StandardCharsets.UTF_8);
  }

  private static void write(JsonGenerator out, DataKey key) throws IOException {
    out.writeStartObject();
    out.writeNumberField("generation", key.generation());
    out.writeStringField("key", key.key().reveal());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, String name, List<WrappingKey> keys)
      throws IOException {
    out.writeArrayFieldStart(name);
    for (WrappingKey key : keys) {
      out.writeStartObject();
      out.writeStringField("kid", key.kid());
      out.writeStringField("key", key.key().reveal());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void create(Path file, String text) throws IOException {
    Files.createFile(file, ownerOnly("rw-------"));
    Files.writeString(file, text);
  }

  private static FileAttribute<?>[] ownerOnly(String permissions) {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  private static byte[] bytes(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new BundleException(KEY_INVALID).with("file", file.getFileName());
    }
    return Files.readAllBytes(file);
  }

  private static String text(Path file) throws IOException {
    return new String(bytes(file), StandardCharsets.ISO_8859_1);
  }

  /** Names app and certificate, and says nothing about keys. */
  @Override
  public String toString() {
    return "KeyRing[" + appId + ", " + signer.certificate().fingerprint() + ", keys redacted]";
  }
}
