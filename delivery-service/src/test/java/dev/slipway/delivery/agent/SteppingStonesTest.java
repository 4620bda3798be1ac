package dev.slipway.delivery.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Status;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.agent.SteppingStones.Way;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The chain of `v2(A), v3(B←A), v4(B), v5(C←B)`.
class SteppingStonesTest {

  private static final BundleState V2 = bundle("2.0.0", "A", null, Status.PUBLISHED, 2);
  private static final BundleState V3 = bundle("3.0.0", "B", "A", Status.PUBLISHED, 3);
  private static final BundleState V4 = bundle("4.0.0", "B", null, Status.PUBLISHED, 4);
  private static final BundleState V5 = bundle("5.0.0", "C", "B", Status.PUBLISHED, 5);
  private static final BundleState V6 = bundle("6.0.0", "C", null, Status.PUBLISHED, 6);
  private static final List<BundleState> ALL = List.of(V6, V2, V4, V3, V5);

  @Test
  void whatTheTrustedLeafSignedOrHandedOverToIsOfferedAtOnce() {
    assertThat(to(V2, "A")).isEqualTo(new Way.Direct());
    assertThat(to(V3, "A")).isEqualTo(new Way.Direct());
    assertThat(to(V5, "B")).isEqualTo(new Way.Direct());
    assertThat(to(V6, "C")).isEqualTo(new Way.Direct());
  }

  @Test
  void aDeviceThatSleptGoesOneHandOverAtATime() {
    assertThat(to(V4, "A")).isEqualTo(new Way.Over(V3));
    assertThat(to(V5, "A")).isEqualTo(new Way.Over(V3));
    assertThat(to(V6, "A")).isEqualTo(new Way.Over(V3));
    assertThat(to(V6, "B")).isEqualTo(new Way.Over(V5));
  }

  @Test
  void theNewestOfSeveralHandOversIsTaken() {
    var later = bundle("3.1.0", "B", "A", Status.PUBLISHED, 7);
    assertThat(SteppingStones.to(V4, leaf("A"), List.of(V3, later, V4)))
        .isEqualTo(new Way.Over(later));
  }

  @Test
  void aHandOverThatWasWithdrawnLeadsNowhere() {
    var gone = bundle("3.0.0", "B", "A", Status.WITHDRAWN, 3);
    assertThat(SteppingStones.to(V4, leaf("A"), List.of(V2, gone, V4))).isEqualTo(new Way.Ended());
  }

  @Test
  void aStrangersLeafLeadsNowhere() {
    assertThat(to(V6, "X")).isEqualTo(new Way.Ended());
  }

  @Test
  void aCircleEnds() {
    var back = bundle("7.0.0", "A", "B", Status.PUBLISHED, 7);
    assertThat(SteppingStones.to(V6, leaf("A"), List.of(V3, back, V6))).isEqualTo(new Way.Ended());
  }

  private static Way to(BundleState target, String trusted) {
    return SteppingStones.to(target, leaf(trusted), ALL);
  }

  private static Digest leaf(String name) {
    return Samples.digest("leaf " + name);
  }

  private static BundleState bundle(
      String version, String leaf, String from, Status status, long accepted) {
    return new BundleState(
        AppId.of("com.demo.a"),
        Version.of(version),
        1,
        status,
        BundleState.Format.SLIPWAY_BUNDLE_1,
        Samples.digest(version),
        1,
        100,
        0,
        leaf(leaf),
        from == null ? null : leaf(from),
        BundleState.Compat.ANY,
        null,
        null,
        null,
        false,
        Samples.NOW.plusSeconds(accepted));
  }
}
