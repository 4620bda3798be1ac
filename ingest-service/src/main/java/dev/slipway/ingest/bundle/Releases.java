package dev.slipway.ingest.bundle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jboss.logging.Logger;

/// The folders `releases/<app>/<version>/`, whose addresses never change: what published the
/// version, and `certificate.pem` with the chain that signed it. A folder is written once, after
/// its version has come to exist; what a crash left out is written by [#catchUp].
///
/// AIR applications find an `update.xml` at such an address too. It is no object: it names where
/// devices fetch packages, so the delivery service, which knows that, answers with it.
@ApplicationScoped
public class Releases {

  static final String MANIFEST = "manifest.jws.json";
  static final String BUNDLE = "bundle.json";
  static final String CERTIFICATE = "certificate.pem";

  private static final Logger LOG = Logger.getLogger(Releases.class);

  /// A manifest of many blobs is one text of some megabytes.
  private static final ObjectMapper DOCUMENTS =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(Manifest.MAX_BYTES).build())
              .build());

  private static final Base64.Encoder PEM_LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private final ObjectStore store;
  private final BlobBook blobs;
  private final BundleBook bundles;
  private final Database database;
  private final Clock clock;

  Releases(ObjectStore store, BlobBook blobs, BundleBook bundles, Database database, Clock clock) {
    this.store = store;
    this.blobs = blobs;
    this.bundles = bundles;
    this.database = database;
    this.clock = clock;
  }

  /// Writes the folder of a version that exists; again is no mistake.
  ///
  /// @param document what published it
  void write(BundleState bundle, byte[] document) {
    AppId app = bundle.appId();
    Version version = bundle.version();
    JsonNode json = parse(document);
    boolean sealed = bundle.format() == Format.SLIPWAY_BUNDLE_1;
    var kept = new Documents.Document(app, version, bundle.manifest(), bundle.format());
    store.put(kept.inFolder(), document, kept.mediaType());
    String chain = pem(sealed ? publisherChain(json) : json.path("x5c"));
    if (!chain.isEmpty()) {
      put(bundle, CERTIFICATE, chain, "application/x-pem-file");
    }
    database.inTransaction(() -> enter(app, version));
  }

  /// Writes the folders that are not written yet, and enters what the versions of earlier releases
  /// of this service refer to.
  ///
  /// @param limit the most folders
  /// @return how many were written
  public int catchUp(int limit) {
    List<BundleRow> rows = database.inTransaction(() -> bundles.withoutFolder(limit));
    int written = 0;
    for (BundleRow row : rows) {
      BundleState bundle = row.state();
      var document =
          store.bytes(ObjectKey.manifest(bundle.appId(), bundle.manifest()), Manifest.MAX_BYTES);
      if (document.isEmpty()) {
        LOG.errorf(
            "What published a version is missing: app=%s version=%s manifest=%s",
            bundle.appId(), bundle.version(), bundle.manifest());
        continue;
      }
      if (bundle.format() == Format.SLIPWAY_BUNDLE_1) {
        var parts = parts(parse(document.get()));
        database.inTransaction(
            () ->
                blobs
                    .lock(bundle.appId(), true)
                    .flatMap(_ -> blobs.refer(bundle.appId(), bundle.version().text(), parts)));
      }
      write(bundle, document.get());
      written++;
    }
    return written;
  }

  private void put(BundleState bundle, String file, String content, String mediaType) {
    store.put(
        ObjectKey.release(bundle.appId(), bundle.version(), file),
        content.getBytes(StandardCharsets.UTF_8),
        mediaType);
  }

  private Uni<Integer> enter(AppId app, Version version) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "insert into ingest.release (app_id, version, written_at)"
                            + " values (:app, :version, :now) on conflict do nothing")
                    .setParameter("app", app.text())
                    .setParameter("version", version.text())
                    .setParameter("now", clock.instant())
                    .executeUpdate());
  }

  /// All that a manifest, verified when it was accepted, names.
  private static List<Digest> parts(JsonNode jws) {
    JsonNode manifest = parse(base64Url(jws.path("payload").asText()));
    var parts = new ArrayList<Digest>();
    parts.add(Digest.parse(manifest.path("index").path("id").asText()));
    manifest.path("blobs").forEach(blob -> parts.add(Digest.parse(blob.path("id").asText())));
    JsonNode capgo = manifest.path("capgo").path("id");
    if (capgo.isTextual()) parts.add(Digest.parse(capgo.asText()));
    return parts;
  }

  private static JsonNode publisherChain(JsonNode jws) {
    for (JsonNode signature : jws.path("signatures")) {
      JsonNode header = parse(base64Url(signature.path("protected").asText()));
      if (header.path("role").asText().equals("publisher")) return header.path("x5c");
    }
    return jws.path("x5c");
  }

  private static String pem(JsonNode chain) {
    var pem = new StringBuilder();
    for (JsonNode certificate : chain) {
      byte[] der = Base64.getDecoder().decode(certificate.asText());
      pem.append("-----BEGIN CERTIFICATE-----\n")
          .append(PEM_LINES.encodeToString(der))
          .append("\n-----END CERTIFICATE-----\n");
    }
    return pem.toString();
  }

  private static byte[] base64Url(String text) {
    return Base64.getUrlDecoder().decode(text);
  }

  private static JsonNode parse(byte[] json) {
    try {
      return DOCUMENTS.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
