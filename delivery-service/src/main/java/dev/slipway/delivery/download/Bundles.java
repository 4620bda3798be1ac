package dev.slipway.delivery.download;

import io.minio.GetObjectArgs;
import io.minio.GetPresignedObjectUrlArgs;
import io.minio.MinioClient;
import io.minio.StatObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.http.Method;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.OptionalLong;

/// The objects that ingest stored, read-only. Blocks.
public final class Bundles {

  private static final int NOT_FOUND = 404;

  /// A signed address outlives a slow download's start, not more.
  private static final Duration SIGNED_FOR = Duration.ofMinutes(15);

  private final MinioClient s3;
  private final MinioClient signer;
  private final String bucket;

  /// @param signer the same store under the address by which devices reach it
  public Bundles(MinioClient s3, MinioClient signer, String bucket) {
    this.s3 = s3;
    this.signer = signer;
    this.bucket = bucket;
  }

  /// An object's size; nothing if there is no such object.
  ///
  /// @throws IOException if the store does not answer, or not as it should
  OptionalLong size(String key) throws IOException {
    try {
      return OptionalLong.of(
          s3.statObject(StatObjectArgs.builder().bucket(bucket).object(key).build()).size());
    } catch (ErrorResponseException e) {
      if (e.response() != null && e.response().code() == NOT_FOUND) return OptionalLong.empty();
      throw new IOException("the object store refuses", e);
    } catch (MinioException | GeneralSecurityException e) {
      throw new IOException("the object store does not answer as it should", e);
    }
  }

  /// Part of an object that is there.
  ///
  /// @throws IOException if the store does not answer, or not as it should
  InputStream open(String key, ByteRange.Part part) throws IOException {
    try {
      return s3.getObject(
          GetObjectArgs.builder()
              .bucket(bucket)
              .object(key)
              .offset(part.first())
              .length(part.length())
              .build());
    } catch (MinioException | GeneralSecurityException e) {
      throw new IOException("the object store does not answer as it should", e);
    }
  }

  /// A whole object.
  ///
  /// @throws IOException if there is none, it is larger, or the store does not answer as it should
  public byte[] read(String key, int maxBytes) throws IOException {
    try (var content = s3.getObject(GetObjectArgs.builder().bucket(bucket).object(key).build())) {
      byte[] bytes = content.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) throw new IOException("the object is larger than it may be");
      return bytes;
    } catch (MinioException | GeneralSecurityException e) {
      throw new IOException("the object cannot be read", e);
    }
  }

  /// An address by which anybody may read the object for some minutes. Asks nobody.
  ///
  /// @throws IOException if none can be made
  String signed(String key) throws IOException {
    try {
      return signer.getPresignedObjectUrl(
          GetPresignedObjectUrlArgs.builder()
              .method(Method.GET)
              .bucket(bucket)
              .object(key)
              .expiry((int) SIGNED_FOR.toSeconds())
              .build());
    } catch (MinioException | GeneralSecurityException e) {
      throw new IOException("no signed address can be made", e);
    }
  }
}
