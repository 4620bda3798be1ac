package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.COMPRESSION;
import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.INDEX_INVALID;
import static dev.slipway.bundle.BundleException.Reason.INDEX_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.LENGTH;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The table of a bundle's files, which only who holds a key can read.
 *
 * @param appId the app
 * @param version the version
 * @param files the files; their paths keep all rules
 * @param notes what is new, by language
 */
record Index(AppId appId, String version, List<File> files, Map<String, String> notes) {

  static final String FORMAT = "slipway-index/1";

  /** The most bytes that an index may have: 20000 files with long paths fit. */
  static final int MAX_BYTES = 32 << 20;

  private static final String NO_COMPRESSION = "none";

  /**
   * One file.
   *
   * @param path where it goes
   * @param blob the blob that holds it
   * @param key the key that opens the blob
   * @param length its length
   * @param digest the SHA-256 of its bytes
   */
  record File(String path, Digest blob, Secret key, long length, Digest digest) {}

  Index {
    files = List.copyOf(files);
    if (files.isEmpty() || files.size() > Manifest.MAX_BLOBS) {
      throw new BundleException(INDEX_INVALID).with("files", files.size());
    }
    BundlePath.requireAll(files.stream().map(File::path).collect(Collectors.toList()));
    notes = Map.copyOf(notes);
  }

  byte[] write() {
    return StrictJson.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("format", FORMAT);
          json.writeStringField("app_id", appId.text());
          json.writeStringField("version", version);
          json.writeArrayFieldStart("files");
          for (File file : files) {
            json.writeStartObject();
            json.writeStringField("path", file.path());
            json.writeStringField("blob", file.blob().text());
            json.writeStringField("key", file.key().reveal());
            json.writeNumberField("len", file.length());
            json.writeStringField("sha256", file.digest().text());
            json.writeStringField("z", NO_COMPRESSION);
            json.writeNumberField("plen", file.length());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeObjectFieldStart("notes");
          for (Map.Entry<String, String> note : new TreeMap<>(notes).entrySet()) {
            json.writeStringField(note.getKey(), note.getValue());
          }
          json.writeEndObject();
          json.writeArrayFieldStart("next_keys");
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  static Index read(byte[] plain) {
    JsonObject json = StrictJson.parse(plain);
    if (!json.string("format").equals(FORMAT)) {
      throw new BundleException(FORMAT_UNKNOWN).with("pointer", "/format");
    }
    AppId app = ManifestJson.appId(json, "app_id");
    String version = Manifest.requireVersion(json.string("version"), "/version");
    List<File> files = new ArrayList<>();
    for (JsonObject file : json.objects("files")) {
      String path = file.string("path");
      Digest blob = ManifestJson.digest(file, "blob");
      Secret key = Secret.parse(file.string("key"));
      long length = file.integer("len");
      Digest digest = ManifestJson.digest(file, "sha256");
      if (!file.string("z").equals(NO_COMPRESSION)) {
        throw new BundleException(COMPRESSION).with("pointer", file.pointerTo("z"));
      }
      // Without compression and padding, what was encrypted is the file itself.
      if (length < 0 || file.integer("plen") != length) {
        throw new BundleException(LENGTH).with("pointer", file.pointerTo("plen"));
      }
      file.done();
      files.add(new File(path, blob, key, length, digest));
    }
    Map<String, String> notes = json.object("notes").allStrings();
    if (!json.objects("next_keys").isEmpty()) {
      throw new BundleException(INDEX_INVALID).with("pointer", "/next_keys");
    }
    json.done();
    return new Index(app, version, files, notes);
  }

  /** Refuses an index that is not the one of this manifest. */
  void requireMatches(Manifest manifest) {
    if (!appId.equals(manifest.appId()) || !version.equals(manifest.version())) {
      throw new BundleException(INDEX_MISMATCH).with("pointer", "/version");
    }
    Map<Digest, Blob> unused = new HashMap<>();
    Map<Digest, Blob> known = new HashMap<>();
    for (Blob blob : manifest.blobs()) {
      unused.put(blob.id(), blob);
      known.put(blob.id(), blob);
    }
    for (File file : files) {
      Blob blob = known.get(file.blob());
      if (blob == null) {
        throw new BundleException(INDEX_MISMATCH).with("blob", file.blob());
      }
      if (Blob.plainLength(blob.size()) != file.length()) {
        throw new BundleException(LENGTH).with("blob", file.blob());
      }
      unused.remove(file.blob());
    }
    for (Digest blob : unused.keySet()) {
      throw new BundleException(INDEX_MISMATCH).with("blob", blob);
    }
  }
}
