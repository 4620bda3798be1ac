package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOBS_NOT_CANONICAL;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.RECIPIENTS;
import static dev.slipway.bundle.BundleException.Reason.TOO_MANY_BLOBS;
import static dev.slipway.bundle.BundleException.Reason.TOTAL_SIZE;
import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the server may read of a bundle, and what its publisher signs.
 *
 * <p>A manifest that exists is consistent in itself: its blobs are sorted and unique, and its total
 * is their sum. Whether a publisher signed it is said by {@link ManifestVerifier} alone.
 *
 * @param appId the app that the bundle is for
 * @param publisherId who publishes the app, fixed when the app was registered
 * @param version the version as the app's version scheme writes it
 * @param securityEpoch the floor that a device keeps: it never goes below
 * @param created when the publisher made it, to the second
 * @param compat where it can run
 * @param cekCommit the commitment to the content key
 * @param recipients who can open it
 * @param index the blob of the encrypted index
 * @param blobs the other blobs, sorted by id
 * @param totalSize the bytes of index and blobs together, without the Capgo rendition
 * @param capgo the same files for the stock Capgo plugin, or null where there is no such rendition
 */
public record Manifest(
    AppId appId,
    String publisherId,
    String version,
    long securityEpoch,
    Instant created,
    Compat compat,
    Digest cekCommit,
    List<Recipient> recipients,
    Blob index,
    List<Blob> blobs,
    long totalSize,
    @Nullable CapgoRendition capgo) {

  /** The name of the format. */
  public static final String FORMAT = "slipway-bundle/1";

  /** The one way in which blobs are encrypted. */
  public static final String ENC_ALG = "C2SP-CE-A256GCM-SHA512";

  /** The most bytes that a signed manifest may have. */
  public static final int MAX_BYTES = 4 << 20;

  /** The most blobs that a bundle may have beside its index. */
  public static final int MAX_BLOBS = 20_000;

  /** The largest integer that every JSON implementation reads exactly. */
  static final long MAX_INTEGER = (1L << 53) - 1;

  private static final int MAX_RECIPIENTS = 16;
  private static final int MAX_VERSION = 128;
  private static final Pattern PUBLISHER_ID = Pattern.compile("[A-Z2-7]{51}[AQ]");
  private static final Instant YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z");

  /** Refuses what is not consistent in itself. */
  public Manifest {
    requirePublisherId(publisherId);
    requireVersion(version, "/version");
    require(securityEpoch >= 0 && securityEpoch <= MAX_INTEGER, "/security_epoch");
    require(
        created.equals(created.truncatedTo(ChronoUnit.SECONDS))
            && !created.isBefore(Instant.EPOCH)
            && created.isBefore(YEAR_10000),
        "/created");
    recipients = List.copyOf(recipients);
    long kids = recipients.stream().map(Recipient::kid).distinct().count();
    if (recipients.isEmpty() || recipients.size() > MAX_RECIPIENTS || kids != recipients.size()) {
      throw new BundleException(RECIPIENTS).with("recipients", recipients.size());
    }
    blobs = List.copyOf(blobs);
    requireCanonical(blobs, index);
    long sum = index.size() + blobs.stream().mapToLong(Blob::size).sum();
    if (sum != totalSize) {
      throw new BundleException(TOTAL_SIZE).with("pointer", "/total_size").with("sum", sum);
    }
  }

  /** All blobs, the index first. */
  public Stream<Blob> allBlobs() {
    return Stream.concat(Stream.of(index), blobs.stream());
  }

  private static void requireCanonical(List<Blob> blobs, Blob index) {
    if (blobs.size() > MAX_BLOBS) {
      throw new BundleException(TOO_MANY_BLOBS).with("blobs", blobs.size());
    }
    if (blobs.isEmpty()) {
      throw new BundleException(BLOBS_NOT_CANONICAL).with("pointer", "/blobs");
    }
    for (int i = 0; i < blobs.size(); i++) {
      Digest id = blobs.get(i).id();
      if (id.equals(index.id()) || (i > 0 && blobs.get(i - 1).id().compareTo(id) >= 0)) {
        throw new BundleException(BLOBS_NOT_CANONICAL).with("pointer", "/blobs/" + i);
      }
    }
  }

  /**
   * Refuses what no scheme takes for a version: an empty or long text, and characters that do not
   * show. The rules of the app's own scheme are checked where the scheme is known.
   */
  static String requireVersion(String version, String pointer) {
    boolean plain =
        !version.isEmpty()
            && version.length() <= MAX_VERSION
            && version.equals(version.strip())
            && version.codePoints().allMatch(BundlePath::isVisible);
    if (!plain) {
      throw new BundleException(VERSION_SYNTAX).with("pointer", pointer);
    }
    return version;
  }

  /** Refuses what is not base32 of 32 bytes. */
  static String requirePublisherId(String publisherId) {
    require(PUBLISHER_ID.matcher(publisherId).matches(), "/publisher_id");
    return publisherId;
  }

  private static void require(boolean condition, String pointer) {
    if (!condition) {
      throw new BundleException(MEMBER_VALUE).with("pointer", pointer);
    }
  }
}
