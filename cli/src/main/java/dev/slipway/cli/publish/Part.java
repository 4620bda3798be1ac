package dev.slipway.cli.publish;

import dev.slipway.bundle.Digest;
import java.io.IOException;
import java.io.InputStream;

/// Some bytes that the service keeps under their own SHA-256.
///
/// @param path where they are put, such as `/v1/apps/com.example.app/blobs/…`
/// @param size in bytes
/// @param source gives the same bytes each time it is opened
public record Part(String path, Digest id, long size, Source source) {

  /// Opens the bytes; several times where they must be sent again.
  @FunctionalInterface
  public interface Source {
    InputStream open() throws IOException;
  }
}
