package dev.slipway.testkit;

import dev.slipway.stack.Endpoints;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import java.net.URI;
import java.util.Map;
import java.util.stream.Stream;
import org.testcontainers.containers.MinIOContainer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.postgresql.PostgreSQLContainer;

/// The same three servers as container images. Testcontainers removes them when the JVM has ended.
final class ContainerStack implements Stack {

  private static final String BUCKET = "slipway";

  @Override
  public Endpoints start() {
    KafkaContainer kafka =
        new KafkaContainer("apache/kafka:4.1.1")
            .withEnv(
                Map.of(
                    "KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false",
                    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1",
                    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1",
                    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"));
    PostgreSQLContainer postgres =
        new PostgreSQLContainer("postgres:18").withDatabaseName("slipway").withUsername("slipway");
    MinIOContainer minio = new MinIOContainer("minio/minio:RELEASE.2025-09-07T16-13-09Z");
    Startables.deepStart(Stream.of(kafka, postgres, minio)).join();
    makeBucket(minio);
    String address = "%s:%d/slipway".formatted(postgres.getHost(), postgres.getFirstMappedPort());
    return new Endpoints(
        kafka.getBootstrapServers(),
        "jdbc:postgresql://" + address,
        "postgresql://" + address,
        postgres.getUsername(),
        postgres.getPassword(),
        URI.create(minio.getS3URL()),
        minio.getUserName(),
        minio.getPassword(),
        BUCKET);
  }

  private static void makeBucket(MinIOContainer minio) {
    try (MinioClient client =
        MinioClient.builder()
            .endpoint(minio.getS3URL())
            .credentials(minio.getUserName(), minio.getPassword())
            .build()) {
      client.makeBucket(MakeBucketArgs.builder().bucket(BUCKET).build());
    } catch (Exception e) {
      throw new IllegalStateException("The bucket can't be made", e);
    }
  }
}
