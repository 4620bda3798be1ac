package dev.slipway.contracts.app;

/**
 * The token by which devices may enrol their keys; shown once.
 *
 * @param token to be built into the app; the service keeps the SHA-256 of its text
 */
public record EnrolmentToken(String token) {

  /** Names nothing. */
  @Override
  public String toString() {
    return "EnrolmentToken[]";
  }
}
