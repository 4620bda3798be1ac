package dev.slipway.delivery.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who really sent a request. `X-Forwarded-For` is believed as far as trusted proxies wrote it:
/// from its right end to the first address that is none of theirs.
public final class ClientAddress {

  private static final int MAX_HEADER = 2048;
  private static final InetAddress NOBODY = InetAddress.ofLiteral("0.0.0.0");

  private final List<Range> trusted;

  /// @param trusted addresses, or ranges such as `10.0.0.0/8`
  /// @throws IllegalArgumentException if one is neither
  public ClientAddress(List<String> trusted) {
    this.trusted = trusted.stream().map(Range::parse).toList();
  }

  InetAddress of(HttpServerRequest request) {
    // The peer's address is there as an object, and most services need no more.
    if (trusted.isEmpty()
        && request.connection() instanceof ConnectionBase connection
        && connection.channel().remoteAddress() instanceof InetSocketAddress peer
        && peer.getAddress() != null) {
      return peer.getAddress();
    }
    var peer = request.remoteAddress() == null ? null : request.remoteAddress().hostAddress();
    return of(peer, request.headers().getAll("X-Forwarded-For"));
  }

  InetAddress of(@Nullable String peer, List<String> forwardedFor) {
    var address = literal(peer);
    if (address == null) return NOBODY;
    if (trusted.isEmpty() || !isTrusted(address)) return address;
    var hops = new ArrayList<String>();
    for (var header : forwardedFor) {
      if (header.length() > MAX_HEADER) return address;
      hops.addAll(List.of(header.split(",", -1)));
    }
    for (var hop : hops.reversed()) {
      var next = literal(hop.strip());
      if (next == null) return address;
      address = next;
      if (!isTrusted(address)) return address;
    }
    return address;
  }

  private boolean isTrusted(InetAddress address) {
    return trusted.stream().anyMatch(range -> range.contains(address));
  }

  private static @Nullable InetAddress literal(@Nullable String text) {
    if (text == null || text.isEmpty()) return null;
    try {
      var address = InetAddress.ofLiteral(text);
      // Without the scope of a link-local address, which says nothing of the network.
      return InetAddress.getByAddress(address.getAddress());
    } catch (IllegalArgumentException | UnknownHostException e) {
      return null;
    }
  }

  private record Range(byte[] address, int bits) {
    static Range parse(String text) {
      int slash = text.indexOf('/');
      var address =
          InetAddress.ofLiteral((slash < 0 ? text : text.substring(0, slash)).strip()).getAddress();
      int bits =
          slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1).strip());
      if (bits < 0 || bits > address.length * 8) {
        throw new IllegalArgumentException("no such range of addresses: " + text);
      }
      return new Range(address, bits);
    }

    boolean contains(InetAddress other) {
      byte[] bytes = other.getAddress();
      if (bytes.length != address.length) return false;
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit & 7);
        if ((bytes[bit >> 3] & mask) != (address[bit >> 3] & mask)) return false;
      }
      return true;
    }
  }
}
