package dev.slipway.rollout.keys;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;

/// An Ed25519 key in a PEM file (PKCS#8) that only its owner may read.
final class KeyFile {

  private static final int MAX_BYTES = 16 << 10;
  private static final String TYPE = "PRIVATE KEY";

  private KeyFile() {}

  /// The key in this file; a fresh one where there is no file. Of several processes that make it at
  /// once, all get the same one.
  static Ed25519PrivateKeyParameters readOrMake(Path file, SecureRandom random) {
    if (!Files.exists(file)) {
      try {
        make(file, random);
      } catch (FileAlreadyExistsException _) {
        // Another process was faster: its key is the one.
      } catch (IOException e) {
        throw new UncheckedIOException("a signing key could not be written to " + file, e);
      }
    }
    return read(file);
  }

  static Ed25519PrivateKeyParameters read(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) throw new IOException("more than 16 KiB");
      try (var reader = new PemReader(new StringReader(Files.readString(file)))) {
        var pem = reader.readPemObject();
        if (pem == null || !pem.getType().equals(TYPE)) throw new IOException("no " + TYPE);
        return ed25519(pem.getContent());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("there is no Ed25519 key (PKCS#8, PEM) in " + file, e);
    }
  }

  static Ed25519PrivateKeyParameters ed25519(byte[] pkcs8) throws IOException {
    if (PrivateKeyFactory.createKey(pkcs8) instanceof Ed25519PrivateKeyParameters key) return key;
    throw new IOException("the key is not an Ed25519 key");
  }

  /// Writes a fresh key into a file that must not be there yet.
  static void make(Path file, SecureRandom random) throws IOException {
    var key = new Ed25519PrivateKeyParameters(random);
    var text = new StringWriter();
    try (var writer = new PemWriter(text)) {
      writer.writeObject(
          new PemObject(TYPE, PrivateKeyInfoFactory.createPrivateKeyInfo(key).getEncoded()));
    }
    var owner = PosixFilePermissions.fromString("rw-------");
    Files.createDirectories(file.toAbsolutePath().getParent());
    var draft =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            ".key",
            null,
            PosixFilePermissions.asFileAttribute(owner));
    try {
      Files.writeString(draft, text.toString(), StandardOpenOption.TRUNCATE_EXISTING);
      // A link appears whole or not at all, and never over a key that is there.
      Files.createLink(file, draft);
    } finally {
      Files.delete(draft);
    }
    Files.setPosixFilePermissions(file, Set.copyOf(owner));
  }
}
