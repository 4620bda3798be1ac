package dev.slipway.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// The network between a publisher and a service: counts what goes up, and can go silent after so
/// many bytes, without closing anything.
final class Line implements AutoCloseable {

  private final URI far;
  private final long silentAfter;
  private final ServerSocket listening;
  private final AtomicLong up = new AtomicLong();
  private final CountDownLatch silent = new CountDownLatch(1);

  /// @param silentAfter bytes from the publisher that still pass
  Line(URI far, long silentAfter) throws IOException {
    this.far = far;
    this.silentAfter = silentAfter;
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI near() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort());
  }

  /// Bytes that the publisher sent: bodies and all that HTTP adds.
  long bytesUp() {
    return up.get();
  }

  boolean awaitSilence(long seconds) throws InterruptedException {
    return silent.await(seconds, TimeUnit.SECONDS);
  }

  private void accept() {
    try {
      while (true) {
        Socket publisher = listening.accept();
        Socket service = new Socket(far.getHost(), far.getPort());
        Thread.ofVirtual().start(() -> carry(publisher, service, true));
        Thread.ofVirtual().start(() -> carry(service, publisher, false));
      }
    } catch (IOException _) {
      // Closed: the test is over.
    }
  }

  private void carry(Socket from, Socket to, boolean counted) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8192];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (counted && up.addAndGet(read) > silentAfter) {
          silent.countDown();
          // Holds the connection, and passes nothing on.
          while (in.read(buffer) >= 0) {}
          return;
        }
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException _) {
      // One end went away; the other is closed with it.
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
