package dev.slipway.delivery.protocol;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.device.Platform;
import dev.slipway.delivery.decide.DeviceFacts;
import dev.slipway.delivery.decide.Plugin;
import dev.slipway.delivery.decide.UpdateQuery;
import dev.slipway.delivery.image.SemVer;
import dev.slipway.delivery.protocol.Read.Invalid;
import dev.slipway.delivery.protocol.Read.Valid;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes of a body what an endpoint works with, or says what is wrong with it.
public final class Requests {

  /// Device times outside these say nothing, and would only trip up their readers.
  private static final Instant FIRST_TIME = Instant.parse("2000-01-01T00:00:00Z");

  private static final Instant LAST_TIME = Instant.parse("2100-01-01T00:00:00Z");

  private Requests() {}

  /// What all requests of a device have in common.
  private record Sender(
      String app, DeviceId device, Platform platform, boolean emulator, boolean release) {}

  /// The body of an update check.
  public static Read<UpdateQuery> updateQuery(Members members) {
    return switch (sender(members)) {
      case Invalid<Sender>(var mistake) -> new Invalid<>(mistake);
      case Valid<Sender>(var sender) -> updateQuery(members, sender);
    };
  }

  private static Read<UpdateQuery> updateQuery(Members members, Sender sender) {
    var versionName = members.text(Member.VERSION_NAME);
    var versionBuild = members.text(Member.VERSION_BUILD);
    var pluginText = members.text(Member.PLUGIN_VERSION);
    if (versionName == null
        || versionName.length() > Member.VERSION_BUILD.maxLength
        || versionBuild == null
        || pluginText == null
        || isWrong(members, Member.DEFAULT_CHANNEL)
        || isWrong(members, Member.INSTALL_SOURCE)
        || isWrong(members, Member.KEY_ID)) {
      return new Invalid<>(Mistake.INVALID_JSON_BODY);
    }
    var plugin = SemVer.parse(pluginText);
    if (plugin.isEmpty()) return new Invalid<>(Mistake.INVALID_JSON_BODY);
    var build = SemVer.coerce(versionBuild);
    if (build.isEmpty()) return new Invalid<>(Mistake.SEMVER_ERROR);
    var facts = facts(members, sender, build.get(), new Plugin(plugin.get()));
    return new Valid<>(UpdateQuery.of(sender.app(), sender.device(), facts, versionName));
  }

  private static DeviceFacts facts(Members members, Sender sender, SemVer build, Plugin plugin) {
    return new DeviceFacts(
        sender.platform(),
        build,
        members.text(Member.VERSION_BUILD),
        plugin,
        members.text(Member.PLUGIN_VERSION),
        members.text(Member.VERSION_OS),
        members.text(Member.CUSTOM_ID),
        sender.emulator(),
        sender.release(),
        members.text(Member.DEFAULT_CHANNEL),
        members.text(Member.KEY_ID));
  }

  /// One report. Beyond what names its sender and its kind it is taken as it came.
  public static Read<Report> report(Members members) {
    return switch (sender(members)) {
      case Invalid<Sender>(var mistake) -> new Invalid<>(mistake);
      case Valid<Sender>(var sender) -> report(members, sender);
    };
  }

  private static Read<Report> report(Members members, Sender sender) {
    var action = members.text(Member.ACTION);
    if (action == null
        || isWrong(members, Member.VERSION_NAME)
        || isWrong(members, Member.OLD_VERSION_NAME)
        || isWrong(members, Member.VERSION_BUILD)
        || isWrong(members, Member.PLUGIN_VERSION)
        || isWrong(members, Member.DEFAULT_CHANNEL)) {
      return new Invalid<>(Mistake.INVALID_JSON_BODY);
    }
    var versionBuild = members.text(Member.VERSION_BUILD);
    var build = versionBuild == null ? Optional.of(SemVer.ZERO) : SemVer.coerce(versionBuild);
    if (build.isEmpty()) return new Invalid<>(Mistake.SEMVER_ERROR);
    var plugin = plugin(members.text(Member.PLUGIN_VERSION));
    return new Valid<>(
        new Report(
            AppId.of(sender.app()),
            sender.device(),
            facts(members, sender, build.get(), plugin),
            action,
            members.text(Member.VERSION_NAME),
            members.text(Member.OLD_VERSION_NAME),
            time(members.number(Member.TIMESTAMP))));
  }

