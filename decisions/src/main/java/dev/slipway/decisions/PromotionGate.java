package dev.slipway.decisions;

import dev.slipway.contracts.rollout.Policy;

/**
 * Says whether the reports speak for a release: an e-value against "it fails at least as often as g
 * = max(3·base rate, 2·tolerated)", for "as rarely as usual". A release that bad passes with a
 * chance of at most beta, however often one looks.
 *
 * <p>Only attempts that ended take part: elapsed time proves nothing. Sources as for {@link
 * AbsoluteTest}. Immutable.
 */
public final class PromotionGate {

  private static final double RAREST_USUAL = 0.001;

  private final double failed;
  private final double confirmed;
  private final double opensAt;

  public PromotionGate(Policy policy) {
    double limit = Math.max(3 * policy.baseRate(), 2 * policy.tolerated());
    // Where less than 0.1 % is the limit already, the usual rate must still be below it.
    double usual = Math.min(Math.max(policy.baseRate(), RAREST_USUAL), limit / 2);
    failed = StrictMath.log(usual / limit);
    confirmed = StrictMath.log1p(-usual) - StrictMath.log1p(-limit);
    opensAt = 1 / policy.beta();
  }

  /** How much the attempts that ended speak for the release. */
  public double eValue(long confirmed, long failures) {
    return AbsoluteTest.bounded(confirmed * this.confirmed + failures * failed);
  }

  /** Whether an e-value lets the next stage open. */
  public boolean isOpen(double eValue) {
    return eValue >= opensAt;
  }
}
