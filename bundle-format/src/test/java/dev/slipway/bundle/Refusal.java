package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.slipway.bundle.BundleException.Reason;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Asserts that something is refused, and for which reason. */
final class Refusal {

  private Refusal() {}

  static BundleException assertRefused(Reason reason, ThrowingCallable action) {
    BundleException refused = catchThrowableOfType(BundleException.class, action);
    assertThat(refused).as("refused for " + reason).isNotNull();
    assertThat(refused.reason()).as(refused.getMessage()).isEqualTo(reason);
    return refused;
  }
}
