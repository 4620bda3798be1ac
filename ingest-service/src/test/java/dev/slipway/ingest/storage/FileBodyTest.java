package dev.slipway.ingest.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileBodyTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_500_000})
  void givesTheFileAsOftenAsItIsAskedFor(int size) throws Exception {
    // Given
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    Path file = Files.write(folder.resolve("file"), content);

    try (var body = new FileBody(file)) {
      // When
      byte[] first = all(body);
      byte[] second = all(body);

      // Then
      assertThat(body.size()).isEqualTo(size);
      assertThat(body.publisher().contentLength()).isEqualTo(size);
      assertThat(first).isEqualTo(content);
      assertThat(second).isEqualTo(content);
    }
  }

  @Test
  void whoReadsOnAfterTheEndFailsAndReadsNothingElse() throws Exception {
    // Given
    Path file = Files.write(folder.resolve("file"), new byte[100]);
    ByteBuffer piece;
    try (var body = new FileBody(file)) {
      piece = body.iterator().next();
    }

    // Then
    assertThatThrownBy(piece::get).isInstanceOf(IllegalStateException.class);
  }

  private static byte[] all(Iterable<ByteBuffer> pieces) {
    var bytes = new ByteArrayOutputStream();
    for (ByteBuffer piece : pieces) {
      byte[] part = new byte[piece.remaining()];
      piece.get(part);
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }
}