  /// A call about the device's channel, from a body or from parameters.
  public static Read<ChannelCall> channelCall(Members members) {
    return switch (sender(members)) {
      case Invalid<Sender>(var mistake) -> new Invalid<>(mistake);
      case Valid<Sender>(var sender) -> {
        var versionBuild = members.text(Member.VERSION_BUILD);
        if (isWrong(members, Member.CHANNEL)
            || isWrong(members, Member.DEFAULT_CHANNEL)
            || isWrong(members, Member.ACTION)
            || isWrong(members, Member.PLUGIN_VERSION)
            || versionBuild == null) {
          yield new Invalid<>(Mistake.INVALID_JSON_BODY);
        }
        var build = SemVer.coerce(versionBuild);
        if (build.isEmpty()) yield new Invalid<>(Mistake.SEMVER_ERROR);
        var plugin = plugin(members.text(Member.PLUGIN_VERSION));
        yield new Valid<>(
            new ChannelCall(
                AppId.of(sender.app()),
                sender.device(),
                facts(members, sender, build.get(), plugin),
                members.text(Member.CHANNEL),
                members.text(Member.ACTION)));
      }
    };
  }

  /// A call for the list of channels, which need not name the device.
  public static Read<ListCall> listCall(Members members) {
    if (members.isEmpty()) return new Invalid<>(Mistake.INVALID_QUERY_PARAMETERS);
    if (members.isMissing(Member.APP_ID)) return new Invalid<>(Mistake.MISSING_APP_ID);
    var app = appId(members);
    var platform = platform(members.text(Member.PLATFORM));
    var emulator = members.flag(Member.IS_EMULATOR, false);
    var release = members.flag(Member.IS_PROD, true);
    if (app.isEmpty() || platform == null || emulator == null || release == null) {
      return new Invalid<>(Mistake.INVALID_QUERY_PARAMETERS);
    }
    return new Valid<>(
        new ListCall(
            app.get(),
            platform,
            emulator,
            release,
            plugin(members.text(Member.PLUGIN_VERSION)),
            members.text(Member.PLUGIN_VERSION) != null,
            members.text(Member.ACTION),
            members.text(Member.DEFAULT_CHANNEL)));
  }

  private static Read<Sender> sender(Members members) {
    if (members.isEmpty()) return new Invalid<>(Mistake.INVALID_JSON_BODY);
    if (members.isMissing(Member.DEVICE_ID)) return new Invalid<>(Mistake.MISSING_DEVICE_ID);
    if (members.isMissing(Member.APP_ID)) return new Invalid<>(Mistake.MISSING_APP_ID);
    var app = members.text(Member.APP_ID);
    var device = deviceId(members);
    var platform = platform(members.text(Member.PLATFORM));
    var emulator = members.flag(Member.IS_EMULATOR, false);
    var release = members.flag(Member.IS_PROD, true);
    if (app == null
        || !AppId.isValid(app)
        || device == null
        || platform == null
        || emulator == null
        || release == null) {
      return new Invalid<>(Mistake.INVALID_JSON_BODY);
    }
    return new Valid<>(new Sender(app, device, platform, emulator, release));
  }

  /// The app that a body is about, if it names one.
  public static Optional<AppId> appId(Members members) {
    var text = members.text(Member.APP_ID);
    if (text == null) return Optional.empty();
    try {
      return Optional.of(AppId.of(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static @Nullable DeviceId deviceId(Members members) {
    var text = members.text(Member.DEVICE_ID);
    return text == null || !DeviceId.isValid(text) ? null : DeviceId.of(text);
  }

  private static @Nullable Platform platform(@Nullable String text) {
    return switch (text) {
      case "android" -> Platform.ANDROID;
      case "ios" -> Platform.IOS;
      case "electron" -> Platform.ELECTRON;
      case null, default -> null;
    };
  }

  /// A version that does not parse is an old one, which keeps nothing by itself.
  private static Plugin plugin(@Nullable String text) {
    if (text == null) return Plugin.UNNAMED;
    return SemVer.parse(text).map(Plugin::new).orElse(Plugin.UNREADABLE);
  }

  private static @Nullable Instant time(@Nullable Long millis) {
    if (millis == null) return null;
    var time = Instant.ofEpochMilli(millis);
    return time.isBefore(FIRST_TIME) || time.isAfter(LAST_TIME) ? null : time;
  }

  private static boolean isWrong(Members members, Member member) {
    return members.isNoText(member) && !members.isMissing(member);
  }
}
