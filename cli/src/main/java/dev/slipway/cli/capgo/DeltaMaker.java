package dev.slipway.cli.capgo;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.aayushatharva.brotli4j.encoder.Encoder;
import dev.slipway.bundle.CapgoKeys;
import dev.slipway.bundle.CapgoSession;
import dev.slipway.bundle.Digest;
import dev.slipway.cli.CommandFailure;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Makes the files of a delta as the Capgo command line does while it uploads: Brotli where it
/// helps by that command line's own rule, then AES-128-CBC under one session, with the SHA-256 of
/// the plain file, wrapped (V3).
///
/// Refuses what the plugin cannot install, before anything is written.
public final class DeltaMaker {

  /// The plugin's own limit for an upload.
  static final int MAX_FILES = 10_000;

  /// Smaller files are never compressed.
  static final int BROTLI_FROM = 8192;

  /// Compressed bytes are used where at least so many are saved.
  static final int BROTLI_SAVES = 11;

  private static final int BROTLI_QUALITY = 11;
  static final String BROTLI_SUFFIX = ".br";
  private static final String START_PAGE = "index.html";

  private final @Nullable CapgoKeys keys;
  private final Function<Digest, CapgoSession> session;

  /// Is told how many bytes of the plain files are done.
  @FunctionalInterface
  public interface Listener {
    void made(long done, long total);
  }

  private record Source(Path file, long size, Digest digest) {}

  private DeltaMaker(@Nullable CapgoKeys keys, Function<Digest, CapgoSession> session) {
    this.keys = keys;
    this.session = session;
  }

  /// Files that anybody can read.
  public static DeltaMaker plain() {
    return new DeltaMaker(
        null,
        _ -> {
          throw new IllegalStateException("plain files have no session");
        });
  }

  /// @param session the one for this content; by content, so that it can follow from it
  public static DeltaMaker encrypted(CapgoKeys keys, Function<Digest, CapgoSession> session) {
    return new DeltaMaker(keys, session);
  }

  /// @param target a folder that does not exist yet; it is complete if this returns
  /// @throws CommandFailure if a file cannot be part of such a release
  public CapgoDelta make(Path folder, Path target, Listener listener) throws IOException {
    SortedMap<String, Source> sources = sources(folder);
    long total = sources.values().stream().mapToLong(Source::size).sum();
    CapgoSession aes = keys == null ? null : session.apply(content(sources));
    Files.createDirectory(target);
    List<CapgoDelta.Entry> entries = new ArrayList<>();
    long done = 0;
    for (Map.Entry<String, Source> source : sources.entrySet()) {
      entries.add(make(source.getKey(), source.getValue(), aes, target));
      done += source.getValue().size();
      listener.made(done, total);
    }
    return new CapgoDelta(
        aes == null ? "" : aes.sessionKey(),
        keys == null ? null : keys.publicKey().keyId(),
        entries);
  }

  private CapgoDelta.Entry make(String name, Source source, @Nullable CapgoSession aes, Path target)
      throws IOException {
    Path brotli = source.size() < BROTLI_FROM ? null : compressed(source, target);
    String stored = brotli == null ? name : name + BROTLI_SUFFIX;
    Path file = target.resolve(stored);
    Files.createDirectories(file.getParent());
    try (InputStream in = open(brotli == null ? source.file() : brotli);
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      if (aes == null) {
        in.transferTo(out);
      } else {
        aes.encrypt(in, out);
      }
    }
    if (brotli != null) Files.delete(brotli);
    String hash =
        keys == null
            ? HexFormat.of().formatHex(source.digest().bytes())
            : keys.wrapDigest(source.digest());
    return new CapgoDelta.Entry(stored, hash);
  }

  /// The compressed file where it is worth it, else nothing.
  private static @Nullable Path compressed(Source source, Path target) throws IOException {
    Brotli4jLoader.ensureAvailability();
    Path work = Files.createTempFile(target, ".compressing-", "");
    try (InputStream in = open(source.file());
        OutputStream out =
            new BrotliOutputStream(
                new BufferedOutputStream(Files.newOutputStream(work), 1 << 16),
                new Encoder.Parameters().setQuality(BROTLI_QUALITY))) {
      in.transferTo(out);
    }
    if (Files.size(work) <= source.size() - BROTLI_SAVES) return work;
    Files.delete(work);
    return null;
  }

  private SortedMap<String, Source> sources(Path folder) throws IOException {
    SortedMap<String, Source> sources = new TreeMap<>();
    Map<String, String> folded = new TreeMap<>();
    List<Path> found;
    try (var walk = Files.walk(folder)) {
      found = walk.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)).toList();
    }
    if (found.size() > MAX_FILES) {
      throw new CommandFailure(
          "%s has %,d files; a delta has at most %,d".formatted(folder, found.size(), MAX_FILES));
    }
    for (Path file : found) {
      String name = name(folder.relativize(file));
      require(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS), name, "is a link");
      require(!name.contains(" "), name, "has a space in its name");
      require(
          name.indexOf('\\') < 0 && name.chars().noneMatch(Character::isISOControl),
          name,
          "has a character in its name that the plugin refuses");
      require(
          !name.endsWith(BROTLI_SUFFIX),
          name,
          "ends in .br: the plugin would try to decompress it");
      long size = Files.size(file);
      require(
          keys == null || size > 0,
          name,
          "is empty: encrypted, it cannot be installed file by file. Leave it out, or publish the zip"
              + " alone");
      String twin = folded.put(name.toLowerCase(Locale.ROOT), name);
      require(twin == null, name, "is the same file as " + twin + " on some devices");
      sources.put(name, new Source(file, size, CapgoRelease.digest(file)));
    }
    if (!sources.containsKey(START_PAGE)) {
      throw new CommandFailure(
          "%s has no %s at its top: devices could not start it".formatted(folder, START_PAGE));
    }
    return sources;
  }

  private static String name(Path relative) {
    List<String> parts = new ArrayList<>();
    relative.forEach(part -> parts.add(part.toString()));
    return Normalizer.normalize(String.join("/", parts), Normalizer.Form.NFC);
  }

  private static void require(boolean condition, String name, String what) {
    if (!condition) throw new CommandFailure("'%s' %s".formatted(name, what));
  }

  /// A digest of all names and contents.
  private static Digest content(SortedMap<String, Source> sources) {
    MessageDigest digest = CapgoRelease.sha256();
    sources.forEach(
        (name, source) -> {
          digest.update(name.getBytes(StandardCharsets.UTF_8));
          digest.update((byte) 0);
          digest.update(source.digest().bytes());
        });
    return Digest.of(digest.digest());
  }

  private static InputStream open(Path file) throws IOException {
    return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
  }
}
