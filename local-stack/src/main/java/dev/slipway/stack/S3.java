package dev.slipway.stack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// One S3 server that keeps its objects as files, with the bucket `slipway`.
final class S3 {

  static final String BUCKET = "slipway";

  private static final Pattern UNFINISHED =
      Pattern.compile("-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");

  private static final DateTimeFormatter AMAZON_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final int MOST_ANSWER = 64 << 10;

  private final Path folder;
  private final Program program;
  private final Settings settings;

  S3(Path folder, Program program, Settings settings) {
    this.folder = folder;
    this.program = program;
    this.settings = settings;
  }

  int port() {
    return settings.port("s3.port", 0);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + port());
  }

  String accessKey() {
    return "slipway-" + settings.secret("s3.access-key").substring(0, 12);
  }

  String secretKey() {
    return settings.secret("s3.secret-key");
  }

  Daemon.Plan plan(boolean runs) throws IOException {
    if (!runs) {
      settings.freePort("s3.port", 0);
    }
    Path home = Files.createDirectories(folder.resolve("s3"));
    Path data = home.resolve("data");
    // A bucket is a folder, and one that others may read is a public bucket.
    Files.setPosixFilePermissions(
        Files.createDirectories(data.resolve(BUCKET)),
        PosixFilePermissions.fromString("rwx------"));
    Path properties = home.resolve("s3proxy.properties");
    Path logging = home.resolve("logback.xml");
    if (!runs) {
      StringWriter text = new StringWriter();
      properties(data).store(text, null);
      Settings.OwnerOnly.write(properties, text.toString());
      Files.write(logging, Program.read("s3-logback.xml"));
      forgetUnfinished(data.resolve(BUCKET));
    }
    Program.Java java = program.java("s3-server");
    List<String> command =
        Jvm.command(
            List.of(
                "-Xms32m",
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + java.classArchive(),
                "-Dlogback.configurationFile=" + logging,
                "-cp",
                java.classPath()),
            "org.gaul.s3proxy.Main",
            List.of("--properties", properties.toString()));
    return new Daemon.Plan(command, Map.of(), this::isReady, Duration.ofSeconds(60), 1);
  }

  /// The server writes an object beside its place, under its name and a UUID, notes its MD5 and
  /// moves it there. What a crash left before the note makes each listing of its folder fail from
  /// then on. Only what has both marks goes: a copy of the data made without attributes stays.
  private static void forgetUnfinished(Path bucket) throws IOException {
    try (Stream<Path> files = Files.walk(bucket)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (UNFINISHED.matcher(file.getFileName().toString()).find()
            && Files.isRegularFile(file)
            && !Files.getFileAttributeView(file, UserDefinedFileAttributeView.class)
                .list()
                .contains("user.content-md5")) {
          Files.delete(file);
        }
      }
    }
  }

  private Properties properties(Path data) {
    Properties all = new Properties();
    all.setProperty("s3proxy.endpoint", endpoint().toString());
    all.setProperty("s3proxy.authorization", "aws-v4");
    // It knows no checksums of bodies, and would refuse the headers that carry them.
    all.setProperty("s3proxy.ignore-unknown-headers", "true");
    all.setProperty("s3proxy.identity", accessKey());
    all.setProperty("s3proxy.credential", secretKey());
    all.setProperty("jclouds.provider", "filesystem-nio2");
    all.setProperty("jclouds.filesystem.basedir", data.toString());
    return all;
  }

  /// It refuses a signature that is none, in the words of S3: that is how it shows that it is
  // there.
  /// Another stack's server does not get as far, it does not know the access key.
  private boolean isReady(ProcessHandle process) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) endpoint().resolve("/" + BUCKET).toURL().openConnection();
    connection.setConnectTimeout(1000);
    connection.setReadTimeout(5000);
    String now = AMAZON_TIME.format(Instant.now());
    connection.setRequestProperty("x-amz-date", now);
    connection.setRequestProperty("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    connection.setRequestProperty(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=%s/%s/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=%s"
            .formatted(accessKey(), now.substring(0, 8), "0".repeat(64)));
    try {
      if (connection.getResponseCode() != HttpURLConnection.HTTP_FORBIDDEN) {
        return false;
      }
      try (InputStream in = connection.getErrorStream()) {
        return in != null
            && new String(in.readNBytes(MOST_ANSWER), UTF_8).contains("SignatureDoesNotMatch");
      }
    } finally {
      connection.disconnect();
    }
  }
}
