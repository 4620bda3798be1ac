package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.COMPRESSION;
import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.INDEX_INVALID;
import static dev.slipway.bundle.BundleException.Reason.INDEX_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.LENGTH;
import static dev.slipway.bundle.BundleException.Reason.PADDING;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The table of a bundle's files, which only who holds a key can read.
 *
 * @param appId the app
 * @param version the version
 * @param files the files; their paths keep all rules
 * @param notes what is new, by language
 * @param nextKeys keys of the fleet that later releases are sealed for
 */
record Index(
    AppId appId,
    String version,
    List<File> files,
    Map<String, String> notes,
    List<WrappingKey> nextKeys) {

  static final String FORMAT = "slipway-index/1";

  /** The most bytes that an index may have: 20000 files with long paths fit. */
  static final int MAX_BYTES = 32 << 20;

  private static final String NO_COMPRESSION = "none";
  private static final String ZSTD = "zstd";
  private static final int MAX_NEXT_KEYS = 16;

  /**
   * One file.
   *
   * @param path where it goes
   * @param blob the blob that holds it
   * @param key the key that opens the blob
   * @param length its length
   * @param digest the SHA-256 of its bytes
   * @param compressed whether the blob holds a zstd frame of them
   * @param packedLength how many bytes of the blob are theirs; zeros follow
   */
  record File(
      String path,
      Digest blob,
      Secret key,
      long length,
      Digest digest,
      boolean compressed,
      long packedLength) {

    File {
      if (length < 0 || packedLength < 0 || (!compressed && packedLength != length)) {
        throw new BundleException(LENGTH).with("pointer", "/files/plen");
      }
    }

    /** A file whose blob holds its bytes as they are. */
    File(String path, Digest blob, Secret key, long length, Digest digest) {
      this(path, blob, key, length, digest, false, length);
    }

    /** The same content under another path. */
    File at(String otherPath) {
      return new File(otherPath, blob, key, length, digest, compressed, packedLength);
    }
  }

  Index {
    files = List.copyOf(files);
    if (files.isEmpty() || files.size() > Manifest.MAX_BLOBS) {
      throw new BundleException(INDEX_INVALID).with("files", files.size());
    }
    BundlePath.requireAll(files.stream().map(File::path).collect(Collectors.toList()));
    notes = Map.copyOf(notes);
    nextKeys = List.copyOf(nextKeys);
    long kids = nextKeys.stream().map(WrappingKey::kid).distinct().count();
    if (nextKeys.size() > MAX_NEXT_KEYS || kids != nextKeys.size()) {
      throw new BundleException(INDEX_INVALID).with("pointer", "/next_keys");
    }
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
            json.writeStringField("z", file.compressed() ? ZSTD : NO_COMPRESSION);
            json.writeNumberField("plen", file.packedLength());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeObjectFieldStart("notes");
          for (Map.Entry<String, String> note : new TreeMap<>(notes).entrySet()) {
            json.writeStringField(note.getKey(), note.getValue());
          }
          json.writeEndObject();
          json.writeArrayFieldStart("next_keys");
          for (WrappingKey key : nextKeys) {
            json.writeStartObject();
            json.writeStringField("kid", key.kid());
            json.writeStringField("key", key.key().reveal());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  /** An index that announces no keys. */
  Index(AppId appId, String version, List<File> files, Map<String, String> notes) {
    this(appId, version, files, notes, List.of());
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
      String compression = file.string("z");
      if (!Set.of(NO_COMPRESSION, ZSTD).contains(compression)) {
        throw new BundleException(COMPRESSION).with("pointer", file.pointerTo("z"));
      }
      long packed = file.integer("plen");
      file.done();
      files.add(new File(path, blob, key, length, digest, compression.equals(ZSTD), packed));
    }
    Map<String, String> notes = json.object("notes").allStrings();
    List<WrappingKey> nextKeys = new ArrayList<>();
    for (JsonObject key : json.objects("next_keys")) {
      nextKeys.add(new WrappingKey(key.string("kid"), Secret.parse(key.string("key"))));
      key.done();
    }
    json.done();
    return new Index(app, version, files, notes, nextKeys);
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
      long plain = Blob.plainLength(blob.size());
      if (plain < file.packedLength()) {
        throw new BundleException(LENGTH).with("blob", file.blob());
      }
      if (plain != file.packedLength() && plain != Packing.padme(file.packedLength())) {
        throw new BundleException(PADDING).with("blob", file.blob());
      }
      unused.remove(file.blob());
    }
    for (Digest blob : unused.keySet()) {
      throw new BundleException(INDEX_MISMATCH).with("blob", blob);
    }
  }
}
