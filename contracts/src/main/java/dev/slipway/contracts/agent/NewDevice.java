package dev.slipway.contracts.agent;

/**
 * The body of {@code POST /v1/apps/{app}/devices}: a device enrols its key, so that what it reports
 * counts in full.
 *
 * @param publicKey Ed25519, 32 bytes in base64url
 * @param enrolmentToken of the app, as its owner was shown it
 * @param signature Ed25519 by that key over {@code "slipway/1 enrol" ‖ 0 ‖ app id ‖ 0 ‖ public
 *     key}, 64 bytes in base64url
 */
public record NewDevice(String publicKey, String enrolmentToken, String signature) {

  /** Names the device's key, never the token. */
  @Override
  public String toString() {
    return "NewDevice[" + publicKey + "]";
  }
}
