package dev.slipway.ingest.blob;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Blob;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.app.AppState;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.ingest.upkeep.Health;
import dev.slipway.kit.http.Refusal;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.OptionalLong;
import org.hibernate.exception.ConstraintViolationException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Takes blobs in. First all bytes on disk, then digest, length and what they look like, then the
/// object, then the row: whatever ends early leaves nothing that anybody can refer to, and the same
/// upload may come again.
@ApplicationScoped
public class BlobIntake {

  private static final Logger LOG = Logger.getLogger(BlobIntake.class);

  private final Spool spool;
  private final ObjectStore store;
  private final BlobBook book;
  private final Database database;
  private final Health health;
  private final IngestMetrics metrics;
  private final Clock clock;

  BlobIntake(
      Spool spool,
      ObjectStore store,
      BlobBook book,
      Database database,
      Health health,
      IngestMetrics metrics,
      Clock clock) {
    this.spool = spool;
    this.store = store;
    this.book = book;
    this.database = database;
    this.health = health;
    this.metrics = metrics;
    this.clock = clock;
  }

  /// What came of an upload.
  public enum Result {
    STORED,
    WAS_THERE
  }

  /// @param declared the length that the sender announced
  public Result take(AppState app, Digest id, Kind kind, InputStream body, OptionalLong declared) {
    if (declared.isPresent()) requireRoom(app, id, declared.getAsLong());
    try (var upload = spool.receive(body, declared)) {
      if (!upload.digest().equals(id)) {
        throw new BundleException(BLOB_DIGEST_MISMATCH).with("found", upload.digest());
      }
      return keep(app, kind, upload);
    }
  }

  /// Receives what is named by what it is, and checks it before it is kept.
  public Spool.Upload receive(InputStream body, OptionalLong declared) {
    return spool.receive(body, declared);
  }

  /// Stores what was received, under its digest.
  public Result keep(AppState app, Kind kind, Spool.Upload upload) {
    AppId owner = app.appId();
    Digest id = upload.digest();
    // Whoever sends a readable file is told so, not that it has an odd length.
    if (kind.isEncrypted()) requireCiphertext(upload);
    BlobLength.require(id, kind, upload.size());
    byte[] header = kind == Kind.SEALED ? upload.head(Blob.HEADER) : null;
    var before = database.inTransaction(() -> book.before(owner, id, header));
    if (before.twin() != null) throw nonceReuse(owner, id, before.twin());
    if (!before.known()) requireRoom(app, before.used(), upload.size());

    var key = ObjectKey.blob(owner, id);
    boolean storedNow = store.put(key, upload.file(), id);
    boolean entered = enter(owner, id, upload.size(), header);
    // An object that was there may have been collected before the row said that it is wanted.
    if (!storedNow && store.size(key).isEmpty()) store.put(key, upload.file(), id);
    if (before.rotten()) health.returned(owner, id);
    return entered ? Result.STORED : Result.WAS_THERE;
  }

  /// The length of a blob that was taken and is really there. Who asks may be about to refer to it:
  /// it is not collected for another day.
  public OptionalLong size(AppId app, Digest id) {
    return database.inTransaction(() -> book.want(app, id, clock.instant())).isPresent()
        ? store.size(ObjectKey.blob(app, id))
        : OptionalLong.empty();
  }

  private void requireCiphertext(Spool.Upload upload) {
    try {
      Ciphertext.require(upload.file(), upload.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean enter(AppId app, Digest id, long size, byte @Nullable [] header) {
    try {
      return database.inTransaction(() -> book.enter(app, id, size, header, clock.instant()));
    } catch (ConstraintViolationException e) {
      // Two blobs with one header at once. The object that no row refers to is collected.
      var twin = database.inTransaction(() -> book.before(app, id, header)).twin();
      if (twin == null) throw e;
      throw nonceReuse(app, id, twin);
    }
  }

  private void requireRoom(AppState app, Digest id, long size) {
    var before = database.inTransaction(() -> book.before(app.appId(), id, null));
    if (!before.known()) requireRoom(app, before.used(), size);
  }

  private void requireRoom(AppState app, long used, long more) {
    long limit = app.policy().maxTotalBytes();
    if (more > limit - used) {
      throw quotaExceeded("Everything that is stored for the app", limit)
          .with("used", used)
          .with("needed", more);
    }
  }

  /// @param what is limited
  public static Refusal quotaExceeded(String what, long limit) {
    return Refusal.of(
            403,
            "quota-exceeded",
            what
                + " may have "
                + limit
                + " bytes. Withdraw old versions, or raise the app's limit.")
        .with("limit", limit);
  }

  private Refusal nonceReuse(AppId app, Digest id, Digest twin) {
    metrics.nonceReused();
    LOG.warnf("Two blobs begin with one key and nonce: app=%s blob=%s other=%s", app, id, twin);
    return Refusal.of(
            422,
            "nonce-reuse",
            "Another blob of the app begins with the same salt and commitment: two contents were"
                + " encrypted under one key and nonce. Seal again with the tools of this project,"
                + " and take the data key for compromised.")
        .with("other", twin.text());
  }
}
