package dev.slipway.ingest.capgo;

import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.BundlePath;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.contracts.bundle.NewCapgoBundle;
import dev.slipway.contracts.bundle.NewCapgoBundle.File;
import dev.slipway.decisions.VersionOrder;
import dev.slipway.kit.http.Refusal;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What must hold of a Capgo bundle for the stock plugin to install it, as far as somebody can tell
/// who holds no key. Pure. What each plugin checks is in `docs/adr/0010-capgo-bundles.md`.
final class CapgoRules {

  static final int MAX_FILES = 10_000;
  private static final int AES_BLOCK = 16;
  private static final int RSA_BYTES = 256;
  private static final int MAX_LINK = 2048;
  private static final int MAX_COMMENT = 1000;
  private static final String BROTLI = ".br";
  private static final Pattern V3 = Pattern.compile("[0-9a-f]{512}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern CRC32 = Pattern.compile("[0-9a-f]{8}");
  private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9+/]{20}");
  private static final Pattern LINK = Pattern.compile("https?://[\\x21-\\x7e]+");

  /// The beginning of every RSA public key of the plugin, in base64.
  private static final String PUBLIC_KEY = "MIIBCgKCAQEA";

  private CapgoRules() {}

  /// What a request that holds means.
  ///
  /// @param checksum of the zip; empty where there is none
  /// @param files sorted by name
  /// @param parts all that must be stored, with lengths
  record Plan(
      Scheme scheme,
      Format format,
      String sessionKey,
      String checksum,
      List<File> files,
      Map<Digest, Long> parts) {}

  /// @throws Refusal 422 `capgo-bundle-invalid`, `not-encrypted`, `secret-material`
  /// @throws BundleException `version-syntax`, `path`, `path-collision`
  static Plan plan(NewCapgoBundle request, AppState app) {
    if (request.version().isBuiltin()) {
      throw new BundleException(VERSION_SYNTAX).with("reserved", Version.BUILTIN);
    }
    String sessionKey = orEmpty(request.sessionKey());
    String checksum = orEmpty(request.checksum());
    List<File> files =
        orNone(request.files()).stream().sorted(Comparator.comparing(File::fileName)).toList();
    requireTexts(request);
    require(request.zip() != null || !files.isEmpty(), "/zip", "A zip, files, or both are due.");
    require(files.size() <= MAX_FILES, "/files", "At most " + MAX_FILES + " files are taken.");

    boolean encrypted = !sessionKey.isEmpty();
    if (!encrypted && app.policy().confidentiality() != Confidentiality.NONE) {
      throw Refusal.of(
              422,
              "not-encrypted",
              "This app takes encrypted bundles only: encrypt with the Capgo command line and send"
                  + " its session key.")
          .with("pointer", "/session_key");
    }
    if (encrypted) requireSessionKey(sessionKey);
    if (request.keyId() != null) {
      require(encrypted, "/key_id", "Nothing is encrypted, so no key belongs to it.");
      require(
          KEY_ID.matcher(request.keyId()).matches(),
          "/key_id",
          "A key id is the first 20 characters of the public key's base64 text.");
    }
    Scheme scheme =
        scheme(
            encrypted,
            request.zip() == null ? files.getFirst().fileHash() : checksum,
            request.zip() == null ? "/files/0/file_hash" : "/checksum");
    var parts = new LinkedHashMap<Digest, Long>();
    if (request.zip() != null) {
      var zip = request.zip();
      requireSize(zip.size(), encrypted, "/zip/size");
      require(
          !SHA256.matcher(checksum).matches() || checksum.equals(zip.id().hex()),
          "/checksum",
          "The checksum is not the SHA-256 of the zip.");
      parts.put(zip.id(), zip.size());
    } else {
      require(checksum.isEmpty(), "/checksum", "A checksum belongs to a zip, and there is none.");
    }
    requireFiles(files, scheme, parts);
    Format format =
        request.zip() == null
            ? Format.CAPGO_FILES
            : encrypted ? Format.CAPGO_ZIP : Format.PLAIN_ZIP;
    return new Plan(scheme, format, sessionKey, checksum, files, parts);
  }

  /// Whether the checksum is a CRC32, which only the bytes can be held against.
  static boolean isCrc32(String checksum) {
    return CRC32.matcher(checksum).matches();
  }

  private static Scheme scheme(boolean encrypted, String checksum, String pointer) {
    if (!encrypted) {
      require(
          SHA256.matcher(checksum).matches() || (isCrc32(checksum) && pointer.equals("/checksum")),
          pointer,
          "In the clear this is the SHA-256 in 64 lower-case hex digits.");
      return Scheme.PLAIN;
    }
    if (V3.matcher(checksum).matches()) return Scheme.V3;
    require(
        isBase64(checksum, RSA_BYTES),
        pointer,
        "This is 512 lower-case hex digits (V3) or the base64 of 256 bytes (V2), as the Capgo command"
            + " line prints it.");
    return Scheme.V2;
  }

