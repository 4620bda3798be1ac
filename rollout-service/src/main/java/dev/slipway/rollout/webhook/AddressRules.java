package dev.slipway.rollout.webhook;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Which addresses a message may go to: those of the public internet. Everything else (this
/// machine, its networks, what a cloud tells its machines) is refused, whichever way it is written.
/// Pure.
///
/// Sources: IANA's special-purpose address registries for IPv4 and IPv6.
final class AddressRules {

  /// Addresses of a network.
  record Range(InetAddress network, int bits) {

    /// @param text as in `10.0.0.0/8`
    /// @throws IllegalArgumentException for anything else; names are not looked up
    static Range of(String text) {
      var parts = text.split("/", 2);
      try {
        var network = literal(parts[0]).orElseThrow();
        int size = network.getAddress().length * 8;
        int bits = parts.length == 1 ? size : Integer.parseInt(parts[1]);
        if (bits < 0 || bits > size) throw new IllegalArgumentException();
        return new Range(network, bits);
      } catch (RuntimeException e) {
        throw new IllegalArgumentException("a range of addresses looks like 10.0.0.0/8", e);
      }
    }

    boolean contains(InetAddress address) {
      byte[] mine = network.getAddress();
      byte[] other = address.getAddress();
      if (mine.length != other.length) return false;
      for (int i = 0; i < bits; i++) {
        int mask = 0x80 >> (i % 8);
        if (((mine[i / 8] ^ other[i / 8]) & mask) != 0) return false;
      }
      return true;
    }
  }

  private static final List<Range> NOT_PUBLIC =
      Stream.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.0.2.0/24",
              "192.88.99.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "224.0.0.0/4",
              "240.0.0.0/4",
              "2001::/23",
              "2001:db8::/32",
              "2002::/16",
              "3fff::/20")
          .map(Range::of)
          .toList();

  /// The only part of IPv6 that is given out for the public internet. Loopback, link-local,
  /// unique-local, multicast, IPv4 in any of its wrappings and NAT64 lie outside.
  private static final Range GLOBAL_UNICAST = Range.of("2000::/3");

  private AddressRules() {}

  static boolean isPublic(InetAddress address) {
    var plain = unwrapped(address);
    return (plain instanceof Inet4Address || GLOBAL_UNICAST.contains(plain))
        && NOT_PUBLIC.stream().noneMatch(range -> range.contains(plain));
  }

  /// An IPv4 address out of an IPv6 one that maps it.
  static InetAddress unwrapped(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != 16) return address;
    for (int i = 0; i < 10; i++) if (bytes[i] != 0) return address;
    if (bytes[10] != -1 || bytes[11] != -1) return address;
    try {
      return InetAddress.getByAddress(new byte[] {bytes[12], bytes[13], bytes[14], bytes[15]});
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  /// The address that a host is, if it is written as one: `192.0.2.1`, `2001:db8::1`, also in
  /// brackets. Never looks a name up.
  static Optional<InetAddress> literal(String host) {
    var text =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    boolean six = text.contains(":") && text.chars().allMatch(AddressRules::isOfIpv6);
    if (!six && !isDottedQuad(text)) return Optional.empty();
    try {
      return Optional.of(InetAddress.getByName(text));
    } catch (UnknownHostException _) {
      return Optional.empty();
    }
  }

  /// Whether the host ends in a number without being a plain address: `0x7f.1`, `2130706433`,
  /// `127.1`. Some resolvers read these as addresses.
  static boolean isDisguised(String host) {
    if (literal(host).isPresent()) return false;
    var labels = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    var last = labels.substring(labels.lastIndexOf('.') + 1);
    return last.isEmpty()
        || last.chars().allMatch(c -> c >= '0' && c <= '9')
        || last.toLowerCase(java.util.Locale.ROOT).startsWith("0x");
  }

  private static boolean isOfIpv6(int c) {
    return Character.digit(c, 16) >= 0 && c < 0x80 || c == ':' || c == '.';
  }

  private static boolean isDottedQuad(String text) {
    var parts = text.split("\\.", -1);
    if (parts.length != 4) return false;
    for (var part : parts) {
      boolean number =
          !part.isEmpty()
              && part.length() <= 3
              && part.chars().allMatch(c -> c >= '0' && c <= '9')
              && (part.length() == 1 || part.charAt(0) != '0')
              && Integer.parseInt(part) <= 255;
      if (!number) return false;
    }
    return true;
  }
}
