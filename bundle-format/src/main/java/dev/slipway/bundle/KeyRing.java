package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

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
  private static final int MAX_FILE = 64 << 10;

  private final AppId appId;
  private final String publisherId;
  private final long generation;
  private final Secret dataKey;
  private final List<WrappingKey> fleetKeys;
  private final Signer signer;
  private final CapgoKeys capgo;

  private KeyRing(
      AppId appId,
      String publisherId,
      long generation,
      Secret dataKey,
      List<WrappingKey> fleetKeys,
      Signer signer,
      CapgoKeys capgo) {
    this.appId = appId;
    this.publisherId = Manifest.requirePublisherId(publisherId);
    this.generation = generation;
    this.dataKey = dataKey;
    this.fleetKeys = List.copyOf(fleetKeys);
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
        new Signer(signingKey, CertificateChain.of(certificate)),
        CapgoKeys.generate(random));
  }

  /**
   * Reads the keys that {@link #write} wrote.
   *
   * @throws BundleException if a file is not as it was written
   */
  public static KeyRing read(Path folder) throws IOException {
    JsonObject json = StrictJson.parse(bytes(folder.resolve(RING)));
    if (!json.string("format").equals(FORMAT)) {
      throw new BundleException(FORMAT_UNKNOWN).with("file", RING);
    }
    AppId appId = ManifestJson.appId(json, "app_id");
    String publisherId = json.string("publisher_id");
    JsonObject dataKey = json.object("data_key");
    long generation = dataKey.integer("generation");
    Secret key = Secret.parse(dataKey.string("key"));
    dataKey.done();
    List<WrappingKey> fleetKeys = new ArrayList<>();
    for (JsonObject fleetKey : json.objects("fleet_keys")) {
      fleetKeys.add(new WrappingKey(fleetKey.string("kid"), Secret.parse(fleetKey.string("key"))));
      fleetKey.done();
    }
    json.done();
    return new KeyRing(
        appId,
        publisherId,
        generation,
        key,
        fleetKeys,
        new Signer(
            SigningKey.parsePem(text(folder.resolve(PUBLISHER_KEY))),
            CertificateChain.parsePem(text(folder.resolve(PUBLISHER_CERTIFICATE)))),
        CapgoKeys.parsePrivatePem(text(folder.resolve(CAPGO_KEY))));
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
              out.writeArrayFieldStart("fleet_keys");
              for (WrappingKey fleetKey : fleetKeys) {
                out.writeStartObject();
                out.writeStringField("kid", fleetKey.kid());
                out.writeStringField("key", fleetKey.key().reveal());
                out.writeEndObject();
              }
              out.writeEndArray();
              out.writeEndObject();
            });
    return new String(json, StandardCharsets.UTF_8);
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
