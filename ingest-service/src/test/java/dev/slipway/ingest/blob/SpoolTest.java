package dev.slipway.ingest.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.bundle.Digest;
import dev.slipway.kit.http.Refusal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {

  private static final Spool.Pace PACE = new Spool.Pace(1_000_000_000L, 100);

  @TempDir Path parent;

  private final AtomicLong nanoTime = new AtomicLong();

  @Test
  void keepsAnUploadUntilItIsClosed() throws IOException {
    try (var spool = spool(1000, 1000)) {
      // When
      var upload = spool.receive(bytes(700), OptionalLong.empty());

      // Then
      assertThat(upload.size()).isEqualTo(700);
      assertThat(upload.digest()).isEqualTo(Digest.sha256(new byte[700]));
      assertThat(Files.size(upload.file())).isEqualTo(700);
      assertThat(spool.taken()).isEqualTo(700);
      upload.close();
      assertThat(upload.file()).doesNotExist();
      assertThat(spool.taken()).isZero();
    }
  }

  @Test
  void takesAnUploadUpToTheLimitAndNoLonger() throws IOException {
    try (var spool = spool(1000, 10_000)) {
      spool.receive(bytes(1000), OptionalLong.empty()).close();
      refused("blob-too-large", () -> spool.receive(bytes(1001), OptionalLong.empty()));
      refused("blob-too-large", () -> spool.receive(unreadable(), OptionalLong.of(1001)));
      assertNothingLeft(spool);
    }
  }

  @Test
  void allUploadsTogetherHaveAQuota() throws IOException {
    try (var spool = spool(1000, 1500)) {
      var first = spool.receive(bytes(1000), OptionalLong.of(1000));
      refused("spool-full", () -> spool.receive(unreadable(), OptionalLong.of(501)));
      refused("spool-full", () -> spool.receive(bytes(501), OptionalLong.empty()));
      spool.receive(bytes(500), OptionalLong.empty()).close();
      first.close();
      spool.receive(bytes(1000), OptionalLong.empty()).close();
      assertNothingLeft(spool);
    }
  }

  @Test
  void doesNotWaitForSlowSenders() throws IOException {
    try (var spool = spool(1000, 1000)) {
      // 150 bytes in 1.5 s are just enough, 149 are not.
      spool.receive(slow(150, 1_500_000_000L), OptionalLong.empty()).close();
      refused("too-slow", () -> spool.receive(slow(149, 1_500_000_000L), OptionalLong.empty()));
      spool.receive(slow(1, 900_000_000L), OptionalLong.empty()).close();
      assertNothingLeft(spool);
    }
  }

  @Test
  void aBrokenUploadLeavesNothing() throws IOException {
    try (var spool = spool(1000, 1000)) {
      refused("upload-incomplete", () -> spool.receive(unreadable(), OptionalLong.of(10)));
      assertNothingLeft(spool);
    }
  }

  @Test
  void removesWhatAKilledProcessLeftAndNothingElse() throws IOException {
    // Given
    Path abandoned = Files.createDirectories(parent.resolve("abandoned"));
    Files.writeString(abandoned.resolve("upload"), "half");
    try (var running = spool(1000, 1000);
        var upload = running.receive(bytes(10), OptionalLong.empty())) {

      // When
      try (var _ = spool(1000, 1000)) {

        // Then
        assertThat(abandoned).doesNotExist();
        assertThat(upload.file()).exists();
      }
    }
    assertThat(parent).isEmptyDirectory();
  }

  private Spool spool(long longest, long quota) throws IOException {
    return new Spool(parent, longest, quota, PACE, nanoTime::get);
  }

  private void assertNothingLeft(Spool spool) throws IOException {
    assertThat(spool.taken()).isZero();
    try (var files = Files.walk(parent)) {
      assertThat(
              files.filter(Files::isRegularFile).filter(file -> !file.toString().endsWith(".lock")))
          .isEmpty();
    }
  }

  private static void refused(String slug, ThrowingCallable upload) {
    assertThatExceptionOfType(Refusal.class)
        .isThrownBy(upload)
        .satisfies(refusal -> assertThat(refusal.problem().slug()).isEqualTo(slug));
  }

  private static InputStream bytes(int length) {
    return new ByteArrayInputStream(new byte[length]);
  }

  private InputStream slow(int length, long nanos) {
    return new ByteArrayInputStream(new byte[length]) {
      @Override
      public synchronized int read(byte[] target, int offset, int length) {
        nanoTime.addAndGet(nanos);
        return super.read(target, offset, length);
      }
    };
  }

  private static InputStream unreadable() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException("the sender is gone");
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return read();
      }
    };
  }
}
