package dev.slipway.cli.fleet;

import dev.slipway.cli.fleet.Effect.Check;
import dev.slipway.cli.fleet.Effect.Fetch;
import dev.slipway.cli.fleet.Effect.LoadPage;
import dev.slipway.cli.fleet.Effect.Say;
import dev.slipway.cli.fleet.Effect.StartReadyTimer;
import dev.slipway.cli.fleet.Release.Builtin;
import dev.slipway.cli.fleet.Release.Bundle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One device with the stock plugin in its default mode: check at the start and on return, download
/// behind the user's back, switch when the user leaves, go back if the new version never says that
/// it is ready.
///
/// Pure: [#on] takes what happens and returns the device after it and what it does about it. The
/// order of its reports is the one that the unmodified plugins were recorded with; where a
/// recording holds no case (going back to a bundle rather than to the store's build), it is the one
/// of the plugin's code.
///
/// @param current what runs
/// @param fallback the last version that became ready
/// @param next what is switched to when the user leaves
/// @param stored the versions whose files are on the device
/// @param pending whether the current version has not become ready yet
/// @param saidReady whether this process has reported that it is ready
/// @param fetching the version whose download is under way
public record Device(
    Plugin plugin,
    String nativeVersion,
    Release current,
    Release fallback,
    @Nullable Release next,
    Set<String> stored,
    boolean pending,
    boolean saidReady,
    @Nullable String fetching) {

  private static final Map<String, String> LAUNCH = Map.of("source", "plugin_load");
  private static final Map<String, String> READY =
      Map.of("source", "notify_app_ready", "duration_ms", "1250");

  public Device {
    stored = Set.copyOf(stored);
  }

  /// A device fresh from the app store.
  public static Device fresh(Plugin plugin, String nativeVersion) {
    return new Device(
        plugin,
        nativeVersion,
        Release.BUILTIN,
        Release.BUILTIN,
        null,
        Set.of(),
        false,
        false,
        null);
  }

  /// The device after something happened, and what it does.
  public record Step(Device device, List<Effect> effects) {
    public Step {
      effects = List.copyOf(effects);
    }
  }

  public Step on(Input input) {
    var turn = new Turn(this);
    switch (input) {
      case Input.Launched() -> turn.launch();
      case Input.Foregrounded() -> turn.foreground();
      case Input.Backgrounded() -> turn.background();
      case Input.BecameReady() -> turn.ready();
      case Input.ReadyTimeRanOut() -> turn.notReady();
      case Input.Answered(var answer) -> turn.answered(answer);
      case Input.Transferred(var offer) -> turn.transferred(offer);
      case Input.Unpacked(var offer) -> turn.unpacked(offer);
      case Input.ChecksumMismatch(var offer) -> turn.mismatch(offer);
      case Input.TransferFailed(var offer) -> turn.notTransferred(offer);
    }
    return turn.done();
  }

  /// How this device's plugin calls a release.
  public String name(Release release) {
    return switch (release) {
      case Builtin() -> plugin.builtinName(nativeVersion);
      case Bundle(var version) -> version;
    };
  }

  /// One input being worked on.
  private static final class Turn {
    private final Plugin plugin;
    private final String nativeVersion;
    private Release current;
    private Release fallback;
    private @Nullable Release next;
    private final Set<String> stored;
    private boolean pending;
    private boolean saidReady;
    private @Nullable String fetching;
    private final Device before;
    private final List<Effect> effects = new ArrayList<>();

    Turn(Device device) {
      before = device;
      plugin = device.plugin;
      nativeVersion = device.nativeVersion;
      current = device.current;
      fallback = device.fallback;
      next = device.next;
      stored = new HashSet<>(device.stored);
      pending = device.pending;
      saidReady = device.saidReady;
      fetching = device.fetching;
    }

    Step done() {
      return new Step(
          new Device(
              plugin, nativeVersion, current, fallback, next, stored, pending, saidReady, fetching),
          effects);
    }

    void launch() {
      saidReady = false;
      fetching = null;
      check();
      if (plugin.modern()) say("app_launch_start", name(current), "", LAUNCH);
      say("app_moved_to_foreground", name(current));
      load();
      if (pending) effects.add(new StartReadyTimer());
    }

    void foreground() {
      check();
      say("app_moved_to_foreground", name(current));
      if (pending) effects.add(new StartReadyTimer());
    }

    void background() {
      say("app_moved_to_background", name(current));
      if (next == null) return;
      Release target = next;
      next = null;
      if (!target.equals(current)) switchTo(target);
    }

    void ready() {
      if (plugin.modern() && !saidReady) {
        say("app_launch_ready", name(current), "", READY);
      }
      saidReady = true;
      if (!pending) return;
      pending = false;
      Release former = fallback;
      fallback = current;
      if (!former.equals(current) && former instanceof Bundle(var version)) delete(version);
    }

    void notReady() {
      if (!pending || !(current instanceof Bundle(var failed))) return;
      say("update_fail", failed);
      pending = false;
      if (plugin.modern()) {
        if (fallback instanceof Builtin) {
          current = Release.BUILTIN;
          load();
        } else {
          switchTo(fallback);
        }
        delete(failed);
      } else {
        current = Release.BUILTIN;
        say("reset", name(current), failed, Map.of());
        stored.remove(failed);
        if (fallback instanceof Bundle) switchTo(fallback);
        else load();
      }
    }

    void answered(Answer answer) {
      switch (answer) {
        case Answer.Nothing() -> {}
        case Answer.Refused(_) -> say("download_fail", name(current));
        case Answer.ToBuiltin() -> {
          if (!(current instanceof Builtin)) next = Release.BUILTIN;
        }
        case Answer.Install(var offer) -> install(offer);
      }
    }

    private void install(Offer offer) {
      String version = offer.version();
      if (version.equals(name(current)) || version.equals(fetching)) return;
      if (stored.contains(version)) {
        next = new Bundle(version);
        if (plugin.modern()) say("set_next", version, name(current), Map.of());
        return;
      }
      fetching = version;
      sayAtOnce("download_zip_start", version);
      effects.add(new Fetch(offer));
    }

    void transferred(Offer offer) {
      sayAtOnce("download_zip_complete", offer.version());
      say("download_70", offer.version());
    }

    void unpacked(Offer offer) {
      if (!offer.version().equals(fetching)) return;
      fetching = null;
      stored.add(offer.version());
      next = new Bundle(offer.version());
      say("download_complete", offer.version());
      if (plugin.modern()) say("set_next", offer.version(), name(current), Map.of());
    }

    /// Plugins on Android book a wrong checksum on the version that runs.
    void mismatch(Offer offer) {
      if (!offer.version().equals(fetching)) return;
      fetching = null;
      say("checksum_fail", name(current));
      say("delete", offer.version());
      say("download_fail", name(current));
      say("finish_download_fail", offer.version());
    }

    /// The download worker does not know which version it is loading.
    void notTransferred(Offer offer) {
      if (!offer.version().equals(fetching)) return;
      fetching = null;
      say("download_fail", null, "", Map.of());
    }

    /// Switched, but not yet proven.
    private void switchTo(Release target) {
      String former = name(current);
      current = target;
      if (target instanceof Builtin) {
        pending = false;
        fallback = Release.BUILTIN;
        say("reset", name(current), former, Map.of());
        load();
        return;
      }
      pending = true;
      say("set", name(current), former, Map.of());
      load();
      effects.add(new StartReadyTimer());
    }

    private void delete(String version) {
      stored.remove(version);
      say("delete", version);
    }

    private void load() {
      effects.add(new LoadPage(current));
    }

    private void check() {
      effects.add(new Check(name(current)));
    }

    private void say(String action, String versionName) {
      say(action, versionName, "", Map.of());
    }

    private void say(
        String action, @Nullable String versionName, String old, Map<String, String> metadata) {
      effects.add(new Say(new Report(action, versionName, old, metadata, plugin.modern())));
    }

    private void sayAtOnce(String action, String versionName) {
      effects.add(new Say(new Report(action, versionName, "", Map.of(), false)));
    }

    private String name(Release release) {
      return before.name(release);
    }
  }
}
