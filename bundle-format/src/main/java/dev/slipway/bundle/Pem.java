package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One PEM block: 64 characters a line, one label, nothing else in the text. */
final class Pem {

  private static final int MAX_CHARACTERS = 64 << 10;
  private static final Pattern BLOCK =
      Pattern.compile(
          "\\s*-----BEGIN ([A-Z0-9 ]{1,40})-----\\s([A-Za-z0-9+/=\\s]+)-----END \\1-----\\s*");

  private Pem() {}

  static String write(String label, byte[] der) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    return "-----BEGIN "
        + label
        + "-----\n"
        + lines.encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  /** The bytes of the block, which must have this label. */
  static byte[] read(String label, String text) {
    Matcher block = BLOCK.matcher(text.length() > MAX_CHARACTERS ? "" : text);
    if (!block.matches() || !block.group(1).equals(label)) {
      throw new BundleException(KEY_INVALID).with("expected", label);
    }
    try {
      return Base64.getDecoder().decode(block.group(2).replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      // Not as a cause: its message would show a character of a key.
      throw new BundleException(KEY_INVALID).with("expected", label);
    }
  }
}
