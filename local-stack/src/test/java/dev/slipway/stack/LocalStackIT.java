package dev.slipway.stack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.minio.GetObjectArgs;
import io.minio.ListObjectsArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LocalStackIT {

  private static final Path PROGRAMS = Path.of("target/programs");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private static LocalStack stack;

  @BeforeAll
  static void start() {
    Instant began = Instant.now();
    stack = LocalStack.at(folder, PROGRAMS);
    stack.start(System.out::println);
    System.out.printf("Stack up after %s%n", Duration.between(began, Instant.now()));
  }

  @AfterAll
  static void stop() {
    stack.stop(System.out::println);
  }

  @Test
  @Order(1)
  void keepsWhatWasWritten() throws Exception {
    // Given
    createTopic("greetings");
    produceInTransaction("greetings", "one", "two");
    insert("one");
    put("folder/greeting.txt", "one");

    // When
    stack.stop(System.out::println);
    List<ProcessStatus> stopped = stack.status();
    stack.start(System.out::println);

    // Then
    assertThat(stopped).allSatisfy(process -> assertThat(process.running()).isEmpty());
    assertThat(read("greetings", 2)).containsExactly("one", "two");
    assertThat(rows()).containsExactly("one");
    assertThat(get("folder/greeting.txt")).isEqualTo("one");
  }

  @Test
  @Order(2)
  void startingAgainChangesNothing() {
    // Given
    List<Long> before = pids(stack);
    Endpoints endpoints = stack.endpoints();

    // When
    LocalStack other = LocalStack.at(folder, PROGRAMS);
    other.start(System.out::println);

    // Then
    assertThat(pids(other)).isEqualTo(before);
    assertThat(other.endpoints()).isEqualTo(endpoints);
  }

  @Test
  @Order(3)
  void healsWhatWasKilled() throws Exception {
    // Given
    Endpoints endpoints = stack.endpoints();
    insert("before the crash");
    stack.status().forEach(LocalStackIT::killUnseen);

    // When
    stack.start(System.out::println);

    // Then
    assertThat(stack.isRunning()).isTrue();
    assertThat(stack.endpoints()).isEqualTo(endpoints);
    assertThat(rows()).contains("before the crash");
    assertThat(read("greetings", 2)).containsExactly("one", "two");
  }

  @Test
  @Order(4)
  void stopsAndStartsOnePart() throws Exception {
    // Given
    long postgres = pid(Part.POSTGRES);

    // When
    stack.stop(Part.KAFKA, System.out::println);
    boolean runsWithout = stack.isRunning();
    stack.start(Part.KAFKA, System.out::println);

    // Then
    assertThat(runsWithout).isFalse();
    assertThat(pids(stack)).contains(postgres);
    assertThat(read("greetings", 2)).containsExactly("one", "two");
  }

  @Test
  @Order(5)
  void aPidThatBelongsToAnotherProcessIsStale() throws Exception {
    // Given
    Path pidFile = folder.resolve("run/s3.pid");
    long s3 = pid(Part.S3);
    stack.kill(Part.S3);
    Files.writeString(pidFile, ProcessHandle.current().pid() + "\n12345\n");

    // When
    boolean taken = stack.isRunning();
    stack.stop(Part.S3, System.out::println);
    stack.start(Part.S3, System.out::println);

    // Then
    assertThat(taken).isFalse();
    assertThat(pid(Part.S3)).isNotEqualTo(s3);
    assertThat(get("folder/greeting.txt")).isEqualTo("one");
  }

  @Test
  @Order(5)
  void whatACrashLeftHalfWrittenIsNoObject() throws Exception {
    // Given: one file as the server leaves it where it is killed, one object that is named like it
    Path bucket = folder.resolve("s3/data").resolve(stack.endpoints().s3Bucket());
    Path halfWritten = bucket.resolve("folder/half.txt-" + UUID.randomUUID());
    String whole = "folder/whole.txt-" + UUID.randomUUID();
    put(whole, "three");
    stack.kill(Part.S3);
    Files.writeString(halfWritten, "hal");

    // When
    stack.start(Part.S3, System.out::println);

    // Then
    assertThat(objects("folder/")).containsExactly("folder/greeting.txt", whole);
    assertThat(halfWritten).doesNotExist();
    assertThat(get(whole)).isEqualTo("three");
  }

  @Test
  @Order(6)
  void takesAnotherPortWhereItsOwnIsTaken() throws Exception {
    // Given
    stack.stop(Part.S3, System.out::println);
    int port = stack.endpoints().s3().getPort();

    // When
    try (var _ = new java.net.ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      stack.start(Part.S3, System.out::println);
    }

    // Then
    assertThat(stack.endpoints().s3().getPort()).isNotEqualTo(port);
    assertThat(get("folder/greeting.txt")).isEqualTo("one");
  }

  @Test
  @Order(7)
  void refusesWhoHasNoPassword() {
    // Given
    Endpoints endpoints = stack.endpoints();

    // Then
    assertThatThrownBy(
            () -> DriverManager.getConnection(endpoints.jdbcUrl(), endpoints.user(), "guess"))
        .hasMessageContaining("password authentication failed");
    assertThatThrownBy(
            () ->
                MinioClient.builder()
                    .endpoint(endpoints.s3().toString())
                    .credentials(endpoints.s3AccessKey(), "guess")
                    .build()
                    .getObject(
                        GetObjectArgs.builder()
                            .bucket(endpoints.s3Bucket())
                            .object("folder/greeting.txt")
                            .build()))
        .asString()
        .contains("SignatureDoesNotMatch");
  }

  @Test
  @Order(7)
  void showsNoObjectToWhoHasNoKey() throws Exception {
    // Given
    put("folder/private.txt", "not for all");
    List<String> paths = List.of("/", "/slipway", "/slipway/folder/private.txt");

    for (String path : paths) {
      // When
      var answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(stack.endpoints().s3().resolve(path)).build(),
                  HttpResponse.BodyHandlers.ofString());

      // Then
      assertThat(answer.statusCode()).as(path).isEqualTo(403);
      assertThat(answer.body()).doesNotContain("not for all");
    }
  }

  @Test
  @Order(8)
  void keepsItsSecretsToItsOwner() throws Exception {
    Endpoints endpoints = stack.endpoints();

    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("stack.properties"))))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("s3/s3proxy.properties"))))
        .isEqualTo("rw-------");
    assertThat(endpoints.toString()).doesNotContain(endpoints.password(), endpoints.s3SecretKey());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
  }

  @Test
  @Order(9)
  void listensOnTheLoopbackAddressOnly() throws Exception {
    List<InetAddress> outside =
        NetworkInterface.networkInterfaces()
            .filter(LocalStackIT::isOutside)
            .flatMap(NetworkInterface::inetAddresses)
            .toList();
    System.out.println("Addresses tried: " + outside);

    assertThat(stack.status())
        .allSatisfy(
            process -> {
              connect(InetAddress.getLoopbackAddress(), process.port());
              for (InetAddress address : outside) {
                assertThatThrownBy(() -> connect(address, process.port()))
                    .isInstanceOf(java.io.IOException.class);
              }
            });
  }

  @Test
  @Order(10)
  void makesNoTopicByItself() {
    assertThatThrownBy(() -> produceInTransaction("never-made", "one"))
        .rootCause()
        .isInstanceOfAny(TimeoutException.class, UnknownTopicOrPartitionException.class);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.endpoints().kafka()))) {
      assertThatThrownBy(() -> admin.describeTopics(List.of("never-made")).allTopicNames().get())
          .hasRootCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  @Test
  @Order(11)
  void isSparing() {
    List<ProcessStatus> status = stack.status();
    status.forEach(
        process ->
            System.out.printf(
                "%-10s %6d MiB%n",
                process.name(), process.running().orElseThrow().residentBytes() >> 20));

    assertThat(status)
        .allSatisfy(
            process ->
                assertThat(process.running().orElseThrow().residentBytes()).isGreaterThan(8 << 20));
    assertThat(
            status.stream()
                .mapToLong(process -> process.running().orElseThrow().residentBytes())
                .sum())
        .isLessThan(1L << 30);
  }

  private static boolean isOutside(NetworkInterface network) {
    try {
      return !network.isLoopback() && network.isUp();
    } catch (java.net.SocketException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void connect(InetAddress address, int port) throws java.io.IOException {
    try (Socket socket = new Socket(address, port)) {
      assertThat(socket.isConnected()).isTrue();
    }
  }

  /// As the system's memory keeper would: the pid file stays.
  private static void killUnseen(ProcessStatus process) {
    ProcessHandle handle = ProcessHandle.of(process.running().orElseThrow().pid()).orElseThrow();
    assertThat(handle.destroyForcibly()).isTrue();
    handle.onExit().join();
  }

  private static List<Long> pids(LocalStack stack) {
    return stack.status().stream()
        .map(process -> process.running().orElseThrow().pid())
        .collect(Collectors.toList());
  }

  private static long pid(Part part) {
    return stack.status().stream()
        .filter(process -> process.name().equals(part.label()))
        .findFirst()
        .flatMap(ProcessStatus::running)
        .orElseThrow()
        .pid();
  }

  private static void createTopic(String name) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.endpoints().kafka()))) {
      admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
    }
  }

  private static void produceInTransaction(String topic, String... values) throws Exception {
    Properties config = new Properties();
    config.put("bootstrap.servers", stack.endpoints().kafka());
    config.put("transactional.id", "writer-of-" + topic);
    config.put("max.block.ms", "5000");
    try (var producer =
        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (String value : values) {
        producer.send(new ProducerRecord<>(topic, value)).get();
      }
      producer.commitTransaction();
    }
  }

  private static List<String> read(String topic, int count) {
    Properties config = new Properties();
    config.put("bootstrap.servers", stack.endpoints().kafka());
    config.put("isolation.level", "read_committed");
    config.put("auto.offset.reset", "earliest");
    List<String> values = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      Instant end = Instant.now().plusSeconds(20);
      while (values.size() < count && Instant.now().isBefore(end)) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
      }
    }
    return values;
  }

  private static Connection database() throws Exception {
    Endpoints endpoints = stack.endpoints();
    return DriverManager.getConnection(endpoints.jdbcUrl(), endpoints.user(), endpoints.password());
  }

  private static void insert(String value) throws Exception {
    try (Connection connection = database();
        var statement = connection.createStatement()) {
      statement.execute("create table if not exists greeting (text text)");
      try (var insert = connection.prepareStatement("insert into greeting values (?)")) {
        insert.setString(1, value);
        insert.executeUpdate();
      }
    }
  }

  private static List<String> rows() throws Exception {
    List<String> values = new ArrayList<>();
    try (Connection connection = database();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select text from greeting")) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  private static MinioClient minio() {
    Endpoints endpoints = stack.endpoints();
    return MinioClient.builder()
        .endpoint(endpoints.s3().toString())
        .credentials(endpoints.s3AccessKey(), endpoints.s3SecretKey())
        .build();
  }

  private static void put(String key, String text) throws Exception {
    byte[] bytes = text.getBytes(UTF_8);
    minio()
        .putObject(
            PutObjectArgs.builder().bucket(stack.endpoints().s3Bucket()).object(key).stream(
                    new ByteArrayInputStream(bytes), bytes.length, -1)
                .build());
  }

  private static String get(String key) throws Exception {
    try (var object =
        minio()
            .getObject(
                GetObjectArgs.builder().bucket(stack.endpoints().s3Bucket()).object(key).build())) {
      return new String(object.readAllBytes(), UTF_8);
    }
  }

  private static List<String> objects(String prefix) throws Exception {
    List<String> keys = new ArrayList<>();
    for (var item :
        minio()
            .listObjects(
                ListObjectsArgs.builder()
                    .bucket(stack.endpoints().s3Bucket())
                    .prefix(prefix)
                    .build())) {
      keys.add(item.get().objectName());
    }
    return keys;
  }
}
