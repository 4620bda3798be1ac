package dev.slipway.rollout.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.rollout.webhook.Guard.Judgement;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Row H5: where no message may ever go.
class GuardTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://100.64.0.1/",
        "https://100.127.255.255/",
        "https://169.254.169.254/latest/meta-data",
        "https://172.16.0.1/",
        "https://172.31.255.255/",
        "https://192.168.1.1/",
        "https://192.0.0.1/",
        "https://192.0.2.1/",
        "https://198.18.0.1/",
        "https://198.19.255.255/",
        "https://198.51.100.1/",
        "https://203.0.113.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fd00::1]/",
        "https://[fc00::1]/",
        "https://[fe80::1]/",
        "https://[ff02::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001::1]/",
        "https://[2001:db8::1]/",
        "https://inside.example/",
        "https://half-inside.example/",
        "https://mapped.example/",
        "https://nowhere.example/",
        "http://outside.example/",
        "https://outside.example:8443/",
        "https://outside.example:22/",
        "https://user:secret@outside.example/",
        "https://outside.example/#x",
        "ftp://outside.example/",
        "file:///etc/passwd",
        "gopher://outside.example/",
        "https:///path",
        "outside.example",
        "https://outside.example:0/",
        "https://outside.example:99999/",
        "https://a b/",
        ""
      })
  void refused(String url) {
    assertThat(guard(List.of()).judge(url)).isInstanceOf(Judgement.Refused.class);
  }

  @Test
  void thePublicInternetIsAllowed() {
    assertThat(guard(List.of()).judge("https://Outside.example/hook?x=1"))
        .isInstanceOfSatisfying(
            Judgement.Allowed.class,
            to -> {
              assertThat(to.address().getAddress().getHostAddress()).isEqualTo("93.184.215.14");
              assertThat(to.port()).isEqualTo(443);
              assertThat(to.tls()).isTrue();
              assertThat(to.path()).isEqualTo("/hook?x=1");
            });
    assertThat(guard(List.of()).judge("https://8.8.8.8")).isInstanceOf(Judgement.Allowed.class);
    assertThat(guard(List.of()).judge("https://[2606:4700::1111]/"))
        .isInstanceOf(Judgement.Allowed.class);
    assertThat(guard(List.of()).judge("https://[::ffff:8.8.8.8]/"))
        .isInstanceOf(Judgement.Allowed.class);
  }

  @Test
  void theOperatorVouchesForReceiversInside() {
    var guard = guard(List.of("127.0.0.1:8090", "inside.example", "10.20.0.0/16"));
    assertThat(guard.judge("http://127.0.0.1:8090/x")).isInstanceOf(Judgement.Allowed.class);
    assertThat(guard.judge("http://127.0.0.1:8091/x")).isInstanceOf(Judgement.Refused.class);
    assertThat(guard.judge("http://inside.example/")).isInstanceOf(Judgement.Allowed.class);
    assertThat(guard.judge("https://10.20.1.1/")).isInstanceOf(Judgement.Allowed.class);
    assertThat(guard.judge("http://10.20.1.1/")).isInstanceOf(Judgement.Refused.class);
    assertThat(guard.judge("https://10.21.1.1/")).isInstanceOf(Judgement.Refused.class);
    assertThat(guard.judge("http://sub.inside.example/")).isInstanceOf(Judgement.Refused.class);
  }

  @Test
  void aNameIsLookedUpOnceAndThatAddressIsTheOne() {
    // Given
    var lookups = new ArrayList<String>();
    var guard =
        new Guard(
            name -> {
              lookups.add(name);
              return List.of(
                  InetAddress.getByName(lookups.size() == 1 ? "93.184.215.14" : "127.0.0.1"));
            },
            Set.of(),
            List.of());

    // When
    var first = guard.judge("https://rebinding.example/");
    var second = guard.judge("https://rebinding.example/");

    // Then
    assertThat(first)
        .isInstanceOfSatisfying(
            Judgement.Allowed.class,
            to -> assertThat(to.address().getAddress().getHostAddress()).startsWith("93."));
    assertThat(second).isInstanceOf(Judgement.Refused.class);
    assertThat(lookups).hasSize(2);
  }

  static Guard guard(List<String> allowed) {
    return new Guard(GuardTest::resolve, Set.of(), allowed);
  }

  private static List<InetAddress> resolve(String name) throws UnknownHostException {
    return switch (name) {
      case "outside.example" -> List.of(InetAddress.getByName("93.184.215.14"));
      case "inside.example" -> List.of(InetAddress.getByName("10.0.0.7"));
      case "half-inside.example" ->
          List.of(InetAddress.getByName("93.184.215.14"), InetAddress.getByName("10.0.0.7"));
      case "mapped.example" -> List.of(InetAddress.getByName("64:ff9b::a00:7"));
      default -> throw new UnknownHostException(name);
    };
  }
}
