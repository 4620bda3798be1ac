package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CEK_COMMIT;
import static dev.slipway.bundle.BundleException.Reason.ENC_ALG;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;
import static dev.slipway.bundle.BundleException.Reason.KID_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.RECIPIENT_LENGTH;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Refusal.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who can open a release: generations of keys, keys of last resort, and releases on a base. */
class RotationTest {

  @TempDir Path temp;
  private Path folder;
  private int number;

  @BeforeEach
  void makeFiles() throws IOException {
    folder = Golden.smallFolder(temp);
    Files.write(folder.resolve("text"), "abc".repeat(9_999).getBytes(UTF_8));
  }

  private record Release(VerifiedManifest manifest, BundleParts parts) {

    Opener.Contents list(OpeningKey key) throws IOException {
      return new Opener(manifest, key, parts).list();
    }

    List<String> kids() {
      return manifest.manifest().recipients().stream()
          .map(Recipient::kid)
          .collect(Collectors.toList());
    }
  }

  @Test
  void aFleetFollowsItsKeyThroughAllSteps() throws IOException {
    WrappingKey first = KEYS.fleetKeys().get(0);
    KeyRing announced = KEYS.announcing(Authority.RANDOM);
    KeyRing both = announced.adopting();
    KeyRing second = both.retiring("fleet-1");

    Release one = seal(KEYS);
    Release two = seal(announced);
    Release three = seal(both);
    Release four = seal(second);

    assertThat(one.list(first).nextKeys()).isEmpty();
    assertThat(two.kids()).containsExactly("fleet-1", "publisher-1");
    WrappingKey learnt = two.list(first).nextKeys().get(0);
    assertThat(learnt.kid()).isEqualTo("fleet-2");
    assertRefused(KID_UNKNOWN, () -> two.list(learnt));
    // A device that missed the second release learns from the third.
    assertThat(three.kids()).containsExactly("fleet-1", "fleet-2", "publisher-1");
    assertThat(three.list(first).nextKeys()).containsExactly(learnt);
    three.list(learnt);
    assertThat(four.kids()).containsExactly("fleet-2", "publisher-1");
    assertThat(four.list(learnt).nextKeys()).isEmpty();
    assertRefused(KID_UNKNOWN, () -> four.list(first));
    // The files stay the same blobs all the while.
    assertThat(four.manifest().manifest().blobs()).isEqualTo(one.manifest().manifest().blobs());
  }

  @Test
  void aFreshDataKeyMakesOtherBlobsAndOpensOldBundles() throws IOException {
    KeyRing fresh = KEYS.withFreshDataKey(Authority.RANDOM);

    Release old = seal(KEYS);
    Release now = seal(fresh);

    Set<Digest> blobs = new HashSet<>();
    old.manifest().manifest().blobs().forEach(blob -> blobs.add(blob.id()));
    now.manifest().manifest().blobs().forEach(blob -> blobs.add(blob.id()));
    assertThat(blobs).hasSize(6);
    assertThat(now.kids()).contains("publisher-2");
    old.list(fresh.publisherKey(old.manifest().manifest()));
    now.list(fresh.publisherKey(now.manifest().manifest()));
    assertRefused(KID_UNKNOWN, () -> KEYS.publisherKey(now.manifest().manifest()));
  }

  @Test
  void aKeyOfLastResortOpensEachRelease() throws IOException {
    HpkeKey escrow = HpkeKey.generate("escrow-1", Authority.RANDOM);
    KeyRing keys = KEYS.withEscrow(HpkePublicKey.parse(escrow.publicKey().json() + "\n"));

    Release release = seal(keys);
    Release again = seal(keys);

    assertThat(release.kids()).containsExactly("fleet-1", "escrow-1", "publisher-1");
    assertThat(release.list(escrow).files()).hasSize(3);
    assertThat(escrow.toString()).contains("redacted");
    // Another key for each release, in other bytes each time; all else is the same.
    Recipient one = release.manifest().manifest().recipients().get(1);
    assertThat(again.manifest().manifest().recipients().get(1)).isNotEqualTo(one);
    assertThat(again.manifest().manifest().blobs())
        .isEqualTo(release.manifest().manifest().blobs());
    HpkeKey wrong = HpkeKey.generate("escrow-1", Authority.RANDOM);
    HpkeKey unknown = new HpkeKey("escrow-2", escrow.key());
    HpkeKey wrongKind = new HpkeKey("fleet-1", escrow.key());
    assertRefused(CEK_COMMIT, () -> release.list(wrong));
    assertRefused(KID_UNKNOWN, () -> release.list(unknown));
    assertRefused(KID_UNKNOWN, () -> release.list(wrongKind));
    assertRefused(KID_UNKNOWN, () -> keys.withoutEscrow("other"));
    assertThat(keys.withoutEscrow("escrow-1").escrow()).isEmpty();
    assertRefused(KEY_INVALID, () -> keys.withEscrow(escrow.publicKey()));
  }

