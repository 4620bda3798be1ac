package dev.slipway.stack;

import java.net.URI;
import java.util.Map;
import java.util.TreeMap;

/// Where a stack's Kafka, PostgreSQL and S3 server answer, and with which credentials.
///
/// @param kafka bootstrap servers
/// @param jdbcUrl the database, without user and password
/// @param reactiveUrl the same for the reactive client
public record Endpoints(
    String kafka,
    String jdbcUrl,
    String reactiveUrl,
    String user,
    String password,
    URI s3,
    String s3AccessKey,
    String s3SecretKey,
    String s3Bucket) {

  /// The settings that each service gets, by the names of their configuration keys.
  public Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    settings.put("kafka.bootstrap.servers", kafka);
    settings.put("slipway.database.jdbc-url", jdbcUrl);
    settings.put("slipway.database.reactive-url", reactiveUrl);
    settings.put("slipway.database.user", user);
    settings.put("slipway.database.password", password);
    settings.put("slipway.s3.endpoint", s3.toString());
    settings.put("slipway.s3.access-key", s3AccessKey);
    settings.put("slipway.s3.secret-key", s3SecretKey);
    settings.put("slipway.s3.bucket", s3Bucket);
    settings.put("slipway.topics.profile", "single");
    return settings;
  }

  /// The same settings as environment variables, which unlike `-D` options do not show in the list
  /// of processes.
  public Map<String, String> environment() {
    Map<String, String> environment = new TreeMap<>();
    settings()
        .forEach(
            (key, value) ->
                environment.put(
                    key.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_"), value));
    return environment;
  }

  @Override
  public String toString() {
    return "Endpoints[kafka=%s, jdbcUrl=%s, user=%s, s3=%s, s3Bucket=%s]"
        .formatted(kafka, jdbcUrl, user, s3, s3Bucket);
  }
}
