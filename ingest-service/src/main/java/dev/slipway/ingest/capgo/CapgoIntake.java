package dev.slipway.ingest.capgo;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.bundle.NewCapgoBundle;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.blob.BlobIntake;
import dev.slipway.ingest.blob.Kind;
import dev.slipway.ingest.bundle.BundleBook;
import dev.slipway.ingest.bundle.Commit;
import dev.slipway.ingest.bundle.Receipt;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.kit.http.Refusal;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayInputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// Publishes what the stock Capgo tools made. Such a bundle has no signed manifest: a document of
/// ours, written in one way only, stands for it, so that the same bundle sent again is the same
/// version.
@ApplicationScoped
public class CapgoIntake {

  private static final String FORMAT = "slipway-capgo/1";
  private static final String JSON = "application/json";

  private final BlobIntake blobs;
  private final BundleBook bundles;
  private final Commit commit;
  private final Database database;
  private final ObjectStore store;
  private final Clock clock;

  CapgoIntake(
      BlobIntake blobs,
      BundleBook bundles,
      Commit commit,
      Database database,
      ObjectStore store,
      Clock clock) {
    this.blobs = blobs;
    this.bundles = bundles;
    this.commit = commit;
    this.database = database;
    this.store = store;
    this.clock = clock;
  }

  /// What stands for the bundle, member by member in this order.
  ///
  /// @param files the digest of the list of files
  private record Document(
      String format,
      AppId appId,
      Version version,
      Scheme scheme,
      @Nullable String sessionKey,
      @Nullable String checksum,
      @Nullable String keyId,
      NewCapgoBundle.@Nullable Zip zip,
      @Nullable Digest files,
      @Nullable String nativeMin,
      @Nullable String link,
      @Nullable String comment) {}

  /// @param claim the sender's key for the request, if there is one
  Receipt take(AppState app, NewCapgoBundle request, Optional<Claim> claim) {
    var plan = CapgoRules.plan(request, app);
    byte @Nullable [] list = plan.files().isEmpty() ? null : json(plan.files());
    Digest listId = list == null ? null : Digest.sha256(list);
    byte[] document = json(document(app.appId(), request, plan, listId));
    var bundle = state(app.appId(), request, plan, listId, Digest.sha256(document));

    var known =
        database.inTransaction(
            () -> bundles.known(app, bundle.manifest(), claim, bundle.acceptedAt()));
    if (known.same().isPresent()) return commit.again(known.same().get(), document);
    Commit.follow(app, bundle, known.standing());

    var parts = new LinkedHashMap<>(plan.parts());
    var checked = commit.check(app, bundle, parts);
    if (checked.isPresent()) return checked.get();
    if (request.zip() != null && CapgoRules.isCrc32(plan.checksum())) {
      requireCrc32(app.appId(), request.zip().id(), plan.checksum());
    }
    if (list != null) {
      try (var upload =
          blobs.receive(new ByteArrayInputStream(list), OptionalLong.of(list.length))) {
        blobs.keep(app, Kind.PLAIN, upload);
      }
      parts.put(listId, (long) list.length);
    }
    return commit.commit(
        app,
        bundle,
        new Commit.Document(parts, document, JSON, claim),
        standing -> Commit.follow(app, bundle, standing));
  }

  private static Document document(
      AppId app, NewCapgoBundle request, CapgoRules.Plan plan, @Nullable Digest files) {
    return new Document(
        FORMAT,
        app,
        request.version(),
        plan.scheme(),
        plan.sessionKey(),
        plan.checksum(),
        request.keyId(),
        request.zip(),
        files,
        request.nativeMin(),
        request.link(),
        request.comment());
  }

  private BundleState state(
      AppId app,
      NewCapgoBundle request,
      CapgoRules.Plan plan,
      @Nullable Digest files,
      Digest document) {
    Instant now = clock.instant();
    var zip = request.zip();
    boolean described = request.link() != null || request.comment() != null;
    return new BundleState(
        app,
        request.version(),
        now.toEpochMilli(),
        BundleState.Status.PUBLISHED,
        plan.format(),
        document,
        plan.parts().size(),
        plan.parts().values().stream().mapToLong(Long::longValue).sum(),
        0,
        null,
        null,
        new BundleState.Compat(Set.of(), request.nativeMin()),
        new BundleState.Capgo(
            plan.scheme(),
            zip == null ? null : zip.id(),
            zip == null ? 0 : zip.size(),
            plan.sessionKey(),
            plan.checksum(),
            request.keyId(),
            files),
        null,
        described ? new BundleState.Metadata(request.link(), request.comment()) : null,
        false,
        now);
  }

  private void requireCrc32(AppId app, Digest zip, String expected) {
    var crc = new CRC32();
    store.read(ObjectKey.blob(app, zip), crc::update);
    String found = String.format(Locale.ROOT, "%08x", crc.getValue());
    if (!found.equals(expected)) {
      throw Refusal.of(422, "capgo-bundle-invalid", "The checksum is not the CRC32 of the zip.")
          .with("pointer", "/checksum")
          .with("found", found);
    }
  }

  private static byte[] json(Object value) {
    try {
      return Json.LENIENT.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("records of text are JSON", e);
    }
  }
}
