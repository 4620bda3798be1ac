package dev.slipway.ingest.blob;

/// What an upload may be. The rules of each kind are held against the bytes once all are there.
public enum Kind {
  /// A sealed blob, or the encrypted zip that goes with one.
  SEALED,
  /// What the Capgo tools encrypted: a zip or a file.
  CAPGO,
  /// Bytes that anybody can read, for apps that allow that.
  PLAIN;

  /// Whether readable bytes of this kind are refused.
  boolean isEncrypted() {
    return this != PLAIN;
  }
}
