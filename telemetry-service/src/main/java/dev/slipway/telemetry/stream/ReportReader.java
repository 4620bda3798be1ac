package dev.slipway.telemetry.stream;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads events of devices. Reports, which are nearly all of them, are read member by member where
/// they look as delivery writes them; whatever else comes, or is not quite so, is read by data
/// binding, which also says what is wrong with it. What both read is the same. For one thread.
final class ReportReader {

  private static final Map<String, Platform> PLATFORMS = byText(Platform.values());
  private static final Map<String, Arm> ARMS = byText(Arm.values());

  // Of one report and the next, most of this is the same.
  private final Last<AppId> apps = new Last<>(AppId::of);
  private final Last<ChannelName> channels = new Last<>(ChannelName::of);
  private final Last<RolloutId> rollouts = new Last<>(RolloutId::of);
  private final Last<Version> candidates = new Last<>(Version::of);

  /// @throws MalformedRecordException if it is no event of a device
  DeviceEvent read(byte @Nullable [] value) {
    Reported report =
        value == null || value.length > Message.MAX_VALUE_BYTES ? null : report(value);
    return report == null ? Message.read(Topics.DEVICE_EVENTS, value) : report;
  }

  /// Nothing if it takes data binding to tell.
  @Nullable Reported report(byte[] value) {
    try (JsonParser from = Json.LENIENT.getFactory().createParser(value)) {
      if (from.nextToken() != JsonToken.START_OBJECT) return null;
      if (!"type".equals(from.nextFieldName()) || !"reported".equals(from.nextTextValue())) {
        return null;
      }
      var read = new Members();
      boolean plain = read.all(from) && from.nextToken() == null;
      return plain ? read.report() : null;
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      return null;
    }
  }

  /// What was read of one report. A member that is there twice, is null or is of another kind is
  /// left to data binding.
  private final class Members {
    private @Nullable AppId app;
    private @Nullable ChannelName channel;
    private @Nullable DeviceId device;
    private @Nullable Platform platform;
    private @Nullable String action;
    private @Nullable String version;
    private @Nullable String oldVersion;
    private @Nullable String plugin;
    private @Nullable Instant deviceTime;
    private @Nullable String network;
    private @Nullable Boolean counts;
    private @Nullable String reason;
    private @Nullable Instant enrolledAt;
    private @Nullable Stamp stamp;
    private @Nullable Instant receivedAt;

    boolean all(JsonParser from) throws IOException {
      for (String name = from.nextFieldName(); name != null; name = from.nextFieldName()) {
        if (!one(name, from)) return false;
      }
      return from.currentToken() == JsonToken.END_OBJECT;
    }

    private boolean one(String name, JsonParser from) throws IOException {
      return switch (name) {
        case "counts" -> {
          Boolean read = from.nextBooleanValue();
          boolean first = counts == null;
          counts = read;
          yield first && read != null;
        }
        case "stamp" -> {
          boolean first = stamp == null;
          stamp = stamp(from);
          yield first && stamp != null;
        }
        default -> {
          String text = from.nextTextValue();
          yield text != null && one(name, text);
        }
      };
    }

