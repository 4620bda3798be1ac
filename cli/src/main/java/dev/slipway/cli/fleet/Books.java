package dev.slipway.cli.fleet;

import java.util.BitSet;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What the fleet itself knows of every version, counted in devices: the truth that the services'
/// figures can be held against. Thread-safe.
public final class Books {

  /// Devices of one version.
  ///
  /// @param offered were told to install it
  /// @param downloaded have opened and verified it
  /// @param installed have switched to it
  /// @param confirmed became ready on it
  /// @param failed never became ready on it
  /// @param left switched from it to another version by order, after it had run
  /// @param running run it now
  public record Line(
      int offered,
      int downloaded,
      int installed,
      int confirmed,
      int failed,
      int left,
      int running) {

    static final Line NONE = new Line(0, 0, 0, 0, 0, 0, 0);
  }

  /// All versions at one moment; the store's build is called `builtin`.
  ///
  /// @param checked devices that have asked at least once
  /// @param undecided devices that are between two versions: loading, or not ready yet
  /// @param corrupt downloads that did not verify
  /// @param unanswered requests that got no usable answer, by what came instead
  public record Page(
      int devices,
      SortedMap<String, Line> versions,
      int checked,
      int undecided,
      long checks,
      long reports,
      long downloads,
      long bytes,
      long corrupt,
      SortedMap<String, Long> unanswered) {
    public Page {
      unanswered = Collections.unmodifiableSortedMap(new TreeMap<>(unanswered));
      versions = Collections.unmodifiableSortedMap(new TreeMap<>(versions));
    }

    public Line of(String version) {
      return versions.getOrDefault(version, Line.NONE);
    }
  }

  private static final class Entry {
    final BitSet offered = new BitSet();
    final BitSet downloaded = new BitSet();
    final BitSet installed = new BitSet();
    final BitSet confirmed = new BitSet();
    final BitSet failed = new BitSet();
    final BitSet left = new BitSet();
    int running;

    Line line() {
      return new Line(
          offered.cardinality(),
          downloaded.cardinality(),
          installed.cardinality(),
          confirmed.cardinality(),
          failed.cardinality(),
          left.cardinality(),
          running);
    }
  }

  static final String BUILTIN = "builtin";

  private final int devices;
  private final Map<String, Entry> entries = new TreeMap<>();
  private final BitSet checked = new BitSet();
  private final BitSet undecided = new BitSet();
  private long checks;
  private long reports;
  private long downloads;
  private long bytes;
  private long corrupt;
  private final SortedMap<String, Long> unanswered = new TreeMap<>();
  private long changes;

  Books(int devices) {
    this.devices = devices;
    entry(BUILTIN).running = devices;
  }

  public synchronized Page page() {
    SortedMap<String, Line> lines = new TreeMap<>();
    entries.forEach((version, entry) -> lines.put(version, entry.line()));
    return new Page(
        devices,
        lines,
        checked.cardinality(),
        undecided.cardinality(),
        checks,
        reports,
        downloads,
        bytes,
        corrupt,
        unanswered);
  }

  /// Rises whenever a device's version changes or is about to.
  synchronized long changes() {
    return changes;
  }

  /// From now on every device has to ask again to count as checked.
  public synchronized void newRound() {
    checked.clear();
  }

  /// Notes what a step did to a device.
  synchronized void stepped(int device, Input input, Device before, Device after) {
    switch (input) {
      case Input.Answered(var answer) -> {
        checked.set(device);
        if (answer instanceof Answer.Install(var offer)
            && !offer.version().equals(before.name(before.current()))) {
          entry(offer.version()).offered.set(device);
        }
      }
      case Input.Unpacked(var offer) -> entry(offer.version()).downloaded.set(device);
      case Input.BecameReady() -> entry(word(after.current())).confirmed.set(device);
      case Input.ReadyTimeRanOut() -> {
        if (before.pending() && !before.current().equals(after.current())) {
          entry(word(before.current())).failed.set(device);
        }
      }
      case Input.Backgrounded() -> {
        if (!before.current().equals(after.current()) && !before.pending()) {
          entry(word(before.current())).left.set(device);
        }
      }
      case Input.ChecksumMismatch(_) -> corrupt++;
      case Input.Launched(),
          Input.Foregrounded(),
          Input.Transferred(_),
          Input.TransferFailed(_) -> {}
    }
    if (!before.current().equals(after.current())) {
      entry(word(before.current())).running--;
      Entry now = entry(word(after.current()));
      now.running++;
      now.installed.set(device);
      changes++;
    }
    boolean between = after.pending() || after.next() != null || after.fetching() != null;
    if (between != undecided.get(device)) changes++;
    undecided.set(device, between);
  }

  synchronized void sentCheck() {
    checks++;
  }

  synchronized void sentReports(int count) {
    reports += count;
  }

  synchronized void downloaded(long size) {
    downloads++;
    bytes += size;
  }

  /// @param instead what came of a request, such as `HTTP 503`
  synchronized void requestFailed(String instead) {
    unanswered.merge(instead, 1L, Long::sum);
  }

  private Entry entry(String version) {
    return entries.computeIfAbsent(version, _ -> new Entry());
  }

  private static String word(Release release) {
    return switch (release) {
      case Release.Builtin() -> BUILTIN;
      case Release.Bundle(var version) -> version;
    };
  }
}
