package dev.slipway.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.stack.Endpoints;
import io.minio.BucketExistsArgs;
import io.minio.MinioClient;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

@WithStack
class StackIT {

  @Test
  void hasAllThreeServers(Endpoints endpoints) throws Exception {
    try (var connection =
            DriverManager.getConnection(
                endpoints.jdbcUrl(), endpoints.user(), endpoints.password());
        var minio =
            MinioClient.builder()
                .endpoint(endpoints.s3().toString())
                .credentials(endpoints.s3AccessKey(), endpoints.s3SecretKey())
                .build()) {
      assertThat(connection.getMetaData().getDatabaseMajorVersion()).isEqualTo(18);
      assertThat(
              minio.bucketExists(BucketExistsArgs.builder().bucket(endpoints.s3Bucket()).build()))
          .isTrue();
    }
  }

  @Test
  void readsWhatIsCommittedInOrder(Endpoints endpoints) {
    // Given
    try (TopicWriter writer = new TopicWriter(endpoints)) {
      writer.createTopic("stack-it", 1, Map.of());
      writer.send("stack-it", "a", "1".getBytes(UTF_8), Map.of("ce_type", "test"));
      abort(endpoints, "stack-it");
      writer.send("stack-it", "b", null, Map.of());
    }

    try (TopicReader reader = TopicReader.fromBeginning(endpoints, "stack-it")) {
      // When
      List<ConsumerRecord<String, byte[]>> records = reader.untilCount(2);

      // Then
      assertThat(records).extracting(ConsumerRecord::key).containsExactly("a", "b");
      assertThat(records.getFirst().headers().lastHeader("ce_type").value())
          .isEqualTo("test".getBytes(UTF_8));
      assertThat(reader.toEnd()).hasSize(2);
      assertThatThrownBy(() -> reader.until(all -> all.size() > 2, Duration.ofMillis(300)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("[a, b]");
    }
  }

  @Test
  void readsFromNow(Endpoints endpoints) {
    try (TopicWriter writer = new TopicWriter(endpoints)) {
      // Given
      writer.createTopic("stack-it-now", 2, Map.of());
      writer.send("stack-it-now", "before", new byte[0], Map.of());
      try (TopicReader reader = TopicReader.fromNow(endpoints, "stack-it-now")) {
        // When
        writer.send("stack-it-now", "after", new byte[0], Map.of());

        // Then
        assertThat(reader.untilCount(1)).extracting(ConsumerRecord::key).containsExactly("after");
      }
    }
  }

  @Test
  void isOneStackForAllClassLoaders(Endpoints endpoints) throws Exception {
    // Given
    URL[] classPath =
        Arrays.stream(System.getProperty("java.class.path").split(":"))
            .map(entry -> url(Path.of(entry)))
            .toArray(URL[]::new);
    try (URLClassLoader other =
        new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
      Class<?> resource = other.loadClass(StackResource.class.getName());

      // When
      Object settings =
          resource.getMethod("start").invoke(resource.getDeclaredConstructor().newInstance());

      // Then
      assertThat(resource).isNotEqualTo(StackResource.class);
      assertThat(settings).isEqualTo(endpoints.settings());
    }
  }

  private static void abort(Endpoints endpoints, String topic) {
    Properties config = new Properties();
    config.put("bootstrap.servers", endpoints.kafka());
    config.put("transactional.id", "aborts");
    try (var producer =
        new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "aborted", new byte[0]));
      producer.flush();
      producer.abortTransaction();
    }
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (java.net.MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
