package dev.slipway.ingest.storage;

import dev.slipway.bundle.Digest;
import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.GetPresignedObjectUrlArgs;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.ObjectWriteArgs;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.minio.StatObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.http.Method;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jboss.logging.Logger;

/// Ciphertext and manifests, in one bucket behind the S3 protocol. Objects are written whole, once,
/// in a single request: `If-None-Match` holds for a PUT everywhere, but not for the completion of a
/// multipart upload. See `docs/adr/0003-blobs-wait-on-disk-until-verified.md`.
///
/// Its methods block and throw [StorageUnavailable] when the store is away, slow or full.
public final class ObjectStore implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(ObjectStore.class);

  /// What is stored under a digest never changes.
  private static final Map<String, String> WRITE_ONCE =
      Map.of("If-None-Match", "*", "Cache-Control", "public, max-age=31536000, immutable");

  private static final String CHECKSUM = "x-amz-checksum-sha256";

  /// Of a store that takes less in a second, in bytes, files are not expected to be taken in time.
  private static final long SLOWEST_STORE = 1 << 20;

  /// From so many bytes on, a connection of its own costs a file nothing.
  private static final long LARGE = 1 << 20;

  private static final int SIGNED_MINUTES = 15;
  private static final int PRECONDITION_FAILED = 412;
  private static final long SMALLEST_PART = ObjectWriteArgs.MIN_MULTIPART_SIZE;
  private static final int PARALLEL = 64;
  private static final int BUFFER = 64 << 10;

  private final MinioClient client;
  private final OkHttpClient http;
  private final HttpClient files;
  private final FileSender large;
  private final Duration silence;
  private final String bucket;

  public ObjectStore(StorageConfig config) {
    var dispatcher = new Dispatcher();
    dispatcher.setMaxRequests(PARALLEL);
    dispatcher.setMaxRequestsPerHost(PARALLEL);
    http =
        new OkHttpClient.Builder()
            .dispatcher(dispatcher)
            .connectTimeout(config.connectTimeout())
            .readTimeout(config.silence())
            .writeTimeout(config.silence())
            .build();
    client =
        MinioClient.builder()
            .endpoint(config.endpoint())
            .region(config.region())
            .credentials(config.accessKey(), config.secretKey())
            .httpClient(http)
            .build();
    files =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(config.connectTimeout())
            .build();
    large = new FileSender(config.connectTimeout());
    silence = config.silence();
    bucket = config.bucket();
  }

  /// Makes the bucket where there is none yet.
  public void ensureBucket() {
    call(
        () -> {
          if (!client.bucketExists(BucketExistsArgs.builder().bucket(bucket).build())) {
            client.makeBucket(MakeBucketArgs.builder().bucket(bucket).build());
          }
          return bucket;
        });
  }

  /// Stores the file under this key unless the key is taken.
  ///
  /// The file goes as it is, by clients that do not copy it on its way, under a signature that
  /// covers its SHA-256 and not its bytes: a store that checks a signed body first may keep it in
  /// memory until its end, and has a limit for that. A store that knows checksums holds the bytes
  /// against it; one that does not has the connection's own to rely upon.
  ///
  /// @param digest the file's
  /// @return whether it was stored now
  public boolean put(ObjectKey key, Path file, Digest digest) {
    String checksum = Base64.getEncoder().encodeToString(digest.bytes());
    return call(
        () -> {
          var url =
              client.getPresignedObjectUrl(
                  GetPresignedObjectUrlArgs.builder()
                      .method(Method.PUT)
                      .bucket(bucket)
                      .object(key.text())
                      .extraHeaders(Map.of(CHECKSUM, checksum))
                      .expiry(SIGNED_MINUTES, TimeUnit.MINUTES)
                      .build());
          var headers = new HashMap<>(WRITE_ONCE);
          headers.put("Content-Type", "application/octet-stream");
          headers.put(CHECKSUM, checksum);
          try {
            int answer = send(URI.create(url), headers, file);
            if (answer == PRECONDITION_FAILED) return false;
            if (answer / 100 == 2) return true;
            throw new IOException("the store answered " + answer + " to a PUT");
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("while a file was stored");
          }
        });
  }

  /// @return the status of the answer
  private int send(URI address, Map<String, String> headers, Path file)
      throws IOException, InterruptedException {
    long size = Files.size(file);
    var timeout = silence.plusSeconds(size / SLOWEST_STORE);
    if (size >= LARGE && FileSender.takes(address)) {
      try {
        return large.put(address, headers, file, timeout);
      } catch (HttpTimeoutException | ConnectException e) {
        throw e;
      } catch (IOException e) {
        // The answer of a store that hangs up before it has all bytes may be lost with the rest.
        LOG.debugf(e, "A file is sent to the store once more");
      }
    }
    try (var body = new FileBody(file)) {
      var request = HttpRequest.newBuilder(address).timeout(timeout).PUT(body.publisher());
      headers.forEach(request::header);
      return send(request.build());
    }
  }

  /// Sends once more what may have met a connection that the store had given up. Writing twice does
  /// no harm: the second is refused where the first one came through.
  private int send(HttpRequest request) throws IOException, InterruptedException {
    try {
      return files.send(request, BodyHandlers.discarding()).statusCode();
    } catch (HttpTimeoutException | ConnectException e) {
      throw e;
    } catch (IOException e) {
      LOG.debugf(e, "A file is sent to the store once more");
      return files.send(request, BodyHandlers.discarding()).statusCode();
    }
  }

  /// Stores these bytes, at most 5 MiB, under this key unless the key is taken.
  ///
  /// @return whether it was stored now
  public boolean put(ObjectKey key, byte[] content, String mediaType) {
    return call(
        () -> {
          try {
            client.putObject(
                PutObjectArgs.builder().bucket(bucket).object(key.text()).stream(
                        new ByteArrayInputStream(content), content.length, SMALLEST_PART)
                    .contentType(mediaType)
                    .headers(WRITE_ONCE)
                    .build());
            return true;
          } catch (ErrorResponseException e) {
            if (e.response().code() == PRECONDITION_FAILED) return false;
            throw e;
          }
        });
  }

  /// The length of the object, where there is one.
  public OptionalLong size(ObjectKey key) {
    return call(
        () -> {
          try {
            var found =
                client.statObject(
                    StatObjectArgs.builder().bucket(bucket).object(key.text()).build());
            return OptionalLong.of(found.size());
          } catch (ErrorResponseException e) {
            if (e.response().code() == 404) return OptionalLong.empty();
            throw e;
          }
        });
  }

  /// Reads the object to its end.
  ///
  /// @param each given the bytes as they come, and may wait
  /// @return the SHA-256 and the length of what is there, if anything is
  public Optional<Found> read(ObjectKey key, Bytes each) {
    return get(
        key,
        in -> {
          var sha256 = Digest.newSha256();
          byte[] buffer = new byte[BUFFER];
          long size = 0;
          for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            sha256.update(buffer, 0, read);
            size += read;
            each.update(buffer, 0, read);
          }
          return new Found(Digest.of(sha256.digest()), size);
        });
  }

  /// The object's bytes, if there is one.
  ///
  /// @param limit the most that are read
  /// @throws StorageUnavailable also if there are more
  public Optional<byte[]> bytes(ObjectKey key, int limit) {
    return get(
        key,
        in -> {
          byte[] bytes = in.readNBytes(limit + 1);
          if (bytes.length > limit) throw new IOException("longer than " + limit + ": " + key);
          return bytes;
        });
  }

  /// What an object really is.
  public record Found(Digest digest, long size) {}

  /// An object's name and when it was stored, by the store's clock.
  public record Stored(ObjectKey key, Instant at) {}

  /// The folders right below this one, each with a slash at its end.
  public List<String> folders(String prefix) {
    return call(
        () -> {
          var folders = new ArrayList<String>();
          for (var item :
              client.listObjects(ListObjectsArgs.builder().bucket(bucket).prefix(prefix).build())) {
            if (item.get().isDir()) folders.add(item.get().objectName());
          }
          return folders;
        });
  }

  /// Calls back for every object whose name begins so, in the order of names.
  public void forEach(String prefix, Consumer<Stored> each) {
    call(
        () -> {
          var found =
              client.listObjects(
                  ListObjectsArgs.builder().bucket(bucket).prefix(prefix).recursive(true).build());
          for (var item : found) {
            var object = item.get();
            each.accept(
                new Stored(new ObjectKey(object.objectName()), object.lastModified().toInstant()));
          }
          return bucket;
        });
  }

  /// Takes bytes in pieces, as digests and checksums do.
  public interface Bytes {
    void update(byte[] buffer, int offset, int length);
  }

  private <T> Optional<T> get(ObjectKey key, Reading<T> reading) {
    return call(
        () -> {
          try (var in =
              client.getObject(GetObjectArgs.builder().bucket(bucket).object(key.text()).build())) {
            return Optional.of(reading.read(in));
          } catch (ErrorResponseException e) {
            if (e.response().code() == 404) return Optional.empty();
            throw e;
          }
        });
  }

  private interface Reading<T> {
    T read(InputStream in) throws IOException;
  }

  /// Takes an object away that nothing refers to.
  public void remove(ObjectKey key) {
    call(
        () -> {
          client.removeObject(RemoveObjectArgs.builder().bucket(bucket).object(key.text()).build());
          return key;
        });
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (Exception e) {
      LOG.warnf("The client of the object store did not close: reason=%s", e.toString());
    }
    files.shutdownNow();
    large.close();
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }

  private static <T> T call(Call<T> request) {
    try {
      return request.run();
    } catch (MinioException | IOException | GeneralSecurityException e) {
      throw new StorageUnavailable(e);
    }
  }

  private interface Call<T> {
    T run() throws MinioException, IOException, GeneralSecurityException;
  }
}
