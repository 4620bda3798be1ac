package dev.slipway.rollout.webhook;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.rollout.StoredJson;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hibernate.reactive.mutiny.Mutiny;

/// Tells webhooks what happened: a message each, written in the transaction that made it true.
@ApplicationScoped
public class Webhooks {

  /// Receivers refuse large bodies; the whole story stands in the API.
  static final int MAX_BODY = 20_000;

  /// What happened.
  ///
  /// @param type kind and name, as in `rollout.rolled-back`
  /// @param source names this very happening: repeating it is the same message
  /// @param data as it went to the topic
  public record News(AppId app, String type, String source, Instant at, Object data) {}

  /// Adds a message for each webhook that wants to hear it.
  public Uni<Void> announce(Mutiny.Session session, News news) {
    return WebhookRow.about(news.app())
        .chain(
            rows -> {
              var wanted = rows.stream().filter(row -> row.wants(news.type())).toList();
              if (wanted.isEmpty()) return Uni.createFrom().voidItem();
              var id = messageId(news);
              var body = body(news);
              return Multi.createFrom()
                  .iterable(wanted)
                  .onItem()
                  .transformToUniAndConcatenate(
                      row -> MessageRow.add(session, row.id, id, news.type(), body, news.at()))
                  .onItem()
                  .ignoreAsUni();
            });
  }

  static String body(News news) {
    var text = StoredJson.write(envelope(news, news.data()));
    if (text.getBytes(StandardCharsets.UTF_8).length <= MAX_BODY) return text;
    return StoredJson.write(envelope(news, Map.of("app_id", news.app(), "left_out", "too large")));
  }

  private static Map<String, Object> envelope(News news, Object data) {
    var envelope = new LinkedHashMap<String, Object>();
    envelope.put("type", news.type());
    envelope.put("timestamp", news.at());
    envelope.put("app_id", news.app());
    envelope.put("data", data);
    return envelope;
  }

  private static String messageId(News news) {
    var source = news.app() + " " + news.type() + " " + news.source();
    return "msg_" + Digest.sha256(source.getBytes(StandardCharsets.UTF_8)).text().substring(0, 27);
  }
}
