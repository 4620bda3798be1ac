package dev.slipway.bundle;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be sealed.
 *
 * @param folder the folder with the files of the release
 * @param version its version
 * @param securityEpoch the floor that devices keep once it runs
 * @param compat where it can run
 * @param created when it was made, to the second; the same instant gives the same bytes
 * @param notes what is new, by language; only devices can read it
 * @param capgo whether devices with the stock Capgo plugin are served too
 * @param packing what happens to the bytes of a file before they are encrypted
 * @param base an earlier bundle; its blobs are taken over for the files that have not changed
 */
public record SealRequest(
    Path folder,
    String version,
    long securityEpoch,
    Compat compat,
    Instant created,
    Map<String, String> notes,
    boolean capgo,
    Packing packing,
    @Nullable Base base) {

  /** Keeps the notes as they are now. */
  public SealRequest {
    Manifest.requireVersion(version, "/version");
    notes = Map.copyOf(notes);
  }

  /** Packed as usual, from nothing. */
  public SealRequest(
      Path folder,
      String version,
      long securityEpoch,
      Compat compat,
      Instant created,
      Map<String, String> notes,
      boolean capgo) {
    this(folder, version, securityEpoch, compat, created, notes, capgo, Packing.DEFAULT, null);
  }

  /** The same with other packing. */
  public SealRequest with(Packing other) {
    return new SealRequest(
        folder, version, securityEpoch, compat, created, notes, capgo, other, base);
  }

  /** The same on the basis of an earlier bundle. */
  public SealRequest onBase(Base earlier) {
    return new SealRequest(
        folder, version, securityEpoch, compat, created, notes, capgo, packing, earlier);
  }
}
