package dev.slipway.stack;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;

/// What a stack decided once and remembers: ports, passwords, keys. A file that only its owner can
/// read, replaced as a whole.
final class Settings {

  private final Path file;
  private final SecureRandom random = new SecureRandom();

  Settings(Path file) {
    this.file = file;
  }

  /// The remembered value, or the one that is chosen now and remembered from now on.
  synchronized String remember(String key, Supplier<String> choice) {
    Properties all = load();
    String known = all.getProperty(key);
    if (known != null) {
      return known;
    }
    String chosen = choice.get();
    all.setProperty(key, chosen);
    save(all);
    return chosen;
  }

  synchronized void change(String key, String value) {
    Properties all = load();
    all.setProperty(key, value);
    save(all);
  }

  String secret(String key) {
    return remember(
        key,
        () -> {
          byte[] bytes = new byte[24];
          random.nextBytes(bytes);
          return HexFormat.of().formatHex(bytes);
        });
  }

  /// The remembered port; the preferred one if it is free, or else any free one, where none is
  /// remembered.
  int port(String key, int preferred) {
    return Integer.parseInt(
        remember(
            key,
            () ->
                Integer.toString(
                    preferred > 0 && Ports.isFree(preferred) ? preferred : anyPort())));
  }

  /// Takes another port if somebody else has taken the remembered one meanwhile. To be asked only
  /// while the own process is down.
  synchronized int freePort(String key, int preferred) {
    int port = port(key, preferred);
    if (Ports.isFree(port)) {
      return port;
    }
    int other = anyPort();
    change(key, Integer.toString(other));
    return other;
  }

  private int anyPort() {
    Set<Integer> taken =
        load().entrySet().stream()
            .filter(entry -> entry.getKey().toString().endsWith(".port"))
            .map(entry -> Integer.valueOf(entry.getValue().toString()))
            .collect(java.util.stream.Collectors.toSet());
    return Ports.free(random, taken);
  }

  private Properties load() {
    Properties all = new Properties();
    try {
      all.load(new StringReader(Files.readString(file)));
    } catch (NoSuchFileException _) {
      return all;
    } catch (IOException e) {
      throw new StackFailure(file + " can't be read", e);
    }
    return all;
  }

  private void save(Properties all) {
    try {
      StringWriter text = new StringWriter();
      all.store(text, "Chosen at the first start of this local stack");
      OwnerOnly.write(file, text.toString());
    } catch (IOException e) {
      throw new StackFailure(file + " can't be written", e);
    }
  }

  /// Writes files with mode 0600, from their first byte on.
  static final class OwnerOnly {

    private OwnerOnly() {}

    static void write(Path file, String text) throws IOException {
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.deleteIfExists(fresh);
      try (var channel =
          Files.newByteChannel(
              fresh,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
        var bytes =
            java.nio.ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
