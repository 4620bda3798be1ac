package dev.slipway.cli.keys;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.HpkeKey;
import dev.slipway.bundle.OpeningKey;
import dev.slipway.bundle.Secret;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A key that opens bundles, in a file of its own: for the build of the app, or for a safe. Only
/// its owner can read the file, and nothing ever prints it.
///
/// @param alg how content keys are wrapped for it
/// @param key 32 bytes in base64url
public record RecipientFile(String format, String kid, String alg, String key) {

  private static final String FORMAT = "slipway-recipient/1";
  private static final String FLEET = "A256KW";
  private static final String ESCROW = "HPKE-X25519-SHA256-A256GCM";
  private static final int MAX_FILE = 4096;

  /// @throws java.nio.file.FileAlreadyExistsException if there is such a file
  static void write(OpeningKey key, Path file) throws IOException {
    RecipientFile content =
        switch (key) {
          case WrappingKey fleet ->
              new RecipientFile(FORMAT, fleet.kid(), FLEET, fleet.key().reveal());
          case HpkeKey escrow ->
              new RecipientFile(FORMAT, escrow.kid(), ESCROW, escrow.key().reveal());
        };
    SecretFile.create(file, Json.STRICT.writeValueAsString(content) + "\n");
  }

  /// @throws CommandFailure if the file is not one that [#write] wrote
  public static OpeningKey read(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) throw new CommandFailure(file + " is too large for a key");
    RecipientFile content;
    try {
      content = Json.LENIENT.readValue(Files.readAllBytes(file), RecipientFile.class);
    } catch (JsonProcessingException _) {
      // Not as a cause: its message would show a part of the key.
      throw new CommandFailure(file + " is not a file that `keys export-recipient` wrote");
    }
    Secret secret = Secret.parse(content.key());
    if (content.alg().equals(FLEET)) return new WrappingKey(content.kid(), secret);
    if (content.alg().equals(ESCROW)) return new HpkeKey(content.kid(), secret);
    throw new CommandFailure("%s holds a key of another kind, %s".formatted(file, content.alg()));
  }
}
