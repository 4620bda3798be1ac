package dev.slipway.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.TopicReader;
import io.minio.GetObjectArgs;
import io.minio.ListObjectsArgs;
import io.minio.MinioClient;
import io.minio.StatObjectArgs;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/// What the service left of an app: in the database, on the topic, in the object store.
///
/// @param blobs rows
/// @param versions rows
/// @param waiting rows of the outbox, sent ones too
/// @param events keys of the topic's records, repeats included
/// @param objects their keys
/// @param certificates rows of the lineage, of the book and of exceptions
/// @param publisherEvents kinds of the topic's records, repeats included
record Remains(
    List<String> blobs,
    List<String> versions,
    List<String> waiting,
    List<String> events,
    List<String> objects,
    List<String> certificates,
    List<String> publisherEvents) {

  static final Remains NOTHING =
      new Remains(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  private static final Map<String, TopicReader> READERS = new ConcurrentHashMap<>();

  static Remains of(AppId app, Endpoints endpoints) throws Exception {
    return new Remains(
        column(endpoints, "select id from ingest.blob where app_id = '" + app + "' order by id"),
        column(
            endpoints, "select version from ingest.bundle where app_id = '" + app + "' order by 1"),
        column(
            endpoints,
            "select record_key from ingest.outbox where record_key like '"
                + app
                + "/%' or record_key = '"
                + app
                + "' order by 1"),
        events(app, endpoints),
        objects(app, endpoints),
        column(
            endpoints,
            """
            select concat_ws(' ', 'lineage', leaf, predecessor, version)
            from ingest.lineage where app_id = '%1$s'
            union all
            select concat_ws(' ', 'certificate', fingerprint, pinned_by, revoked_by)
            from ingest.certificate where app_id = '%1$s'
            union all
            select concat_ws(' ', 'unlock', kind, subject, approved_by, used_in)
            from ingest.unlock where app_id = '%1$s'
            order by 1
            """
                .formatted(app)),
        publisherEvents(app, endpoints).stream()
            .map(event -> event.getClass().getSimpleName())
            .toList());
  }

  /// What somebody tries in vain.
  interface Attempt {
    void run() throws Exception;
  }

  /// Runs what must be refused, and looks whether anything of the app is another than before: a
  // row,
  /// an event, an object.
  static void unchanged(AppId app, Endpoints endpoints, Attempt refused) throws Exception {
    var before = of(app, endpoints);
    refused.run();
    assertThat(of(app, endpoints)).isEqualTo(before);
  }

  private static List<String> events(AppId app, Endpoints endpoints) {
    return records(Topics.BUNDLES.name(), endpoints).stream()
        .map(ConsumerRecord::key)
        .filter(key -> key.startsWith(app + "/"))
        .toList();
  }

  /// What the topic says of the app's certificates, in its order.
  static List<PublisherEvent> publisherEvents(AppId app, Endpoints endpoints) {
    return records(Topics.PUBLISHER_EVENTS.name(), endpoints).stream()
        .filter(record -> record.key().equals(app.text()))
        .map(record -> Message.read(Topics.PUBLISHER_EVENTS, record.value()))
        .toList();
  }

  /// Who signed, one after another.
  static List<String> lineage(AppId app, Endpoints endpoints) throws Exception {
    return column(
        endpoints,
        "select concat(leaf, ' follows ', coalesce(predecessor, 'nobody'), ' in ', version)"
            + " from ingest.lineage where app_id = '"
            + app
            + "' order by position");
  }

  /// What was refused to whom, in the order of time: access key, request, status, slug.
  static List<String> refusals(AppId app, Endpoints endpoints) throws Exception {
    return column(
        endpoints,
        "select concat_ws(' ', actor, method, path, status, slug) from ingest.refusal"
            + " where app_id = '"
            + app
            + "' order by id");
  }

  /// One reader per topic goes on from look to look.
  private static List<ConsumerRecord<String, byte[]>> records(String topic, Endpoints endpoints) {
    var reader =
        READERS.computeIfAbsent(
            endpoints.kafka() + topic, _ -> TopicReader.fromBeginning(endpoints, topic));
    synchronized (reader) {
      return reader.toEnd();
    }
  }

  static List<String> objects(AppId app, Endpoints endpoints) throws Exception {
    var keys = new ArrayList<String>();
    try (var client = client(endpoints)) {
      for (var folder : List.of("apps/", "releases/")) {
        var found =
            client.listObjects(
                ListObjectsArgs.builder()
                    .bucket(endpoints.s3Bucket())
                    .prefix(folder + app + "/")
                    .recursive(true)
                    .build());
        for (var item : found) keys.add(item.get().objectName());
      }
    }
    return keys;
  }

  static String cacheControl(String key, Endpoints endpoints) throws Exception {
    try (var client = client(endpoints)) {
      return String.valueOf(
          client
              .statObject(StatObjectArgs.builder().bucket(endpoints.s3Bucket()).object(key).build())
              .headers()
              .get("Cache-Control"));
    }
  }

  static MinioClient client(Endpoints endpoints) {
    return MinioClient.builder()
        .endpoint(endpoints.s3().toString())
        .region("us-east-1")
        .credentials(endpoints.s3AccessKey(), endpoints.s3SecretKey())
        .build();
  }

  static byte[] object(String key, Endpoints endpoints) throws Exception {
    try (var client = client(endpoints);
        var in =
            client.getObject(
                GetObjectArgs.builder().bucket(endpoints.s3Bucket()).object(key).build())) {
      return in.readAllBytes();
    }
  }

  /// Every byte that the service keeps of an app or says about it, one after another.
  static byte[] everything(AppId app, Endpoints endpoints) throws Exception {
    var all = new ByteArrayOutputStream();
    try (var client = client(endpoints)) {
      for (var key : objects(app, endpoints)) {
        try (var in =
            client.getObject(
                GetObjectArgs.builder().bucket(endpoints.s3Bucket()).object(key).build())) {
          in.transferTo(all);
        }
      }
    }
    for (var topic : List.of(Topics.BUNDLES.name(), Topics.PUBLISHER_EVENTS.name())) {
      try (var reader = TopicReader.fromBeginning(endpoints, topic)) {
        for (var record : reader.toEnd()) {
          all.writeBytes(record.key().getBytes(StandardCharsets.UTF_8));
          all.writeBytes(record.value());
          record.headers().forEach(header -> all.writeBytes(header.value()));
        }
      }
    }
    for (var table :
        column(endpoints, "select tablename from pg_tables where schemaname = 'ingest'")) {
      for (var row : column(endpoints, "select t::text from ingest." + table + " t")) {
        all.writeBytes(row.getBytes(StandardCharsets.UTF_8));
      }
    }
    for (var row :
        column(
            endpoints, "select headers::text || convert_from(value, 'UTF8') from ingest.outbox")) {
      all.writeBytes(row.getBytes(StandardCharsets.UTF_8));
    }
    return all.toByteArray();
  }

  private static List<String> column(Endpoints endpoints, String query) throws Exception {
    var values = new ArrayList<String>();
    try (var connection =
            DriverManager.getConnection(
                endpoints.jdbcUrl(), endpoints.user(), endpoints.password());
        var statement = connection.createStatement();
        var answer = statement.executeQuery(query)) {
      while (answer.next()) values.add(answer.getString(1));
    }
    return values;
  }
}
