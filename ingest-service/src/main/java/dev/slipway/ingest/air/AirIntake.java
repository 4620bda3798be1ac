package dev.slipway.ingest.air;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestConfig;
import dev.slipway.ingest.blob.BlobIntake;
import dev.slipway.ingest.blob.Kind;
import dev.slipway.ingest.blob.Spool;
import dev.slipway.ingest.bundle.BundleBook;
import dev.slipway.ingest.bundle.BundleRules;
import dev.slipway.ingest.bundle.Commit;
import dev.slipway.ingest.bundle.Judgement;
import dev.slipway.ingest.bundle.Receipt;
import dev.slipway.ingest.retry.Claim;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Publishes AIR packages. A package waits on disk until all of it is checked; then it is stored
/// like any blob, and a document with what it says of itself publishes it.
@ApplicationScoped
public class AirIntake {

  private static final String FORMAT = "slipway-air/1";

  private final BlobIntake blobs;
  private final BundleBook bundles;
  private final Commit commit;
  private final Database database;
  private final IngestConfig config;
  private final Clock clock;

  AirIntake(
      BlobIntake blobs,
      BundleBook bundles,
      Commit commit,
      Database database,
      IngestConfig config,
      Clock clock) {
    this.blobs = blobs;
    this.bundles = bundles;
    this.commit = commit;
    this.database = database;
    this.config = config;
    this.clock = clock;
  }

  /// What stands for the package, member by member in this order.
  ///
  /// @param x5c who signed it, and the chain that came with it, in base64
  private record Document(
      String format,
      AppId appId,
      Version version,
      Digest id,
      long size,
      int files,
      String namespace,
      @Nullable String label,
      Map<String, String> description,
      List<String> x5c) {}

  /// @param claim gives the sender's key for the request, once the package's digest is known
  Receipt take(
      AppState app,
      InputStream body,
      OptionalLong declared,
      Function<Digest, Optional<Claim>> claim) {
    AirRules.requireReadable(app);
    try (var upload = blobs.receive(body, declared)) {
      AirPackage air = read(upload);
      AirRules.requireFits(air.descriptor(), app);
      byte[] document = document(app.appId(), air, upload);
      Digest digest = Digest.sha256(document);
      Instant now = clock.instant();
      var claimed = claim.apply(upload.digest());
      var known = database.inTransaction(() -> bundles.known(app, digest, claimed, now));
      // What was accepted once stays accepted, also after its certificate has expired.
      if (known.same().isPresent()) return commit.again(known.same().get(), document);

      Judgement judgement =
          standing -> {
            var following = AirRules.follow(air.signatures(), standing.trust(), app, now);
            var accepted =
                Commit.follow(
                    app,
                    state(app.appId(), air, upload, digest, following.handedOverBy(), now),
                    standing,
                    following.step(),
                    BundleRules.warnings(
                        following.grace(), air.signatures().publisher().notAfter(), now));
            return accepted.using(following.used());
          };
      BundleState bundle = judgement.judge(known.standing()).bundle();
      var checked = commit.check(app, bundle, Map.of());
      if (checked.isPresent()) return checked.get();
      blobs.keep(app, Kind.PLAIN, upload);
      return commit.commit(
          app,
          bundle,
          new Commit.Document(
              Map.of(upload.digest(), upload.size()), document, "application/json", claimed),
          judgement);
    }
  }

  private AirPackage read(Spool.Upload upload) {
    try {
      return AirPackage.read(
          upload.file(), config.air().maxUnpacked().asLongValue(), config.air().sha1());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] document(AppId app, AirPackage air, Spool.Upload upload) {
    AirDescriptor descriptor = air.descriptor();
    var document =
        new Document(
            FORMAT,
            app,
            AirRules.version(descriptor),
            upload.digest(),
            upload.size(),
            air.files(),
            descriptor.updateNamespace(),
            descriptor.label(),
            new TreeMap<>(descriptor.description()),
            air.signatures().publisher().chain().stream()
                .map(Base64.getEncoder()::encodeToString)
                .toList());
    try {
      return Json.LENIENT.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("records of text are JSON", e);
    }
  }

  private static BundleState state(
      AppId app,
      AirPackage air,
      Spool.Upload upload,
      Digest document,
      @Nullable Digest handedOverBy,
      Instant now) {
    AirDescriptor descriptor = air.descriptor();
    return new BundleState(
        app,
        AirRules.version(descriptor),
        now.toEpochMilli(),
        BundleState.Status.PUBLISHED,
        BundleState.Format.AIR,
        document,
        1,
        upload.size(),
        0,
        air.signatures().publisher().fingerprint(),
        handedOverBy,
        BundleState.Compat.ANY,
        null,
        new BundleState.Air(
            descriptor.updateNamespace(),
            descriptor.label(),
            descriptor.description(),
            upload.digest()),
        null,
        false,
        now);
  }
}
