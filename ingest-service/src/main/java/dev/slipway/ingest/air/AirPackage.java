package dev.slipway.ingest.air;

import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_MISSING;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// An AIR package that is what it says: entries in their order, a descriptor, and a signature that
/// covers every file. Whether its signer may publish, and whether it is in time, is asked
/// elsewhere.
///
/// Not covered are `META-INF/signatures.xml` itself and `META-INF/AIR/hash`, which packagers patch
/// in after all else is written.
///
/// @param files how many files it has
record AirPackage(AirDescriptor descriptor, AirSignatures signatures, int files) {

  private static final byte[] MIMETYPE =
      "application/vnd.adobe.air-application-installer-package+zip"
          .getBytes(StandardCharsets.US_ASCII);
  private static final String DESCRIPTOR = "META-INF/AIR/application.xml";
  private static final String HASH = "META-INF/AIR/hash";
  private static final String SIGNATURES = "META-INF/signatures.xml";

  /// Where native extensions lie, with files of any name.
  private static final String EXTENSIONS = "META-INF/AIR/extensions/";

  /// @param mostBytes that all its files may have together
  /// @param sha1 whether RSA with SHA-1 is allowed
  /// @throws dev.slipway.kit.http.Refusal 422 `air-package-invalid`
  /// @throws BundleException for a mistake of names, signatures or certificates
  static AirPackage read(Path file, long mostBytes, boolean sha1) throws IOException {
    try (var zip = AirZip.open(file, mostBytes)) {
      List<AirZip.Entry> entries = zip.entries();
      requireOrder(zip, entries);
      AirDescriptor descriptor =
          AirDescriptor.parse(zip.bytes(entries.get(1), AirDescriptor.MAX_BYTES));
      AirZip.Entry last = entries.getLast();
      if (!last.name().equals(SIGNATURES)) {
        throw new BundleException(SIGNATURE_MISSING).with("last", SIGNATURES);
      }
      AirSignatures signatures =
          AirSignatures.verify(zip.bytes(last, AirSignatures.MAX_BYTES), sha1);
      int files = requireCovered(zip, signatures.files());
      return new AirPackage(descriptor, signatures, files);
    }
  }

  private static void requireOrder(AirZip zip, List<AirZip.Entry> entries) throws IOException {
    AirZip.Entry first = entries.getFirst();
    if (!first.name().equals("mimetype")) {
      throw Mistake.NO_MIMETYPE.refuse("The first entry is not mimetype.");
    }
    if (!first.stored()) throw Mistake.COMPRESSION.refuse("mimetype is stored, not deflated.");
    if (!Arrays.equals(zip.bytes(first, MIMETYPE.length), MIMETYPE)) {
      throw Mistake.NOT_AIR.refuse("mimetype does not name an AIR package.");
    }
    if (entries.size() < 3 || !entries.get(1).name().equals(DESCRIPTOR)) {
      throw Mistake.NO_DESCRIPTOR.refuse("The second entry is not " + DESCRIPTOR + ".");
    }
    for (int i = 2; i < entries.size(); i++) {
      AirZip.Entry entry = entries.get(i);
      String name = entry.name();
      boolean known =
          name.equals(HASH)
              || name.startsWith(EXTENSIONS)
              || entry.isFolder()
              || (name.equals(SIGNATURES) && i == entries.size() - 1);
      if (name.startsWith("META-INF/") && !known) {
        throw Mistake.FILE_NAME.refuse("META-INF/ is the format's own folder.");
      }
      if (name.equals(HASH) && !entry.stored()) {
        throw Mistake.COMPRESSION.refuse(HASH + " is stored, not deflated.");
      }
    }
  }

  /// Every file has one reference with its digest, and every reference its file.
  private static int requireCovered(AirZip zip, Map<String, Digest> references) throws IOException {
    var left = new HashMap<String, Digest>();
    references.forEach(
        (uri, digest) -> {
          if (left.put(path(uri), digest) != null) throw uncovered(uri);
        });
    int files = 0;
    for (AirZip.Entry entry : zip.entries()) {
      if (entry.isFolder() || entry.name().equals(SIGNATURES)) continue;
      var sha256 = Digest.newSha256();
      zip.read(entry, sha256::update);
      files++;
      Digest expected = left.remove(entry.name());
      boolean mayBeLeftOut = entry.name().equals(HASH) && expected == null;
      if (!mayBeLeftOut && !Digest.of(sha256.digest()).equals(expected)) {
        throw uncovered(entry.name());
      }
    }
    if (!left.isEmpty()) throw uncovered(left.keySet().iterator().next());
    return files;
  }

  /// References are addresses: a name with a space may be written with %20.
  private static String path(String uri) {
    try {
      return uri.indexOf('%') < 0
          ? uri
          : URLDecoder.decode(uri.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return uri;
    }
  }

  private static BundleException uncovered(String name) {
    return new BundleException(SIGNATURE_INVALID).with("file", AirZip.safe(name));
  }
}
