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

  @Test
  void readsAllFilesFromOneText() throws IOException {
    Path folder = temp.resolve("keys");
    KEYS.write(folder);
    String backwards = "";
    try (var files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        backwards = Files.readString(file) + "\n" + backwards;
      }
    }
    KeyRing read = KeyRing.parse(backwards);

    assertThat(read.appId()).isEqualTo(KEYS.appId());
    assertThat(read.dataKey()).isEqualTo(KEYS.dataKey());
    assertThat(read.fleetKeys()).isEqualTo(KEYS.fleetKeys());
    assertThat(read.certificate()).isEqualTo(KEYS.certificate());
    assertThat(read.capgo().publicKey().keyId()).isEqualTo(KEYS.capgo().publicKey().keyId());
  }

  @Test
  void refusesATextWithoutOneOfThem() throws IOException {
    Path folder = temp.resolve("keys");
    KEYS.write(folder);
    String ring = Files.readString(folder.resolve("keyring.json"));
    String key = Files.readString(folder.resolve("publisher.key.pem"));

    assertThat(assertRefused(KEY_INVALID, () -> KeyRing.parse(ring + key)).getMessage())
        .contains("missing=CERTIFICATE")
        .doesNotContain(KEYS.dataKey().reveal());
  }

  @Test
  void changesTheFleetsKeyInThreeSteps() {
    KeyRing announced = KEYS.announcing(new SecureRandom());
    KeyRing adopted = announced.adopting();
    KeyRing retired = adopted.retiring("fleet-1");

    assertThat(announced.fleetKeys()).isEqualTo(KEYS.fleetKeys());
    assertThat(announced.nextKeys()).extracting(WrappingKey::kid).containsExactly("fleet-2");
    assertThat(adopted.fleetKeys())
        .containsExactly(KEYS.fleetKeys().get(0), announced.nextKeys().get(0));
    assertThat(adopted.nextKeys()).isEmpty();
    assertThat(retired.fleetKeys()).isEqualTo(announced.nextKeys());
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> announced.announcing(new SecureRandom()));
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(KEYS::adopting);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> KEYS.retiring("fleet-1"));
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> adopted.retiring("fleet-3"));
  }

  @Test
  void replacesChangedKeysAndKeepsThoseBefore() throws IOException {
    Path folder = temp.resolve("keys");
    KEYS.write(folder);
    String ringBefore = Files.readString(folder.resolve("keyring.json"));
    SigningKey key = SigningKey.generate(SignatureAlgorithm.ES256, new SecureRandom());
    PublisherCertificate certificate =
        PublisherCertificate.selfSigned(
            "next", key, new SecureRandom(), Golden.NOW, Golden.NOW.plus(Duration.ofDays(1)));
    Signer next = new Signer(key, CertificateChain.of(certificate));

    KEYS.announcing(new SecureRandom()).withFreshDataKey(new SecureRandom()).replace(folder);
    KeyRing second = KeyRing.read(folder);
    second.withSigner(next).replace(folder);
    KeyRing third = KeyRing.read(folder);

    assertThat(second.publisherKey().kid()).isEqualTo("publisher-2");
    assertThat(second.dataKey()).isNotEqualTo(KEYS.dataKey());
    assertThat(third.certificate()).isEqualTo(certificate);
    assertThat(third.publisherId()).as("fixed for ever").isEqualTo(KEYS.publisherId());
    assertThat(third.nextKeys()).isEqualTo(second.nextKeys());
    assertThat(folder.resolve("former/keyring-1.json")).hasContent(ringBefore);
    assertThat(folder.resolve("former/signer-1")).doesNotExist();
    Path aside = folder.resolve("former/signer-2");
    assertThat(
            Signer.parsePem(
                    Files.readString(aside.resolve("publisher.cert.pem"))
                        + Files.readString(aside.resolve("publisher.key.pem")))
                .certificate())
        .isEqualTo(KEYS.certificate());
  }
}
