package dev.slipway.delivery.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;
import dev.slipway.delivery.decide.Refusal;
import dev.slipway.delivery.decide.UpdateDecision;
import dev.slipway.delivery.image.ChannelImage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/// Answers as the stock plugin wants them.
public final class Answers {

  /// What says nothing of its request is written once.
  public static final ByteBuffer OK = write(Map.of("status", "ok"));

  /// To an update check, before the service has read what it has to know.
  public static final ByteBuffer NOTHING_KNOWN_YET =
      write(refusal(Mistake.NOT_READY.error(), "blocked", Mistake.NOT_READY.message()));

  private static final ByteBuffer UP_TO_DATE =
      write(refusal("no_new_version_available", "up_to_date", "No new version available"));
  private static final ByteBuffer ALREADY_ON_BUILTIN =
      write(
          with(
              refusal("already_on_builtin", "up_to_date", "Already on the store's build"),
              "version",
              "builtin"));
  private static final ByteBuffer TO_BUILTIN = write(Map.of("version", "builtin"));

  private static final List<ByteBuffer> MISTAKES =
      Stream.of(Mistake.values()).map(Answers::written).toList();

  private Answers() {}

  public static ByteBuffer decision(UpdateDecision decision) {
    return switch (decision) {
      case UpdateDecision.Offer offer -> offer.answer();
      case UpdateDecision.UpToDate() -> UP_TO_DATE;
      case UpdateDecision.AlreadyBuiltin() -> ALREADY_ON_BUILTIN;
      case UpdateDecision.ToBuiltin() -> TO_BUILTIN;
      case UpdateDecision.KeyMismatch(var device, var bundle) -> {
        var answer =
            refusal("key_id_mismatch", "blocked", "The bundle is for another key than the app's");
        answer.put("deviceKeyId", device);
        answer.put("bundleKeyId", bundle);
        yield write(answer);
      }
      case UpdateDecision.Refused(var reason, var version, var old) -> {
        var answer = refusal(reason);
        if (reason.isBarrier()) answer.put("major", true);
        if (version != null) answer.put("version", version);
        if (old != null) answer.put("old", old);
        yield write(answer);
      }
    };
  }

  /// What is wrong with a request.
  public static ByteBuffer mistake(Mistake mistake) {
    return MISTAKES.get(mistake.ordinal());
  }

  private static ByteBuffer written(Mistake mistake) {
    // As the server of the stock plugin has it: an error without kind is no refusal of an update.
    var answer = new LinkedHashMap<String, Object>();
    answer.put("error", mistake.error());
    if (mistake == Mistake.APP_NOT_FOUND) answer.put("kind", "blocked");
    answer.put("message", mistake.message());
    answer.put("moreInfo", Map.of());
    return write(answer);
  }

  /// A sender that asks too often is to come back later. Newer plugins read the header, others one
  /// of these members.
  ///
  /// @param now in milliseconds since 1970
  public static ByteBuffer comeBack(int seconds, long now) {
    var more = new LinkedHashMap<String, Object>();
    more.put("retryAfterSeconds", seconds);
    more.put("rateLimitResetAt", now + seconds * 1000L);
    var answer = new LinkedHashMap<String, Object>();
    answer.put("error", Mistake.TOO_MANY_REQUESTS.error());
    answer.put("message", Mistake.TOO_MANY_REQUESTS.message());
    answer.put("moreInfo", more);
    answer.putAll(more);
    return write(answer);
  }

