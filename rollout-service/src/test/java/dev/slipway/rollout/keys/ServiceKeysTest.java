package dev.slipway.rollout.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.rollout.keys.ServiceKeys.ReleaseKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Stores are made by the JDK's `keytool`, as an operator makes them.
final class ServiceKeysTest {

  private static final String PASSWORD = "Zedernholz-4711";

  @TempDir private Path folder;

  @Test
  void theFirstKeyIsMadeOnceAndOnlyItsOwnerMayReadIt() throws Exception {
    var made = keys(Optional.empty()).releases();
    var again = keys(Optional.empty()).releases();

    assertThat(made).extracting(ReleaseKey::name).containsExactly("release-1.pem");
    assertThat(again.getFirst().id()).isEqualTo(made.getFirst().id());
    assertThat(Files.getPosixFilePermissions(folder.resolve("keys/release-1.pem"))).hasSize(2);
  }

  @Test
  void keysOfAStoreSignAndComeBeforeThoseOfTheFolder() throws Exception {
    // Given
    keytool("one", "Ed25519");
    keytool("two", "Ed25519");
    var keys = keys(Optional.of(store()));

    // When
    var stored = keys.releases();
    var added = keys.addRelease();
    var all = keys.releases();

    // Then: nothing is made where a store has keys, and the newest comes first
    assertThat(stored).extracting(ReleaseKey::name).containsExactly("two", "one");
    assertThat(added.name()).isEqualTo("release-1.pem");
    assertThat(all).extracting(ReleaseKey::name).containsExactly("release-1.pem", "two", "one");
    assertThat(all).extracting(ReleaseKey::id).doesNotHaveDuplicates();

    // What the key signs, the store's certificate verifies.
    byte[] message = "statement".getBytes(StandardCharsets.UTF_8);
    var signer = new Ed25519Signer();
    signer.init(true, stored.getFirst().key());
    signer.update(message, 0, message.length);
    var verifier = Signature.getInstance("Ed25519");
    verifier.initVerify(opened().getCertificate("two"));
    verifier.update(message);
    assertThat(verifier.verify(signer.generateSignature())).isTrue();
  }

  @Test
  void aStoreThatCannotBeUsedSaysWhichAndWhyButNotThePassword() throws Exception {
    keytool("one", "Ed25519");
    var wrong =
        new ServiceKeys(
            folder.resolve("keys"),
            "test",
            Optional.of(store()),
            Optional.of("another"),
            new SecureRandom());
    assertThatThrownBy(wrong::releases)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(store().toString())
        .hasStackTraceContaining("password")
        .satisfies(e -> assertThat(words(e)).doesNotContain("another", PASSWORD));

    Files.delete(store());
    assertThatThrownBy(keys(Optional.of(store()))::releases)
        .hasMessageContaining("cannot be opened");

    keytool("rsa", "RSA");
    assertThatThrownBy(keys(Optional.of(store()))::releases)
        .hasMessageContaining("rsa")
        .hasStackTraceContaining("not an Ed25519 key");
  }

  @Test
  void aFileThatHoldsNoKeyIsNamed() throws Exception {
    Files.createDirectories(folder.resolve("keys"));
    Files.writeString(folder.resolve("keys/release-3.pem"), "not a key");

    assertThatThrownBy(keys(Optional.empty())::releases)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("release-3.pem");
  }

  private ServiceKeys keys(Optional<Path> store) {
    return new ServiceKeys(
        folder.resolve("keys"), "test", store, Optional.of(PASSWORD), new SecureRandom());
  }

  private Path store() {
    return folder.resolve("release.p12");
  }

  private KeyStore opened() throws Exception {
    return KeyStore.getInstance(store().toFile(), PASSWORD.toCharArray());
  }

  private void keytool(String alias, String algorithm) throws IOException, InterruptedException {
    var command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of("-genkeypair", "-alias", alias, "-keyalg", algorithm));
    command.addAll(List.of("-dname", "CN=release", "-validity", "1", "-storetype", "PKCS12"));
    command.addAll(List.of("-keystore", store().toString(), "-storepass", PASSWORD));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  private static String words(Throwable failure) {
    var text = new StringBuilder();
    for (Throwable at = failure; at != null; at = at.getCause()) text.append(at).append('\n');
    return text.toString();
  }
}
