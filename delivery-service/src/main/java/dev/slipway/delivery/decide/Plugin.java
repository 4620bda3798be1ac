package dev.slipway.delivery.decide;

import dev.slipway.delivery.image.SemVer;
import java.util.Map;

/// What a version of the stock plugin can do.
public record Plugin(SemVer version) {

  /// A client that names no version is taken for the Electron one, whose constant is as low.
  public static final Plugin UNNAMED = new Plugin(SemVer.ZERO);

  /// One whose version cannot be read is taken for an old one that the server still speaks to.
  public static final Plugin UNREADABLE = new Plugin(SemVer.of(5, 0, 0));

  private static final Map<Long, SemVer> READS_V3_SINCE =
      Map.of(5L, SemVer.of(5, 30, 0), 6L, SemVer.of(6, 30, 0), 7L, SemVer.of(7, 30, 0));
  private static final Map<Long, SemVer> KEEPS_CHANNEL_SINCE =
      Map.of(5L, SemVer.of(5, 34, 0), 6L, SemVer.of(6, 34, 0), 7L, SemVer.of(7, 34, 0));
  private static final SemVer KEY_ID_SENT_SINCE = SemVer.of(8, 1, 0);
  private static final SemVer KEY_ID_UNRELIABLE_UNTIL = SemVer.of(8, 40, 7);
  private static final SemVer REVERTS_SINCE = SemVer.of(6, 2, 0);

  /// Whether the server speaks to it at all.
  public boolean isSupported() {
    return version.major() != 4;
  }

  /// Whether it opens a bundle of the third encryption format, the one that is made here.
  public boolean readsV3() {
    if (version.major() >= 8) return true;
    var since = READS_V3_SINCE.get(version.major());
    return since != null && version.isAtLeast(since);
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
    if (version.major() < 5 || version.major() > 7) return true;
    var since = KEEPS_CHANNEL_SINCE.get(version.major());
    return since != null && version.isAtLeast(since);
  }

  /// The Electron updater, whose calls differ.
  public boolean isElectron0() {
    return version.major() == 0;
  }
}
