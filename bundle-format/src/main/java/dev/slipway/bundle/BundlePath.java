package dev.slipway.bundle;

/** The rules for the paths of a bundle's files. */
final class BundlePath {

  private BundlePath() {}

  /** Whether a reader sees this character as what it is: no control, format or lone surrogate. */
  static boolean isVisible(int codePoint) {
    switch (Character.getType(codePoint)) {
      case Character.CONTROL:
      case Character.FORMAT:
      case Character.SURROGATE:
      case Character.UNASSIGNED:
      case Character.PRIVATE_USE:
      case Character.LINE_SEPARATOR:
      case Character.PARAGRAPH_SEPARATOR:
        return false;
      default:
        return true;
    }
  }
}