  private static void requireFiles(List<File> files, Scheme scheme, Map<Digest, Long> parts) {
    boolean encrypted = scheme != Scheme.PLAIN;
    BundlePath.requireAll(files.stream().map(File::fileName).toList());
    var targets = new HashSet<String>();
    for (int i = 0; i < files.size(); i++) {
      File file = files.get(i);
      String pointer = "/files/" + i;
      String name = file.fileName();
      boolean brotli = name.endsWith(BROTLI);
      String target = brotli ? name.substring(0, name.length() - BROTLI.length()) : name;
      require(
          targets.add(target) && !target.isEmpty() && !target.endsWith("/"),
          pointer + "/file_name",
          "Two files would be one once .br is cut off, or nothing would be left.");
      require(
          scheme(encrypted, file.fileHash(), pointer + "/file_hash") == scheme,
          pointer + "/file_hash",
          "All checksums of a bundle are of one kind.");
      require(
          encrypted || brotli || file.fileHash().equals(file.id().hex()),
          pointer + "/file_hash",
          "The hash is not the SHA-256 of the file.");
      requireSize(file.size(), encrypted, pointer + "/size");
      Long other = parts.put(file.id(), file.size());
      require(
          other == null || other == file.size(),
          pointer + "/size",
          "The same bytes cannot have two lengths.");
    }
  }

  private static void requireSize(long size, boolean encrypted, String pointer) {
    if (encrypted) {
      require(
          size > 0 && size % AES_BLOCK == 0,
          pointer,
          "What AES-CBC encrypted is a multiple of 16 bytes and never empty; the plugin cannot install"
              + " an empty file of an encrypted list.");
    } else {
      require(size >= 0, pointer, "A length is not negative.");
    }
  }

  private static void requireSessionKey(String sessionKey) {
    int colon = sessionKey.indexOf(':');
    require(
        colon > 0
            && sessionKey.indexOf(':', colon + 1) < 0
            && isBase64(sessionKey.substring(0, colon), AES_BLOCK)
            && isBase64(sessionKey.substring(colon + 1), RSA_BYTES),
        "/session_key",
        "A session key is the base64 of 16 bytes, a colon, and the base64 of 256 bytes.");
  }

  private static void requireTexts(NewCapgoBundle request) {
    String lowest = request.nativeMin();
    requireNoKey(lowest, "/native_min");
    require(
        lowest == null || VersionOrder.isVersion(lowest),
        "/native_min",
        "A lowest native version is written like 5.0.0; with anything else no device is compared.");
    requireText(request.link(), LINK, MAX_LINK, "/link");
    requireText(request.comment(), null, MAX_COMMENT, "/comment");
    requireNoKey(request.keyId(), "/key_id");
    requireNoKey(request.sessionKey(), "/session_key");
    requireNoKey(request.checksum(), "/checksum");
    for (File file : orNone(request.files())) requireNoKey(file.fileName(), "/files");
  }

  private static void requireText(
      @Nullable String text, @Nullable Pattern shape, int longest, String pointer) {
    if (text == null) return;
    requireNoKey(text, pointer);
    require(
        text.length() <= longest
            && (shape == null || shape.matcher(text).matches())
            && text.codePoints().allMatch(CapgoRules::isVisible),
        pointer,
        "This text is too long, has another shape, or characters that cannot be seen.");
  }

  private static boolean isVisible(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE -> false;
      default -> true;
    };
  }

  /// In the Capgo schemes the app's public key opens its bundles: who sends it here by mistake
  /// gives away the confidentiality of all of them.
  private static void requireNoKey(@Nullable String text, String pointer) {
    if (text == null) return;
    boolean isKeyId = pointer.equals("/key_id") && text.length() <= 20;
    if (text.contains("-----BEGIN") || (text.contains(PUBLIC_KEY) && !isKeyId)) {
      throw Refusal.of(
              422,
              "secret-material",
              "This is a key. No key may reach a server: in the Capgo schemes even the public one"
                  + " opens the bundles.")
          .with("pointer", pointer);
    }
  }

  private static boolean isBase64(String text, int bytes) {
    if (text.length() != (bytes + 2) / 3 * 4) return false;
    try {
      byte[] decoded = Base64.getDecoder().decode(text);
      return decoded.length == bytes && Base64.getEncoder().encodeToString(decoded).equals(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static List<File> orNone(@Nullable List<File> files) {
    return files == null ? List.of() : files;
  }

  private static void require(boolean condition, String pointer, String detail) {
    if (!condition) {
      throw Refusal.of(422, "capgo-bundle-invalid", detail).with("pointer", pointer);
    }
  }
}
