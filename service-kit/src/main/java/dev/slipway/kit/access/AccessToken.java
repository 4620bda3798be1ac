package dev.slipway.kit.access;

import java.util.Optional;
import java.util.regex.Pattern;

/// What the bearer of an access key presents: `slipway_<env>_<id>_<secret>`. Never printed.
record AccessToken(String environment, String keyId, String secret) {

  static final int KEY_ID_CHARACTERS = 8;
  static final int SECRET_CHARACTERS = 43;
  private static final int MAX_CHARACTERS = 96;

  static final Pattern ENVIRONMENT = Pattern.compile("[a-z0-9]{1,16}");
  private static final Pattern SHAPE =
      Pattern.compile("slipway_([a-z0-9]{1,16})_([a-z0-9]{8})_([A-Za-z0-9_-]{43})");

  /// The token in an `Authorization` header of the scheme Bearer, if it has the right shape.
  static Optional<AccessToken> inHeader(String authorization) {
    var scheme = "Bearer ";
    if (authorization.length() > scheme.length() + MAX_CHARACTERS
        || !authorization.regionMatches(true, 0, scheme, 0, scheme.length())) {
      return Optional.empty();
    }
    return parse(authorization.substring(scheme.length()).strip());
  }

  static Optional<AccessToken> parse(String text) {
    if (text.length() > MAX_CHARACTERS) return Optional.empty();
    var match = SHAPE.matcher(text);
    return match.matches()
        ? Optional.of(new AccessToken(match.group(1), match.group(2), match.group(3)))
        : Optional.empty();
  }

  /// The full text, for the one time that it is shown.
  String text() {
    return "slipway_" + environment + "_" + keyId + "_" + secret;
  }

  @Override
  public String toString() {
    return "AccessToken[" + keyId + "]";
  }
}