    private boolean one(String name, String text) {
      switch (name) {
        case "app_id" -> {
          if (app != null) return false;
          app = apps.of(text);
        }
        case "channel" -> {
          if (channel != null) return false;
          channel = channels.of(text);
        }
        case "device_id" -> {
          if (device != null) return false;
          device = DeviceId.of(text);
        }
        case "platform" -> {
          if (platform != null) return false;
          platform = PLATFORMS.get(text);
          return platform != null;
        }
        case "action" -> {
          if (action != null) return false;
          action = text;
        }
        case "version_name" -> {
          if (version != null) return false;
          version = text;
        }
        case "old_version_name" -> {
          if (oldVersion != null) return false;
          oldVersion = text;
        }
        case "plugin_version" -> {
          if (plugin != null) return false;
          plugin = text;
        }
        case "device_time" -> {
          if (deviceTime != null) return false;
          deviceTime = instant(text);
        }
        case "network" -> {
          if (network != null) return false;
          network = text;
        }
        case "reason" -> {
          if (reason != null) return false;
          reason = text;
        }
        case "enrolled_at" -> {
          if (enrolledAt != null) return false;
          enrolledAt = instant(text);
        }
        case "received_at" -> {
          if (receivedAt != null) return false;
          receivedAt = instant(text);
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    @Nullable Reported report() {
      if (app == null
          || device == null
          || platform == null
          || action == null
          || network == null
          || counts == null
          || receivedAt == null) {
        return null;
      }
      return new Reported(
          app,
          channel,
          device,
          platform,
          action,
          version,
          oldVersion,
          plugin,
          deviceTime,
          network,
          counts,
          reason,
          enrolledAt,
          stamp,
          receivedAt);
    }
  }

  private @Nullable Stamp stamp(JsonParser from) throws IOException {
    if (from.nextToken() != JsonToken.START_OBJECT) return null;
    RolloutId rollout = null;
    Arm arm = null;
    Integer stage = null;
    Long epoch = null;
    Version candidate = null;
    for (String name = from.nextFieldName(); name != null; name = from.nextFieldName()) {
      JsonToken token = from.nextToken();
      switch (name) {
        case "rollout_id" -> {
          if (rollout != null || token != JsonToken.VALUE_STRING) return null;
          rollout = rollouts.of(from.getText());
        }
        case "arm" -> {
          if (arm != null || token != JsonToken.VALUE_STRING) return null;
          arm = ARMS.get(from.getText());
        }
        case "stage" -> {
          if (stage != null || token != JsonToken.VALUE_NUMBER_INT) return null;
          stage = from.getIntValue();
        }
        case "epoch" -> {
          if (epoch != null || token != JsonToken.VALUE_NUMBER_INT) return null;
          epoch = from.getLongValue();
        }
        case "candidate" -> {
          if (candidate != null || token != JsonToken.VALUE_STRING) return null;
          candidate = candidates.of(from.getText());
        }
        default -> {
          return null;
        }
      }
    }
    boolean whole = from.currentToken() == JsonToken.END_OBJECT;
    return whole && rollout != null && arm != null && stage != null && epoch != null
        ? new Stamp(rollout, arm, stage, epoch, candidate)
        : null;
  }

  private static <E extends Enum<E>> Map<String, E> byText(E[] constants) {
    return Arrays.stream(constants)
        .collect(
            Collectors.toUnmodifiableMap(
                constant -> constant.name().toLowerCase(Locale.ROOT), Function.identity()));
  }

  /// `2026-11-25T14:38:20.123456789Z`, the fraction in any length that there is.
  private static Instant instant(String text) {
    int end = text.length() - 1;
    if (end < 19
        || end == 20
        || end > 29
        || text.charAt(end) != 'Z'
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || text.charAt(10) != 'T'
        || text.charAt(13) != ':'
        || text.charAt(16) != ':'
        || end > 19 && text.charAt(19) != '.') {
      throw new DateTimeException("not as times are written");
    }
    long day =
        LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)).toEpochDay();
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, 19);
    if (hour > 23 || minute > 59 || second > 59) throw new DateTimeException("no such time");
    int nanos = end == 19 ? 0 : number(text, 20, end);
    for (int digits = Math.max(0, end - 20); digits < 9; digits++) nanos *= 10;
    return Instant.ofEpochSecond(day * 86_400 + hour * 3_600L + minute * 60L + second, nanos);
  }

  private static int number(String text, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) throw new DateTimeException("not a digit");
      value = value * 10 + digit;
    }
    return value;
  }

  /// The last value that was made of a text, for when the text comes again.
  private static final class Last<T> {
    private final Function<String, T> make;
    private String text = "";
    private @Nullable T value;

    Last(Function<String, T> make) {
      this.make = make;
    }

    T of(String wanted) {
      T known = value;
      if (known != null && text.equals(wanted)) return known;
      T made = make.apply(wanted);
      text = wanted;
      value = made;
      return made;
    }
  }
}
