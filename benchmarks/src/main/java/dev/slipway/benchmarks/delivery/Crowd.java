package dev.slipway.benchmarks.delivery;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Devices that have checked once and keep their connection, in a process of their own: the server
/// and its crowd each need a file for every connection. Arguments: port, number. Prints a line when
/// all are there, and goes away with its input.
final class Crowd implements AutoCloseable {

  private final Process process;

  private Crowd(Process process) {
    this.process = process;
  }

  /// @return when all connections are open
  static Crowd gather(int port, int number) throws IOException {
    var process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path") + File.pathSeparator,
                Crowd.class.getName(),
                Integer.toString(port),
                Integer.toString(number))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = process.inputReader();
    if (lines.readLine() == null) throw new IOException("the crowd did not gather");
    return new Crowd(process);
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
    }
  }

  public static void main(String[] args) throws IOException {
    var server = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0]));
    int number = Integer.parseInt(args[1]);
    var random = Fleet.random();
    List<SocketChannel> connections = new ArrayList<>();
    var answer = ByteBuffer.allocate(16 << 10);
    for (int i = 0; i < number; i++) {
      var connection = SocketChannel.open(server);
      connections.add(connection);
      var request = ByteBuffer.wrap(CheckLoad.request(random));
      while (request.hasRemaining()) connection.write(request);
      answer.clear();
      while (!isWhole(answer)) {
        if (connection.read(answer) < 0) throw new IOException("the server hung up");
      }
    }
    System.out.println(number);
    while (System.in.read() >= 0) Thread.onSpinWait();
    for (var connection : connections) connection.close();
  }

  private static boolean isWhole(ByteBuffer answer) {
    var text = new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1);
    int body = text.indexOf("\r\n\r\n") + 4;
    if (body < 4) return false;
    int at = text.toLowerCase(java.util.Locale.ROOT).indexOf("content-length:") + 15;
    int length = Integer.parseInt(text.substring(at, text.indexOf('\r', at)).strip());
    return text.length() >= body + length;
  }
}
