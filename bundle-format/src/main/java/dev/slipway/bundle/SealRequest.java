package dev.slipway.bundle;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

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
 */
public record SealRequest(
    Path folder,
    String version,
    long securityEpoch,
    Compat compat,
    Instant created,
    Map<String, String> notes,
    boolean capgo) {

  /** Keeps the notes as they are now. */
  public SealRequest {
    Manifest.requireVersion(version, "/version");
    notes = Map.copyOf(notes);
  }
}