  @Test
  void refusesRecipientsThatCannotBe() {
    // B18, B21
    String ek = Base64Url.encode(new byte[48]);
    String enc = Base64Url.encode(new byte[32]);

    new Recipient("a", Recipient.HPKE, ek, enc);
    assertRefused(ENC_ALG, () -> new Recipient("a", "RSA-OAEP", ek, enc));
    assertRefused(RECIPIENT_LENGTH, () -> new Recipient("a", Recipient.HPKE, ek, null));
    assertRefused(RECIPIENT_LENGTH, () -> new Recipient("a", Recipient.HPKE, enc, enc));
    assertRefused(RECIPIENT_LENGTH, () -> new Recipient("a", Recipient.HPKE, ek, ek));
    assertRefused(RECIPIENT_LENGTH, () -> new Recipient("a", Recipient.A256KW, ek));
    assertRefused(
        RECIPIENT_LENGTH,
        () -> new Recipient("a", Recipient.A256KW, Base64Url.encode(new byte[40]), enc));
  }

  @Test
  void refusesAPublicKeyWithWhichNothingCanBeAgreedOn() {
    HpkePublicKey zero = new HpkePublicKey("escrow-1", Base64Url.encode(new byte[32]));

    assertRefused(KEY_INVALID, () -> zero.wrap(Secret.of(new byte[32]), KEYS.appId()));
    assertRefused(KEY_INVALID, () -> new HpkePublicKey("a", "AAAA"));
    assertRefused(KEY_INVALID, () -> HpkePublicKey.parse("{" + " ".repeat(2_000) + "}"));
  }

  @Test
  void keepsAllOfItInItsFolder() throws IOException {
    HpkeKey escrow = HpkeKey.generate("escrow-1", Authority.RANDOM);
    Path home = temp.resolve("keys");
    KEYS.write(home);

    KeyRing changed =
        KEYS.announcing(Authority.RANDOM)
            .withFreshDataKey(Authority.RANDOM)
            .withEscrow(escrow.publicKey());
    changed.replace(home);
    KeyRing read = KeyRing.read(home);

    assertThat(read.nextKeys()).isEqualTo(changed.nextKeys());
    assertThat(read.escrow()).containsExactly(escrow.publicKey());
    assertThat(read.generation()).isEqualTo(2);
    assertThat(read.publisherKey()).isEqualTo(changed.publisherKey());
    assertThat(read.publisherKey(seal(KEYS).manifest().manifest())).isEqualTo(KEYS.publisherKey());
  }

  @Test
  void aReleaseOnABaseTakesOverWhatHasNotChanged() throws IOException {
    // Given a release by an older compressor and with an older data key
    Release base = seal(KEYS, Golden.request(folder, "1.0.0", false).with(new Packing(1, false)));
    KeyRing fresh = KEYS.withFreshDataKey(Authority.RANDOM);
    Files.writeString(folder.resolve("app.js"), "went();");
    Base earlier =
        Base.of(
            base.manifest(),
            fresh.publisherKey(base.manifest().manifest()),
            base.parts(),
            fresh.appId());

    // When
    Release next = seal(fresh, Golden.request(folder, "1.0.1", false).onBase(earlier));

    // Then only the changed file is a new blob
    Set<Blob> kept = Set.copyOf(base.manifest().manifest().blobs());
    assertThat(next.manifest().manifest().blobs()).hasSize(3);
    assertThat(next.manifest().manifest().blobs().stream().filter(blob -> !kept.contains(blob)))
        .hasSize(1);
    Path opened = temp.resolve("opened");
    new Opener(next.manifest(), fresh.fleetKeys().get(0), next.parts()).open(opened);
    GoldenTest.assertSameFiles(opened, folder);
    assertRefused(
        APP_MISMATCH,
        () ->
            Base.of(base.manifest(), KEYS.publisherKey(), base.parts(), AppId.of("com.example.b")));
  }

  @Test
  void aBaseWithDamagedBlobsIsRefused() throws IOException {
    Release base = seal(KEYS);
    Base earlier = Base.of(base.manifest(), KEYS.publisherKey(), base.parts(), KEYS.appId());
    Digest id = base.manifest().manifest().blobs().get(0).id();
    Files.write(base.parts().blob(id), new byte[100]);

    assertRefused(
        BundleException.Reason.BLOB_DIGEST_MISMATCH,
        () -> seal(KEYS, Golden.request(folder, "1.0.1", false).onBase(earlier)));
  }

  private Release seal(KeyRing keys) throws IOException {
    return seal(keys, Golden.request(folder, "1.0.0", false));
  }

  private Release seal(KeyRing keys, SealRequest request) throws IOException {
    Path target = temp.resolve("release-" + number++);
    VerifiedManifest manifest =
        new Sealer(keys, Golden.CLOCK).seal(request, target, (done, total) -> {});
    return new Release(manifest, new BundleParts(target));
  }
}
