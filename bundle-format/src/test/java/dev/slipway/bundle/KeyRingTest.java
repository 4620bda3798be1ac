package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;
import static dev.slipway.bundle.BundleException.Reason.UNKNOWN_MEMBER;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyRingTest {

  @TempDir Path temp;

  @Test
  void generatesKeysThatSealAndOpen() throws IOException {
    AppId app = AppId.of("com.example.fresh");
    KeyRing keys = KeyRing.generate(app, new SecureRandom(), Golden.NOW, Duration.ofDays(365));

    VerifiedManifest sealed =
        new Sealer(keys, Golden.CLOCK)
            .seal(
                Golden.request(Golden.smallFolder(temp), "1.0.0", true),
                temp.resolve("parts"),
                (done, total) -> {});

    assertThat(sealed.manifest().appId()).isEqualTo(app);
    assertThat(sealed.manifest().publisherId()).isEqualTo(keys.certificate().publisherId());
    assertThat(keys.certificate().notAfter()).isEqualTo(Golden.NOW.plus(Duration.ofDays(365)));
    new Opener(sealed, keys.publisherKey(), new BundleParts(temp.resolve("parts")))
        .open(temp.resolve("opened"));
    KeyRing other = KeyRing.generate(app, new SecureRandom(), Golden.NOW, Duration.ofDays(365));
    assertThat(other.dataKey()).isNotEqualTo(keys.dataKey());
    assertThat(other.fleetKeys()).isNotEqualTo(keys.fleetKeys());
    assertThat(other.publisherId()).isNotEqualTo(keys.publisherId());
  }

  @Test
  void readsWhatItWrote() throws IOException {
    Path folder = temp.resolve("new/keys");

    KEYS.write(folder);
    KeyRing read = KeyRing.read(folder);

    assertThat(read.appId()).isEqualTo(KEYS.appId());
    assertThat(read.publisherId()).isEqualTo(KEYS.publisherId());
    assertThat(read.dataKey()).isEqualTo(KEYS.dataKey());
    assertThat(read.fleetKeys()).isEqualTo(KEYS.fleetKeys());
    assertThat(read.publisherKey()).isEqualTo(KEYS.publisherKey());
    assertThat(read.certificate().fingerprint()).isEqualTo(KEYS.certificate().fingerprint());
    assertThat(read.sign(new byte[3])).isEqualTo(KEYS.sign(new byte[3]));
    assertThat(read.capgo().revealPem()).isEqualTo(KEYS.capgo().revealPem());
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
        assertThat(file)
            .hasSameTextualContentAs(
                Golden.folder().resolve("keys").resolve(file.getFileName().toString()));
      }
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
  }

  @Test
  void neverOverwritesAKey() throws IOException {
    KEYS.write(temp.resolve("keys"));

    assertThatExceptionOfType(FileAlreadyExistsException.class)
        .isThrownBy(() -> KEYS.write(temp.resolve("keys")));
  }

  @Test
  void printsNoKey() {
    WrappingKey fleet = KEYS.fleetKeys().get(0);
    String printed =
        KEYS + " " + fleet + " " + KEYS.publisherKey() + " " + KEYS.capgo() + " " + KEYS.dataKey();

    assertThat(printed)
        .contains("redacted", "fleet-1", KEYS.certificate().fingerprint().text())
        .doesNotContain(fleet.key().reveal(), KEYS.dataKey().reveal(), "PRIVATE");
  }

  @Test
  void refusesFilesThatWereChanged() throws IOException {
    List<String[]> changes =
        List.of(
            new String[] {"keyring.json", "\"generation\":1", "\"generation\":0"},
            new String[] {"keyring.json", "\"fleet_keys\":[{", "\"fleet_keys\":[],\"x\":[{"},
            new String[] {"keyring.json", "\"key\":\"", "\"key\":\"="},
            new String[] {"publisher.key.pem", "BEGIN PRIVATE", "BEGIN PUBLIC"},
            new String[] {"publisher.key.pem", "MC4C", "MC4D"},
            new String[] {"capgo.key.pem", "MIIE", "MIIF"});
    for (int i = 0; i < changes.size(); i++) {
      Path folder = temp.resolve("keys" + i);
      KEYS.write(folder);
      String[] change = changes.get(i);
      Path file = folder.resolve(change[0]);
      String text = Files.readString(file);
      assertThat(text).contains(change[1]);
      Files.writeString(file, text.replace(change[1], change[2]));

      BundleException refused =
          assertRefused(i == 1 ? UNKNOWN_MEMBER : KEY_INVALID, () -> KeyRing.read(folder));

      assertThat(refused.getMessage()).doesNotContain(KEYS.dataKey().reveal());
    }
  }

  @Test
  void refusesACertificateOfAnotherKey() throws IOException {
    Path folder = temp.resolve("keys");
    KEYS.write(folder);
    KeyRing other =
        KeyRing.generate(KEYS.appId(), new SecureRandom(), Golden.NOW, Duration.ofDays(1));
    Files.writeString(folder.resolve("publisher.cert.pem"), other.certificate().pem());

    assertRefused(KEY_INVALID, () -> KeyRing.read(folder));
  }

  @Test
  void saysWhichFileIsMissing() throws IOException {
    Path folder = temp.resolve("keys");
    KEYS.write(folder);
    Files.delete(folder.resolve("capgo.key.pem"));

    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> KeyRing.read(folder))
        .withMessageContaining("capgo.key.pem");
  }
}
