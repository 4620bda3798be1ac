import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// Fetches the Maven distribution named in `maven.properties`, checks its SHA-512 and unpacks it.
///
/// A program of the JDK alone, run from source by `mvnw`: a fresh machine has a JDK, but not always curl or unzip. The target
/// folder appears in one atomic move, so that an interrupted or a concurrent run never leaves half a Maven behind.
final class FetchMaven {
  private static final String GROUP = "org.apache.maven";

  public static void main(String[] args) throws Exception {
    Path target = Path.of(args[1]);
    var wanted = new Properties();
    try (var in = Files.newBufferedReader(Path.of(args[0]))) {
      wanted.load(in);
    }
    String version = wanted.getProperty("version");
    Path parent = Files.createDirectories(target.getParent());
    Path zip = Files.createTempFile(parent, "maven-", ".zip");
    Path unpacked = Files.createTempDirectory(parent, "maven-");
    try {
      System.err.println("Fetching Maven " + version + " (once) …");
      download(address(version), zip, wanted.getProperty("sha512"));
      unpack(zip, unpacked);
      try {
        Files.move(unpacked.resolve("apache-maven-" + version), target, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileSystemException e) {
        if (!Files.isDirectory(target)) throw e; // else another run was faster: the same bytes
      }
    } catch (IOException e) {
      System.err.println("mvnw: could not fetch Maven: " + e.getMessage());
      System.err.println("mvnw: set MVNW_REPOURL to a Maven repository that this machine reaches, or unpack Maven "
          + version + " to " + target);
      System.exit(1);
    } finally {
      Files.deleteIfExists(zip);
      delete(unpacked);
    }
  }

  /// Central's address follows from the group id; a mirror is named by MVNW_REPOURL, as with Maven's own wrapper.
  private static URI address(String version) {
    String repository = System.getenv("MVNW_REPOURL");
    if (repository == null || repository.isBlank()) {
      List<String> host = Arrays.asList(GROUP.split("\\."));
      repository = "https://repo." + String.join(".", host.reversed()) + "/maven2";
    }
    return URI.create(repository + "/" + GROUP.replace('.', '/') + "/apache-maven/" + version
        + "/apache-maven-" + version + "-bin.zip");
  }

  private static void download(URI from, Path to, String sha512) throws Exception {
    try (var client = HttpClient.newBuilder()
        .followRedirects(HttpClient.Redirect.NORMAL)
        .connectTimeout(Duration.ofSeconds(20))
        .build()) {
      var answer = client.send(HttpRequest.newBuilder(from).timeout(Duration.ofMinutes(5)).build(),
          HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = answer.body()) {
        if (answer.statusCode() != 200) {
          throw new IOException("status " + answer.statusCode() + " for " + from.getPath());
        }
        var digest = new DigestInputStream(body, MessageDigest.getInstance("SHA-512"));
        Files.copy(digest, to, StandardCopyOption.REPLACE_EXISTING);
        String found = HexFormat.of().formatHex(digest.getMessageDigest().digest());
        if (!found.equals(sha512)) {
          throw new IOException("the archive's SHA-512 is " + found + ", expected " + sha512);
        }
      }
    }
  }

  private static void unpack(Path zip, Path into) throws Exception {
    try (var archive = new ZipFile(zip.toFile())) {
      for (ZipEntry entry : Collections.list(archive.entries())) {
        Path file = into.resolve(entry.getName()).normalize();
        if (!file.startsWith(into)) throw new IOException("entry outside the archive: " + entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(file);
          continue;
        }
        Files.createDirectories(file.getParent());
        try (var in = archive.getInputStream(entry)) {
          Files.copy(in, file);
        }
        if (file.getParent().endsWith("bin")) file.toFile().setExecutable(true);
      }
    }
  }

  private static void delete(Path folder) throws Exception {
    if (!Files.exists(folder)) return;
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> {
        try {
          Files.delete(file);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    }
  }
}
