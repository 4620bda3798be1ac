package dev.slipway.delivery.device;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.device.DeviceChannel;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceOverride;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// What is known of single devices: the channel that an operator put one on, the channel that one
/// chose, the versions that failed on one. Of each of the three topics one thread writes its table;
/// any thread asks, without a lock.
///
/// Of a channel a table keeps a 30-bit hash of its name, and of a revision as much as fits beside
/// it, so that an older record does not undo a newer one.
public final class Devices {

  private static final int REMEMBERED_FAILURES = 1 << 17;
  private static final int REMEMBERED_CHOICES = 1 << 14;
  private static final long CHANNEL_MASK = 0xffff_fffc_0000_0000L;

  /// A revision up to this is a counter; above it, milliseconds since 1970.
  private static final long COUNTED = 1L << 30;

  private final DeviceKeys keys;
  private final CompactTable overrides;
  private final CompactTable choices;
  private final CompactTable failures;
  private final RecentFailures recentFailures = new RecentFailures(REMEMBERED_FAILURES);

  // Choices that have not come back through the topic yet; a removal is kept as NOTHING.
  private final SequencedMap<Long, Long> recentChoices = new LinkedHashMap<>();
  private volatile boolean anyRecentChoice;

  /// @param seed see [DeviceKeys]
  public Devices(long seed) {
    this(new DeviceKeys(seed), new CompactTable(), new CompactTable(), new CompactTable());
  }

  private Devices(
      DeviceKeys keys, CompactTable overrides, CompactTable choices, CompactTable failures) {
    this.keys = keys;
    this.overrides = overrides;
    this.choices = choices;
    this.failures = failures;
  }

  public DeviceKeys keys() {
    return keys;
  }

  /// Whether no operator has put any device anywhere, and none chose: no need to look it up.
  public boolean hasOverrides() {
    return overrides.size() > 0;
  }

  /// The hash of the channel that an operator put the device on, or -1.
  public int overrideOf(long device) {
    return channel(overrides.find(device));
  }

  /// The hash of the channel that the device chose here, or -1.
  public int choiceOf(long device) {
    if (anyRecentChoice) {
      synchronized (recentChoices) {
        var recent = recentChoices.get(device);
        if (recent != null) return channel(recent);
      }
    }
    return channel(choices.find(device));
  }

  /// Whether the version is kept from the device because it failed there.
  ///
  /// @param version [DeviceKeys#name]
  /// @param now in seconds since 1970
  /// @param retryFrom failures before it are forgiven
  public boolean failed(long device, int version, long now, @Nullable Instant retryFrom) {
    long mark = failures.find(device, FailureMark.VERSION_MASK, FailureMark.version(version));
    return FailureMark.blocks(mark, now, retryFrom)
        || FailureMark.blocks(recentFailures.find(device, version), now, retryFrom);
  }

  /// What devices have just reported to this instance.
  public RecentFailures recentFailures() {
    return recentFailures;
  }

  /// The device chose this channel, or takes its choice back: holds at once for this instance, and
  /// for all once the record has come through the topic.
  public void choose(long device, @Nullable ChannelName channel, long revision) {
    synchronized (recentChoices) {
      recentChoices.putLast(
          device, channel == null ? CompactTable.NOTHING : place(channel, revision));
      if (recentChoices.size() > REMEMBERED_CHOICES) recentChoices.pollFirstEntry();
      anyRecentChoice = true;
    }
  }

  public void override(DeviceOverride override) {
    long device = device(override.appId().text(), override.deviceId());
    put(overrides, device, override.channel(), override.revision());
  }

  public void removeOverride(String key) {
    overrides.replace(device(key));
  }

  public void chosen(DeviceChannel choice) {
    long device = device(choice.appId().text(), choice.deviceId());
    put(choices, device, choice.channel(), choice.revision());
    settle(device, place(choice.channel(), choice.revision()));
  }

  public void removeChoice(String key) {
    long device = device(key);
    choices.replace(device);
    settle(device, CompactTable.NOTHING);
  }

  public void failedBefore(DeviceFailures state) {
    var marks = new long[state.failures().size()];
    for (int i = 0; i < marks.length; i++) {
      var failure = state.failures().get(i);
      marks[i] = FailureMark.of(DeviceKeys.name(failure.version().text()), failure);
    }
    failures.replace(device(state.appId().text(), state.deviceId()), marks);
  }

  public void removeFailures(String key) {
    failures.replace(device(key));
  }

  /// The topic has told it, so it need not be remembered any more.
  private void settle(long device, long place) {
    if (!anyRecentChoice) return;
    synchronized (recentChoices) {
      var recent = recentChoices.get(device);
      if (recent != null && recent <= place || recent != null && place == CompactTable.NOTHING) {
        recentChoices.remove(device);
        anyRecentChoice = !recentChoices.isEmpty();
      }
    }
  }

  private static void put(CompactTable table, long device, ChannelName channel, long revision) {
    long next = place(channel, revision);
    long known = table.find(device);
    if (known != CompactTable.NOTHING && (known & ~CHANNEL_MASK) > (next & ~CHANNEL_MASK)) return;
    table.replace(device, next);
  }

  /// 30 bits for the channel, 34 for the revision: a counter as it is, a time to the quarter of a
  /// second (which does until 2100). Rises with the revision.
  private static long place(ChannelName channel, long revision) {
    long short34 =
        revision < COUNTED
            ? revision
            : Math.min(COUNTED + (revision - COUNTED >> 8), ~CHANNEL_MASK);
    return (long) DeviceKeys.name(channel.text()) << 34 | Math.max(1, short34);
  }

  private static int channel(long place) {
    return place == CompactTable.NOTHING ? -1 : (int) (place >>> 34);
  }

  private long device(String app, dev.slipway.contracts.DeviceId device) {
    return keys.device(DeviceKeys.app(app), device);
  }

  /// @throws IllegalArgumentException if it is no key of a device
  private long device(String key) {
    int slash = key.indexOf('/');
    if (slash < 0) throw new IllegalArgumentException("a key without a slash");
    return device(
        key.substring(0, slash), dev.slipway.contracts.DeviceId.of(key.substring(slash + 1)));
  }

  /// The tables by what is in them, to be watched.
  public Map<String, CompactTable> tables() {
    return Map.of("overrides", overrides, "choices", choices, "failures", failures);
  }

  /// Writes what is known, to be read after a restart. The tables may be written meanwhile: what
  /// was changed while it ran may be missing, which the next one mends.
  public void write(DataOutput out) throws IOException {
    out.writeLong(keys.seed());
    overrides.write(out);
    choices.write(out);
    failures.write(out);
  }

  /// Reads what [#write] wrote.
  public static Devices read(DataInput in) throws IOException {
    return new Devices(
        new DeviceKeys(in.readLong()),
        CompactTable.read(in),
        CompactTable.read(in),
        CompactTable.read(in));
  }
}
