package dev.slipway.contracts.bundle;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version as its publisher is told of it: the members of its {@link BundleState}, and what else
 * there is to say.
 *
 * @param withdrawal who took it back and why, where somebody did
 * @param warnings what was accepted, but should not stay as it is; in the answer that accepts only
 */
public record BundleAnswer(
    @JsonUnwrapped BundleState bundle,
    @Nullable Withdrawal withdrawal,
    @Nullable List<Warning> warnings) {
  public BundleAnswer {
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
  }

  /**
   * Who took a version back, and why.
   *
   * @param by the id of the access key
   */
  public record Withdrawal(String by, String reason, Instant at) {}

  /**
   * What was accepted, but should not stay as it is.
   *
   * @param code stable, for programs: {@code certificate-in-grace}, {@code certificate-expiring}
   * @param detail for people: what is about to happen and what to do
   * @param daysLeft whole days until then
   * @param until when it happens
   */
  public record Warning(String code, String detail, long daysLeft, Instant until) {}
}
