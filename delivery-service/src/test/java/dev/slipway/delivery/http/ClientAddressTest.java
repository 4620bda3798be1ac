package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class ClientAddressTest {

  private final ClientAddress behindProxies =
      new ClientAddress(List.of("10.0.0.0/8", "192.0.2.7", "2001:db8::/32"));

  @Test
  void believesNobodyWithoutTrustedProxies() {
    var addresses = new ClientAddress(List.of());
    assertThat(addresses.of("10.1.1.1", List.of("1.2.3.4")).getHostAddress()).isEqualTo("10.1.1.1");
  }

  @Test
  void believesNoStranger() {
    assertThat(behindProxies.of("203.0.113.9", List.of("1.2.3.4")).getHostAddress())
        .isEqualTo("203.0.113.9");
  }

  @Test
  void takesTheLastAddressThatNoTrustedProxyHas() {
    // The left ones are what the sender made up.
    var headers = List.of("8.8.8.8, 198.51.100.4", "192.0.2.7,10.9.9.9");
    assertThat(behindProxies.of("10.1.1.1", headers).getHostAddress()).isEqualTo("198.51.100.4");
  }

  @Test
  void stopsAtWhatIsNoAddress() {
    assertThat(behindProxies.of("10.1.1.1", List.of("1.2.3.4, unknown, 10.2.2.2")).getHostAddress())
        .isEqualTo("10.2.2.2");
    assertThat(behindProxies.of("10.1.1.1", List.of()).getHostAddress()).isEqualTo("10.1.1.1");
    assertThat(behindProxies.of("10.1.1.1", List.of("evil.example.com")).getHostAddress())
        .isEqualTo("10.1.1.1");
  }

  @Test
  void knowsAddressesOfVersion6() {
    assertThat(behindProxies.of("2001:db8::1", List.of("2a00:1450::5")).getHostAddress())
        .isEqualTo("2a00:1450:0:0:0:0:0:5");
    assertThat(behindProxies.of("::ffff:10.1.1.1", List.of("1.2.3.4")).getHostAddress())
        .isEqualTo("1.2.3.4");
  }

  @Test
  void refusesARangeThatIsNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClientAddress(List.of("10.0.0.0/33")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClientAddress(List.of("proxy.example.com")));
  }
}
