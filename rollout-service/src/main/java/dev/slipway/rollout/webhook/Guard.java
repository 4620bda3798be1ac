package dev.slipway.rollout.webhook;

import dev.slipway.rollout.webhook.AddressRules.Range;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Says where a message may be posted to, when a webhook is saved and again each time that one is
/// sent. A name is resolved once, what it resolves to is judged, and the connection goes to that
/// very address: a name that changes its mind in between gains nothing. Thread-safe; looking up a
/// name blocks.
final class Guard {

  private static final int MAX_URL = 2_000;
  private static final int HTTPS = 443;

  /// Looks a name up.
  interface Resolver {
    List<InetAddress> resolve(String name) throws UnknownHostException;
  }

  /// What became of an address.
  sealed interface Judgement {

    /// @param address where to connect
    /// @param path with the query
    record Allowed(InetSocketAddress address, String host, int port, boolean tls, String path)
        implements Judgement {}

    /// @param why for the person who wrote the address
    record Refused(String why) implements Judgement {}
  }

  private final Resolver resolver;
  private final Set<Integer> ports;
  private final Set<String> allowedHosts = new HashSet<>();
  private final List<Range> allowedRanges = new ArrayList<>();

  /// @param ports besides 443
  /// @param allowed internal receivers that the operator vouches for: `host`, `host:port` (plain
  ///     HTTP too), or a range of addresses such as `10.20.0.0/16` (HTTPS on the usual ports)
  Guard(Resolver resolver, Set<Integer> ports, List<String> allowed) {
    this.resolver = resolver;
    var all = new HashSet<>(ports);
    all.add(HTTPS);
    this.ports = Set.copyOf(all);
    for (var entry : allowed) {
      if (entry.contains("/")) allowedRanges.add(Range.of(entry.strip()));
      else allowedHosts.add(entry.strip().toLowerCase(Locale.ROOT));
    }
  }

  Judgement judge(String url) {
    if (url.length() > MAX_URL) return new Judgement.Refused("an address has 2,000 characters at most");
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException _) {
      return new Judgement.Refused("that is no address of a web server");
    }
    var host = uri.getHost();
    if (host == null || host.isEmpty() || uri.getScheme() == null) {
      return new Judgement.Refused("that is no address of a web server");
    }
    host = host.toLowerCase(Locale.ROOT);
    var scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    boolean tls = scheme.equals("https");
    if (!tls && !scheme.equals("http")) return new Judgement.Refused("only https is posted to");
    if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
      return new Judgement.Refused("an address has neither a user name nor a fragment");
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? HTTPS : 80;
    if (port == 0 || port > 65_535) return new Judgement.Refused("that port does not exist");
    boolean vouchedFor =
        allowedHosts.contains(host) || allowedHosts.contains(host + ":" + port);
    if (!vouchedFor) {
      if (!tls) return new Judgement.Refused("only https is posted to");
      if (!ports.contains(port)) {
        return new Judgement.Refused(
            "port " + port + " is not among those that are posted to: " + ports.stream().sorted().toList());
      }
    }
    if (AddressRules.isDisguised(host)) {
      return new Judgement.Refused("the host is a number in disguise: write a name or an address");
    }
    return address(host, vouchedFor)
        .<Judgement>map(
            address ->
                new Judgement.Allowed(
                    new InetSocketAddress(address, port), bare(uri.getHost()), port, tls, path(uri)))
        .orElseGet(
            () ->
                new Judgement.Refused(
                    "the host is not known, or not on the public internet; the setting"
                        + " SLIPWAY_WEBHOOKS_ALLOW names internal receivers"));
  }

  /// The address to connect to; none if there is none, or if a single one is not allowed.
  private Optional<InetAddress> address(String host, boolean vouchedFor) {
    List<InetAddress> found;
    try {
      var literal = AddressRules.literal(host);
      found = literal.isPresent() ? List.of(literal.get()) : resolver.resolve(host);
    } catch (UnknownHostException _) {
      return Optional.empty();
    }
    boolean fit = vouchedFor || found.stream().allMatch(this::isAllowed);
    return fit ? found.stream().findFirst() : Optional.empty();
  }

  private boolean isAllowed(InetAddress address) {
    var plain = AddressRules.unwrapped(address);
    return AddressRules.isPublic(plain)
        || allowedRanges.stream().anyMatch(range -> range.contains(plain));
  }

  private static String bare(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static String path(URI uri) {
    var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }
}
