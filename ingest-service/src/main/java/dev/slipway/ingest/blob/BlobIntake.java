package dev.slipway.ingest.blob;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.InputStream;
import java.time.Clock;
import java.util.OptionalLong;

/// Takes blobs in. First all bytes on disk, then digest and length, then the object, then the row:
/// whatever ends early leaves nothing that anybody can refer to, and the same upload may come
/// again.
@ApplicationScoped
public class BlobIntake {

  private final Spool spool;
  private final ObjectStore store;
  private final BlobBook book;
  private final Database database;
  private final Clock clock;

  BlobIntake(Spool spool, ObjectStore store, BlobBook book, Database database, Clock clock) {
    this.spool = spool;
    this.store = store;
    this.book = book;
    this.database = database;
    this.clock = clock;
  }

  /// What came of an upload.
  public enum Result {
    STORED,
    WAS_THERE
  }

  /// @param declared the length that the sender announced
  public Result take(AppId app, Digest id, InputStream body, OptionalLong declared) {
    try (var upload = spool.receive(body, declared)) {
      if (!upload.digest().equals(id)) {
        throw new BundleException(BLOB_DIGEST_MISMATCH).with("found", upload.digest());
      }
      BlobLength.require(id, upload.size());
      store.put(ObjectKey.blob(app, id), upload.file(), upload.md5());
      // The row tells who was first: not every store does when uploads meet, and all bring the
      // same bytes.
      int entered =
          database.inTransaction(() -> book.enter(app, id, upload.size(), clock.instant()));
      return entered > 0 ? Result.STORED : Result.WAS_THERE;
    }
  }

  /// The length of a blob that was taken and is really there.
  public OptionalLong size(AppId app, Digest id) {
    return database.inTransaction(() -> book.lookUp(app, id)).isPresent()
        ? store.size(ObjectKey.blob(app, id))
        : OptionalLong.empty();
  }
}
