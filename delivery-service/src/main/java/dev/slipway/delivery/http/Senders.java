package dev.slipway.delivery.http;

import dev.slipway.contracts.DeviceId;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;

/// Who sends, and whether they are answered.
///
/// @param protection the limits that they keep to
public record Senders(ClientAddress addresses, Protection protection) {

  public InetAddress of(RoutingContext routing) {
    return addresses.of(routing.request());
  }

  /// Whether to go on with a device's call; it has been answered otherwise.
  public boolean admit(RoutingContext routing, DeviceId device) {
    return passed(
        routing, protection.admit(routing.vertx(), of(routing), device.text().hashCode()));
  }

  /// The same for a call that names no device.
  public boolean admitNetwork(RoutingContext routing) {
    return passed(routing, protection.admit(routing.vertx(), of(routing)));
  }

  /// Whether to tell a sender that an app is unknown; it has been answered otherwise.
  public boolean admitMiss(RoutingContext routing) {
    return passed(routing, protection.miss(of(routing)));
  }

  private static boolean passed(RoutingContext routing, Protection.Verdict verdict) {
    return switch (verdict) {
      case Protection.Verdict.Pass() -> true;
      case Protection.Verdict.ComeBack(var seconds) -> {
        DeviceHttp.comeBack(routing, seconds);
        yield false;
      }
    };
  }
}
