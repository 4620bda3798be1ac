package dev.slipway.stack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Finds ports on the loopback address that nobody listens on.
final class Ports {

  /// Below the range that the system takes ports of outgoing connections from: a client that tries
  /// to reach a stopped server on a port of that range can be given the very port and end up
  /// connected to itself, and the server finds its port taken.
  private static final int FIRST = 20_000;

  private static final int END = 30_000;

  private Ports() {}

  static int free(RandomGenerator random, Set<Integer> taken) {
    for (int attempt = 0; attempt < 1000; attempt++) {
      int port = random.nextInt(FIRST, END);
      if (!taken.contains(port) && isFree(port)) {
        return port;
      }
    }
    throw new StackFailure("No free port between %d and %d".formatted(FIRST, END));
  }

  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
