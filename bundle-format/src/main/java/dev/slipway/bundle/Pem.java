package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PEM blocks: 64 characters a line, one label, nothing else in the text. */
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

  /** The bytes of the one block, which must have this label. */
  static byte[] read(String label, String text) {
    List<byte[]> blocks = readAll(label, text);
    if (blocks.size() != 1) {
      throw new BundleException(KEY_INVALID).with("expected", "one " + label);
    }
    return blocks.get(0);
  }

  /** The bytes of the blocks, of which there is at least one; all must have this label. */
  static List<byte[]> readAll(String label, String text) {
    List<byte[]> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(text.length() > MAX_CHARACTERS ? "" : text);
    int end = 0;
    while (end < block.regionEnd() && block.lookingAt() && block.group(1).equals(label)) {
      blocks.add(decode(label, block.group(2)));
      end = block.end();
      block.region(end, text.length());
    }
    if (blocks.isEmpty() || end != text.length()) {
      throw new BundleException(KEY_INVALID).with("expected", label);
    }
    return blocks;
  }

  private static byte[] decode(String label, String base64) {
    try {
      return Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      // Not as a cause: its message would show a character of a key.
      throw new BundleException(KEY_INVALID).with("expected", label);
    }
  }
}
