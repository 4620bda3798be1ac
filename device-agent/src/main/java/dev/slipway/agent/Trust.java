package dev.slipway.agent;

import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleaseStatement.Seen;
import dev.slipway.bundle.ReleaseStatement.Verified;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a device believes, kept over restarts in one file.
 *
 * @param leaf SHA-256 of the certificate whose releases it installs
 * @param key SHA-256 of that certificate's public key, once it was seen
 * @param securityEpoch the highest of a version that started healthily
 * @param version the one that started healthily last; absent for what came with the application
 * @param ran manifests that were verified and started healthily: they may come back, whoever signed
 *     them
 * @param seq number of the newest statement that was seen
 * @param statement SHA-256 of its text
 * @param latest no time that is trusted lies before it: a clock that was set back does not make an
 *     old statement fresh
 */
record Trust(
    Digest leaf,
    @Nullable Digest key,
    long securityEpoch,
    @Nullable Version version,
    List<Digest> ran,
    @Nullable Long seq,
    @Nullable Digest statement,
    Instant latest) {

  private static final int MAX_RAN = 32;

  Trust {
    ran = List.copyOf(ran);
  }

  /** Of a device on its first day. */
  static Trust beginningWith(Digest leaf) {
    return new Trust(leaf, null, 0, null, List.of(), null, null, Instant.EPOCH);
  }

  /** The statement that the next one must not be older than. */
  Optional<Seen> seen() {
    return seq == null || statement == null
        ? Optional.empty()
        : Optional.of(new Seen(seq, statement));
  }

  /** The same, having seen this statement. */
  Trust seeing(Verified verified) {
    Instant issued = verified.statement().issuedAt();
    return new Trust(
        leaf,
        key,
        securityEpoch,
        version,
        ran,
        verified.statement().seq(),
        verified.digest(),
        issued.isAfter(latest) ? issued : latest);
  }

  /** The same, running what came with the application. */
  Trust withoutRelease() {
    return new Trust(leaf, key, securityEpoch, null, ran, seq, statement, latest);
  }

  /**
   * The same, once a release has started healthily.
   *
   * @param newLeaf whom to trust from now on
   */
  Trust running(
      Version release, Digest manifest, long epoch, Digest newLeaf, @Nullable Digest newKey) {
    List<Digest> all = new ArrayList<>(ran);
    all.remove(manifest);
    all.add(manifest);
    return new Trust(
        newLeaf,
        newKey,
        Math.max(securityEpoch, epoch),
        release,
        all.subList(Math.max(0, all.size() - MAX_RAN), all.size()),
        seq,
        statement,
        latest);
  }

  /** What the file says; nothing where there is none. */
  static Optional<Trust> read(Path file) throws IOException {
    return Files.exists(file)
        ? Optional.of(Json.LENIENT.readValue(Files.readAllBytes(file), Trust.class))
        : Optional.empty();
  }

  /** Replaces the file: a power loss leaves the old one or the new one. */
  void write(Path file) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(next, Json.LENIENT.writeValueAsBytes(this));
    try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
