package dev.slipway.ingest.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSenderTest {

  private static final int LENGTH = 9_000_000;
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;

  private final FileSender sender = new FileSender(LONG);
  private final byte[] content = new byte[LENGTH];
  private Path file = Path.of("");

  @BeforeEach
  void write() throws IOException {
    new Random(LENGTH).nextBytes(content);
    file = Files.write(folder.resolve("file"), content);
  }

  @AfterEach
  void close() {
    sender.close();
  }

  @Test
  void sendsTheWholeFile() throws Exception {
    try (var store = new Store()) {
      // Given
      var received = new CompletableFuture<byte[]>();
      store.next(
          (in, out) -> {
            received.complete(request(in, LENGTH));
            out.write(answer("100 Continue"));
            out.write(answer("200 OK"));
          });

      // When
      int status = sender.put(store.address(), Map.of("If-None-Match", "*"), file, LONG);

      // Then
      assertThat(status).isEqualTo(200);
      byte[] all = received.get();
      int head = all.length - LENGTH;
      assertThat(new String(all, 0, head, ISO_8859_1))
          .startsWith("PUT /bucket/key?signature=a%2Fb HTTP/1.1\r\n")
          .containsIgnoringCase("\r\nhost: " + store.address().getAuthority() + "\r\n")
          .containsIgnoringCase("\r\ncontent-length: " + LENGTH + "\r\n")
          .containsIgnoringCase("\r\nif-none-match: *\r\n");
      assertThat(all).endsWith(content);
    }
  }

  @Test
  void anAnswerCountsAlthoughNotAllWasRead() throws Exception {
    try (var store = new Store()) {
      // Given
      var answered = new CompletableFuture<Void>();
      store.next(
          (in, out) -> {
            request(in, 1_000);
            out.write(answer("412 Precondition Failed"));
            // Hanging up before would take the answer away with what was not read.
            answered.join();
          });

      // When
      int status = sender.put(store.address(), Map.of(), file, LONG);
      answered.complete(null);

      // Then
      assertThat(status).isEqualTo(412);
    }
  }

  @Test
  void aStoreThatHangsUpHasNotAnswered() throws Exception {
    try (var store = new Store()) {
      // Given
      store.next((in, _) -> request(in, 1_000));

      // Then
      assertThatThrownBy(() -> sender.put(store.address(), Map.of(), file, LONG))
          .isInstanceOf(IOException.class)
          .isNotInstanceOfAny(HttpTimeoutException.class, ConnectException.class);
    }
  }

  @Test
  void waitsNoLongerThanItMay() throws Exception {
    try (var store = new Store()) {
      // Given
      var over = new CompletableFuture<Void>();
      store.next((_, _) -> over.join());

      // Then
      assertThatThrownBy(() -> sender.put(store.address(), Map.of(), file, Duration.ofMillis(200)))
          .isInstanceOf(HttpTimeoutException.class);
      over.complete(null);
    }
  }

  @Test
  void saysThatNobodyIsThere() throws Exception {
    URI address;
    try (var store = new Store()) {
      address = store.address();
    }
    assertThatThrownBy(() -> sender.put(address, Map.of(), file, LONG))
        .isInstanceOf(ConnectException.class);
  }

  @Test
  void leavesEncryptedConnectionsToOthers() {
    assertThat(FileSender.takes(URI.create("http://localhost:9000/bucket/key"))).isTrue();
    assertThat(FileSender.takes(URI.create("https://localhost:9000/bucket/key"))).isFalse();
  }

  /// The head and so many bytes after it.
  private static byte[] request(InputStream in, int length) throws IOException {
    var all = new ByteArrayOutputStream();
    while (!all.toString(ISO_8859_1).endsWith("\r\n\r\n")) all.write(in.read());
    all.writeBytes(in.readNBytes(length));
    return all.toByteArray();
  }

  private static byte[] answer(String status) {
    return ("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n").getBytes(ISO_8859_1);
  }

  /// What a store says on one connection.
  private interface Turn {
    void take(InputStream in, OutputStream out) throws IOException;
  }

  /// Speaks for a store where a real one would have to misbehave.
  private static final class Store implements AutoCloseable {

    private final ServerSocket server;

    Store() throws IOException {
      server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    URI address() {
      return URI.create(
          "http://127.0.0.1:" + server.getLocalPort() + "/bucket/key?signature=a%2Fb");
    }

    void next(Turn turn) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (var connection = server.accept()) {
                  turn.take(connection.getInputStream(), connection.getOutputStream());
                } catch (IOException e) {
                  // The sender broke off: what it says of that is what counts.
                }
              });
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
