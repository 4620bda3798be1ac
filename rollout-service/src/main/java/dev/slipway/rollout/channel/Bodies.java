package dev.slipway.rollout.channel;

import dev.slipway.contracts.rollout.Cause;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.Text;
import dev.slipway.rollout.plan.Outcome;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What orders have in common on the wire.
public final class Bodies {

  private static final int MAX_REASON = 500;
  private static final Pattern ETAG = Pattern.compile("\"(\\d{1,19})\"");

  private Bodies() {}

  public static <T> T present(@Nullable T body) {
    if (body == null) throw Refusal.of(400, "json-invalid", "The body is empty.");
    return body;
  }

  public static Cause.Person by(Caller caller, String reason) {
    return new Cause.Person(
        caller.keyId(), Text.checked("reason-invalid", "/reason", reason, MAX_REASON));
  }

  /// The epoch that the caller saw, in the body or as `If-Match: "epoch"`.
  public static @Nullable Long epoch(@Nullable Long inBody, @Nullable String ifMatch) {
    if (ifMatch == null || ifMatch.equals("*")) return inBody;
    var tag = ETAG.matcher(ifMatch.strip());
    if (!tag.matches()) {
      throw Refusal.of(
          422,
          "epoch-invalid",
          "If-Match is the channel's epoch in quotes, as ETag gave it.",
          Map.of("header", "If-Match"));
    }
    long inHeader;
    try {
      inHeader = Long.parseLong(tag.group(1));
    } catch (NumberFormatException _) {
      inHeader = -1;
    }
    if (inBody != null && inBody != inHeader) {
      throw Refusal.of(
          422,
          "epoch-invalid",
          "The body and If-Match name different epochs.",
          Map.of("pointer", "/epoch"));
    }
    return inHeader;
  }

  /// Answers with the refusal.
  public static void refuse(Outcome.Refused refused) {
    throw Answers.refusal(refused);
  }

  public static String etag(long epoch) {
    return "\"" + epoch + "\"";
  }
}
