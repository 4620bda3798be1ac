package dev.slipway.ingest;

import dev.slipway.bundle.AppId;
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

/// What the service left of an app: in the database, on the topic, in the object store.
///
/// @param blobs rows
/// @param versions rows
/// @param waiting rows of the outbox, sent ones too
/// @param events keys of the topic's records, repeats included
/// @param objects their keys
record Remains(
    List<String> blobs,
    List<String> versions,
    List<String> waiting,
    List<String> events,
    List<String> objects) {

  static final Remains NOTHING = new Remains(List.of(), List.of(), List.of(), List.of(), List.of());

  static Remains of(AppId app, Endpoints endpoints) throws Exception {
    return new Remains(
        column(endpoints, "select id from ingest.blob where app_id = '" + app + "' order by id"),
        column(
            endpoints, "select version from ingest.bundle where app_id = '" + app + "' order by 1"),
        column(
            endpoints,
            "select record_key from ingest.outbox where record_key like '"
                + app
                + "/%' order by 1"),
        events(app, endpoints),
        objects(app, endpoints));
  }

  private static List<String> events(AppId app, Endpoints endpoints) {
    try (var reader = TopicReader.fromBeginning(endpoints, Topics.BUNDLES.name())) {
      return reader.toEnd().stream()
          .map(record -> record.key())
          .filter(key -> key.startsWith(app + "/"))
          .toList();
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
    try (var reader = TopicReader.fromBeginning(endpoints, Topics.BUNDLES.name())) {
      for (var record : reader.toEnd()) {
        all.writeBytes(record.key().getBytes(StandardCharsets.UTF_8));
        all.writeBytes(record.value());
        record.headers().forEach(header -> all.writeBytes(header.value()));
      }
    }
    for (var table : List.of("blob", "bundle", "part", "release", "usage")) {
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