  /// How large the files of a list are, as far as is known.
  ///
  /// @param sizes by name, in bytes
  public static ByteBuffer sizes(List<FileSizes.File> files, Map<String, Long> sizes) {
    var items = new ArrayList<Map<String, Object>>();
    long total = 0;
    int known = 0;
    for (var file : files) {
      var item = new LinkedHashMap<String, Object>();
      item.put("file_name", file.name());
      item.put("file_hash", file.hash());
      item.put("download_url", file.address());
      var size = sizes.get(file.name());
      if (size == null) {
        item.put("error", "size_unknown");
      } else {
        item.put("size", size);
        total += size;
        known++;
      }
      items.add(item);
    }
    var answer = new LinkedHashMap<String, Object>();
    answer.put("totalSize", total);
    answer.put("knownFiles", known);
    answer.put("unknownFiles", files.size() - known);
    answer.put("files", items);
    return write(answer);
  }

  /// The results of a batch, an absence for each entry that was taken.
  public static ByteBuffer results(List<Optional<Mistake>> results) {
    var items = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < results.size(); i++) {
      var item = new LinkedHashMap<String, Object>();
      var mistake = results.get(i);
      item.put("status", mistake.isEmpty() ? "ok" : "error");
      mistake.ifPresent(
          found -> {
            item.put("error", found.error());
            item.put("message", found.message());
          });
      item.put("index", i);
      items.add(item);
    }
    var answer = new LinkedHashMap<String, Object>();
    answer.put("status", "ok");
    answer.put("results", items);
    return write(answer);
  }

  /// A device may be on the channel; it keeps that in mind by itself.
  public static ByteBuffer channelAllowed() {
    return write(with(with(new LinkedHashMap<>(), "status", "ok"), "allowSet", true));
  }

  /// The channel that a device has chosen.
  public static ByteBuffer channelChosen(String channel) {
    var answer = new LinkedHashMap<String, Object>();
    answer.put("channel", channel);
    answer.put("status", "override");
    answer.put("allowSet", true);
    return write(answer);
  }

  /// The channel that a device is on because it has not chosen one.
  public static ByteBuffer channelByDefault(String channel) {
    var answer = new LinkedHashMap<String, Object>();
    answer.put("channel", channel);
    answer.put("status", "default");
    return write(answer);
  }

  /// The same for the Electron updater.
  public static ByteBuffer electronChannel(String channel, boolean allowSet) {
    var answer = new LinkedHashMap<String, Object>();
    answer.put("channel", channel);
    answer.put("allow_set", allowSet);
    answer.put("status", "default");
    return write(answer);
  }

  public static ByteBuffer channels(List<ChannelImage> channels) {
    return write(entries(channels));
  }

  /// The same for the Electron updater.
  public static ByteBuffer electronChannels(List<ChannelImage> channels) {
    return write(Map.of("channels", entries(channels)));
  }

  private static List<Map<String, Object>> entries(List<ChannelImage> channels) {
    return channels.stream()
        .map(
            channel -> {
              Map<String, Object> entry = new LinkedHashMap<>();
              entry.put("id", number(channel.state().key()));
              entry.put("name", channel.state().channel().text());
              entry.put("public", channel.state().rules().open());
              entry.put("allow_self_set", channel.state().rules().selfAssign());
              return entry;
            })
        .toList();
  }

  /// The plugin wants numeric ids; nothing ever asks for one. 31 bits, which every language takes
  /// for a number.
  private static long number(String key) {
    var crc = new CRC32();
    crc.update(key.getBytes(StandardCharsets.UTF_8));
    return crc.getValue() >>> 1;
  }

  private static Map<String, Object> refusal(Refusal reason) {
    return refusal(reason.error(), reason.kind().text(), reason.message());
  }

  private static Map<String, Object> refusal(String error, String kind, String message) {
    var answer = new LinkedHashMap<String, Object>();
    answer.put("error", error);
    answer.put("kind", kind);
    answer.put("message", message);
    return answer;
  }

  private static Map<String, Object> with(Map<String, Object> answer, String name, Object value) {
    answer.put(name, value);
    return answer;
  }

  private static ByteBuffer write(Object answer) {
    try {
      return ByteBuffer.wrap(Json.LENIENT.writeValueAsBytes(answer));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("an answer that cannot be written", e);
    }
  }
}
