package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

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
import java.util.List;
import java.util.Map;
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
  private static final int MAX_FILE = 64 << 10;
  private static final int MAX_TEXT = 4 * MAX_FILE;
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*-----END \\1-----\\s*");
  private static final Pattern NUMBERED = Pattern.compile("fleet-([0-9]{1,9})");

  private final AppId appId;
  private final String publisherId;
  private final long generation;
  private final Secret dataKey;
  private final List<WrappingKey> fleetKeys;
  private final List<WrappingKey> nextKeys;
  private final Signer signer;
  private final CapgoKeys capgo;

  private KeyRing(
      AppId appId,
      String publisherId,
      long generation,
      Secret dataKey,
      List<WrappingKey> fleetKeys,
      List<WrappingKey> nextKeys,
      Signer signer,
      CapgoKeys capgo) {
    this.appId = appId;
    this.publisherId = Manifest.requirePublisherId(publisherId);
    this.generation = generation;
    this.dataKey = dataKey;
    this.fleetKeys = List.copyOf(fleetKeys);
    this.nextKeys = List.copyOf(nextKeys);
    this.signer = signer;
    this.capgo = capgo;
    if (fleetKeys.isEmpty() || generation < 1) {
      throw new BundleException(KEY_INVALID).with("app", appId);
    }
  }

  /** Fresh keys for an app, with a certificate that is valid from now for so long. */
  public static KeyRing generate(AppId appId, SecureRandom random, Instant now, Duration validity) {
    SigningKey signingKey = SigningKey.generate(SignatureAlgorithm.ED25519, random);
    PublisherCertificate certificate =
        PublisherCertificate.selfSigned(appId.text(), signingKey, random, now, now.plus(validity));
    return new KeyRing(
        appId,
        certificate.publisherId(),
        1,
        Secret.random(random),
        List.of(new WrappingKey("fleet-1", Secret.random(random))),
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
    JsonObject dataKey = json.object("data_key");
    long generation = dataKey.integer("generation");
    Secret key = Secret.parse(dataKey.string("key"));
    dataKey.done();
    List<WrappingKey> fleetKeys = wrappingKeys(json, FLEET_KEYS);
    List<WrappingKey> nextKeys = json.has(NEXT_KEYS) ? wrappingKeys(json, NEXT_KEYS) : List.of();
    json.done();
    return new KeyRing(
        appId,
        publisherId,
        generation,
        key,
        fleetKeys,
        nextKeys,
        new Signer(SigningKey.parsePem(signingKey), CertificateChain.parsePem(certificate)),
        CapgoKeys.parsePrivatePem(capgoKey));
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
    return new KeyRing(
        appId, publisherId, generation, dataKey, fleetKeys, nextKeys, successor, capgo);
  }

  /** The same keys with another RSA pair, for an app that has its public half already. */
  public KeyRing withCapgo(CapgoKeys pair) {
    return new KeyRing(appId, publisherId, generation, dataKey, fleetKeys, nextKeys, signer, pair);
  }

  /**
   * The same keys with a fresh data key, of the next generation. Every file that is sealed with
   * them is another blob.
   */
  public KeyRing withFreshDataKey(SecureRandom random) {
    return new KeyRing(
        appId,
        publisherId,
        generation + 1,
        Secret.random(random),
        fleetKeys,
        nextKeys,
        signer,
        capgo);
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
    return new KeyRing(
        appId, publisherId, generation, dataKey, fleetKeys, List.of(next), signer, capgo);
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
    return new KeyRing(appId, publisherId, generation, dataKey, all, List.of(), signer, capgo);
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
    return new KeyRing(appId, publisherId, generation, dataKey, others, nextKeys, signer, capgo);
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

  /** The key by which the publisher opens earlier bundles; it follows from the data key. */
  public WrappingKey publisherKey() {
    return new WrappingKey("publisher-" + generation, KeySchedule.publisherKey(dataKey));
  }

  /** The RSA pair of the Capgo rendition. */
  public CapgoKeys capgo() {
    return capgo;
  }

  Secret dataKey() {
    return dataKey;
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
              out.writeObjectFieldStart("data_key");
              out.writeNumberField("generation", generation);
              out.writeStringField("key", dataKey.reveal());
              out.writeEndObject();
              write(out, FLEET_KEYS, fleetKeys);
              if (!nextKeys.isEmpty()) {
                write(out, NEXT_KEYS, nextKeys);
              }
              out.writeEndObject();
            });
    return new String(json, StandardCharsets.UTF_8);
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
