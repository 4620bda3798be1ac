package dev.slipway.ingest.storage;

/// The object store is away, too slow or full. Nothing that the request wanted can be relied upon;
/// the same request may be sent again later.
public final class StorageUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StorageUnavailable(Throwable cause) {
    super("the object store does not answer as it should", cause);
  }
}
