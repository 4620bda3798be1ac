package dev.slipway.delivery.decide;

import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.delivery.image.SemVer;

/// What a version of the stock plugin can do. Its lines 5, 6 and 7 got most features late and at
/// the same time; line 8 had them from the start.
public record Plugin(SemVer version) {

  /// A client that names no version is taken for the Electron one, whose constant is as low.
  public static final Plugin UNNAMED = new Plugin(SemVer.ZERO);

  /// One whose version cannot be read is taken for an old one that the server still speaks to.
  public static final Plugin UNREADABLE = new Plugin(SemVer.of(5, 0, 0));

  private static final SemVer KEY_ID_SENT_SINCE = SemVer.of(8, 1, 0);
  private static final SemVer KEY_ID_UNRELIABLE_UNTIL = SemVer.of(8, 40, 7);
  private static final SemVer REVERTS_SINCE = SemVer.of(6, 2, 0);
  private static final int NEW_LINE = 8;

  /// Whether the server speaks to it at all.
  public boolean isSupported() {
    return version.major() == 0 || version.major() >= 5;
  }

  /// Whether it opens a zip of this scheme.
  public boolean opensZip(Scheme scheme) {
    return switch (scheme) {
      // Before, a zip in the clear was told by its CRC-32.
      case PLAIN -> isElectron0() || since(10, 0, 25, 0, 0, 0);
      case V2 -> version.major() >= 5 && version.major() < NEW_LINE && !readsV3();
      case V3 -> readsV3();
    };
  }

  /// Whether it installs a list of files of this scheme.
  public boolean opensFiles(Scheme scheme) {
    return takesManifest()
        && switch (scheme) {
          case PLAIN -> true;
          case V2 -> !readsV3();
          case V3 -> readsV3();
        };
  }

  /// Whether it takes hex text for the third encryption format; before, it knew base64 only.
  private boolean readsV3() {
    return since(30, 0, 30, 0, 30, 0);
  }

  /// Whether it may be sent a list of files.
  private boolean takesManifest() {
    return since(10, 0, 25, 0, 0, 35);
  }

  /// Whether it hands on a version's link and comment.
  public boolean takesMetadata() {
    return version.major() == NEW_LINE ? version.minor() >= 35 : since(35, 0, 35, 0, 35, 0);
  }

  /// Whether a missing `key_id` means that the app has no key.
  public boolean sendsKeyId() {
    return version.isAtLeast(KEY_ID_SENT_SINCE);
  }

  /// Whether the `key_id` that it sends is the key that it has.
  public boolean keyIdIsReliable() {
    return version.compareTo(KEY_ID_UNRELIABLE_UNTIL) > 0;
  }

  /// Whether it understands the order to go back to what the store delivered.
  public boolean revertsToBuiltin() {
    return version.isAtLeast(REVERTS_SINCE);
  }

  /// Whether it keeps the channel that it was put on by itself, and sends it as `defaultChannel`.
  public boolean keepsChannel() {
    return version.major() < 5 || since(34, 0, 34, 0, 34, 0);
  }

  /// The Electron updater, whose calls differ.
  public boolean isElectron0() {
    return version.major() == 0;
  }

  /// Whether it is of line 8 or later, or at least these minor and patch versions of line 5, 6, 7.
  private boolean since(int minor5, int patch5, int minor6, int patch6, int minor7, int patch7) {
    return switch ((int) Math.min(version.major(), NEW_LINE)) {
      case 5 -> isAtLeast(minor5, patch5);
      case 6 -> isAtLeast(minor6, patch6);
      case 7 -> isAtLeast(minor7, patch7);
      case NEW_LINE -> true;
      default -> false;
    };
  }

  private boolean isAtLeast(int minor, int patch) {
    return version.minor() > minor || version.minor() == minor && version.patch() >= patch;
  }
}
