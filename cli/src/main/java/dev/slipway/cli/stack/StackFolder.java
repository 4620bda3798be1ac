package dev.slipway.cli.stack;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.Json;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Part;
import dev.slipway.stack.Service;
import dev.slipway.stack.Suite;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The folder of a local stack as the commands see it. Looking makes nothing.
public final class StackFolder {

  private static final String SETTINGS = "stack.properties";
  private static final String LAST_START = "last-up.json";

  private final Path folder;

  public StackFolder(Path folder) {
    this.folder = folder.toAbsolutePath().normalize();
  }

  /// How long the last start took.
  public record LastStart(Instant at, Duration took) {}

  public Path path() {
    return folder;
  }

  /// Whether a stack was ever started here.
  public boolean exists() {
    return Files.isRegularFile(folder.resolve(SETTINGS));
  }

  /// The stack; its folder is made if it is not there.
  ///
  /// @param programs where its programs are unpacked
  public LocalStack stack(Path programs) {
    return LocalStack.at(folder, programs);
  }

  public LocalStack stack() {
    return LocalStack.at(folder);
  }

  /// @param home the folder with the built services
  public Suite suite(LocalStack stack, Path home) {
    return Suite.of(stack, home);
  }

  public Optional<URI> ingest() {
    return address(Service.INGEST);
  }

  public Optional<URI> rollout() {
    return address(Service.ROLLOUT);
  }

  public Optional<URI> delivery() {
    return address(Service.DELIVERY);
  }

  private Optional<URI> address(Service service) {
    return exists() ? Optional.of(suite(stack(), folder).address(service)) : Optional.empty();
  }

  /// The first owner's access key. It is never shown.
  public Optional<String> ownerKey() {
    if (!exists()) return Optional.empty();
    Path file = suite(stack(), folder).firstKeyFile();
    try {
      return Optional.of(Files.readString(file).strip()).filter(key -> !key.isEmpty());
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new CommandFailure("The owner's access key in %s can't be read".formatted(file), e);
    }
  }

  public Optional<LastStart> lastStart() {
    try {
      return Optional.of(
          Json.LENIENT.readValue(Files.readAllBytes(folder.resolve(LAST_START)), LastStart.class));
    } catch (NoSuchFileException | JsonProcessingException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new CommandFailure("%s can't be read".formatted(folder.resolve(LAST_START)), e);
    }
  }

  void remember(LastStart start) {
    try {
      Files.write(folder.resolve(LAST_START), Json.LENIENT.writeValueAsBytes(start));
    } catch (IOException e) {
      throw new CommandFailure("%s can't be written".formatted(folder.resolve(LAST_START)), e);
    }
  }

  /// The log of each process, by its name.
  Map<String, Path> logs() {
    Map<String, Path> logs = new LinkedHashMap<>();
    LocalStack stack = stack();
    Suite suite = suite(stack, folder);
    Arrays.stream(Part.values()).forEach(part -> logs.put(part.label(), stack.log(part)));
    Arrays.stream(Service.values())
        .forEach(service -> logs.put(service.label(), suite.log(service)));
    return logs;
  }
}
