package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.BLOB_MISSING;
import static dev.slipway.bundle.BundleException.Reason.BLOB_SIZE_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CEK_COMMIT;
import static dev.slipway.bundle.BundleException.Reason.COMMITMENT;
import static dev.slipway.bundle.BundleException.Reason.COMPRESSION;
import static dev.slipway.bundle.BundleException.Reason.COMPRESSION_BROKEN;
import static dev.slipway.bundle.BundleException.Reason.FILE_DIGEST;
import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.INDEX_INVALID;
import static dev.slipway.bundle.BundleException.Reason.INDEX_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.JSON_DUPLICATE_MEMBER;
import static dev.slipway.bundle.BundleException.Reason.KID_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.LENGTH;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_MISSING;
import static dev.slipway.bundle.BundleException.Reason.PADDING;
import static dev.slipway.bundle.BundleException.Reason.PATH;
import static dev.slipway.bundle.BundleException.Reason.PATH_COLLISION;
import static dev.slipway.bundle.BundleException.Reason.TAG;
import static dev.slipway.bundle.BundleException.Reason.TRUNCATED;
import static dev.slipway.bundle.BundleException.Reason.UNKNOWN_MEMBER;
import static dev.slipway.bundle.Golden.KEYS;
import static dev.slipway.bundle.Refusal.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.bundle.BundleException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bundles that are well signed and yet not right: what a careless or malicious publisher makes. */
class OpenerTest {

  private static final WrappingKey FLEET = KEYS.fleetKeys().get(0);
  private static final AppId APP = KEYS.appId();
  private static final String VERSION = "1.0.0";

  @TempDir Path temp;
  private Path target;

  @BeforeEach
  void chooseATarget() {
    target = temp.resolve("opened");
  }

  /** A bundle in memory, whose parts a test can bend before it is signed. */
  private static final class Draft {

    final Map<Digest, byte[]> blobs = new HashMap<>();
    final List<Index.File> files = new ArrayList<>();
    UnaryOperator<String> changeIndex = index -> index;
    AppId indexApp = APP;
    String indexVersion = VERSION;
    Secret recipientCek;

    Draft file(String path, String content) throws IOException {
      return file(path, content.getBytes(UTF_8), blob -> blob);
    }

    Draft file(String path, byte[] plain, UnaryOperator<byte[]> tamper) throws IOException {
      Digest digest = Digest.sha256(plain);
      Secret key = KeySchedule.fileKey(KEYS.dataKey(), APP, digest);
      byte[] salt = KeySchedule.fileSalt(KEYS.dataKey(), APP, digest);
      byte[] sealed = tamper.apply(sealed(plain, key, salt, KeySchedule.fileContext(APP)));
      Digest id = Digest.sha256(sealed);
      blobs.put(id, sealed);
      files.add(new Index.File(path, id, key, plain.length, digest));
      return this;
    }

    VerifiedManifest sign() throws IOException {
      List<Blob> listed =
          blobs.entrySet().stream()
              .map(blob -> new Blob(blob.getKey(), blob.getValue().length))
              .sorted(java.util.Comparator.comparing(Blob::id))
              .collect(Collectors.toList());
      Index index = new Index(indexApp, indexVersion, files, Map.of());
      byte[] plain = changeIndex.apply(new String(index.write(), UTF_8)).getBytes(UTF_8);
      Digest digest = Digest.sha256(plain);
      Secret cek = KeySchedule.cek(KEYS.dataKey(), APP, VERSION, digest);
      byte[] sealedIndex =
          sealed(
              plain,
              KeySchedule.indexKey(cek),
              KeySchedule.indexSalt(cek, digest),
              KeySchedule.indexContext(indexApp, indexVersion));
      Blob indexBlob = new Blob(Digest.sha256(sealedIndex), sealedIndex.length);
      blobs.put(indexBlob.id(), sealedIndex);
      Manifest manifest =
          new Manifest(
              APP,
              KEYS.publisherId(),
              VERSION,
              1,
              Instant.parse("2026-11-22T10:00:00Z"),
              new Compat(List.of("android"), null),
              KeySchedule.cekCommit(cek),
              List.of(
                  FLEET.wrap(recipientCek == null ? cek : recipientCek),
                  KEYS.publisherKey().wrap(cek)),
              indexBlob,
              listed,
              indexBlob.size() + listed.stream().mapToLong(Blob::size).sum(),
              null);
      byte[] jws = ManifestSigner.sign(manifest, KEYS.signer(), Golden.NOW);
      return ManifestVerifier.verify(jws, Golden.LEAF, Golden.NOW);
    }

    InputStream open(Digest id) {
      byte[] blob = blobs.get(id);
      if (blob == null) {
        throw new BundleException(BLOB_MISSING);
      }
      return new ByteArrayInputStream(blob);
    }

    private static byte[] sealed(byte[] plain, Secret key, byte[] salt, byte[] context)
        throws IOException {
      ByteArrayOutputStream sealed = new ByteArrayOutputStream();
      BlobCodec.seal(new ByteArrayInputStream(plain), sealed, key, salt, context);
      return sealed.toByteArray();
    }
  }

  private static Draft draft() throws IOException {
    return new Draft().file("index.html", "<p>hello</p>").file("a/app.js", "go();");
  }

  @Test
  void opensADraftThatNobodyBent() throws IOException {
    Draft draft = draft();

    Opener.Contents contents = new Opener(draft.sign(), FLEET, draft::open).open(target);

    assertThat(target.resolve("a/app.js")).hasContent("go();");
    assertThat(contents.files())
        .extracting(Opener.Contents.Entry::path)
        .containsExactly("index.html", "a/app.js");
  }

  static List<Arguments> indexes() {
    String other = Digest.sha256(new byte[1]).text();
    return List.of(
        // F4, F5
        change("\"version\":\"1.0.0\"", "\"version\":\"1.0.1\"", INDEX_MISMATCH),
        change("com.example.golden", "com.example.silver", INDEX_MISMATCH),
        change("\"blob\":\"[^\"]*\"", "\"blob\":\"" + other + "\"", INDEX_MISMATCH),
        change(",\\{\"path\":\"a/app.js\"[^}]*\\}", "", INDEX_MISMATCH),
        // F6, F7
        change("a/app.js", "../../x", PATH),
        change("a/app.js", "/etc/x", PATH),
        change("a/app.js", "C:\\\\\\\\x", PATH),
        change("a/app.js", "a\\\\\\\\b", PATH),
        change("a/app.js", "", PATH),
        change("a/app.js", "a//b", PATH),
        change("a/app.js", "a\\\\u0000", PATH),
        change("a/app.js", "x".repeat(5_000), PATH),
        change("a/app.js", "con.txt", PATH),
        change("a/app.js", "INDEX.html", PATH_COLLISION),
        change("a/app.js", "index.html/x", PATH_COLLISION),
        // F8
        change("\"len\":5", "\"len\":6", LENGTH),
        change("\"len\":5", "\"len\":-5", LENGTH),
        change("\"len\":5(.*)\"plen\":5", "\"len\":4$1\"plen\":4", PADDING),
        change("\"plen\":5", "\"plen\":6", LENGTH),
        change("\"len\":5(.*)\"plen\":5", "\"len\":6$1\"plen\":6", LENGTH),
        change("\"z\":\"none\"", "\"z\":\"zstd\"", COMPRESSION_BROKEN),
        change("\"z\":\"none\"", "\"z\":\"br\"", COMPRESSION),
        // the rest of the profile
        change("slipway-index/1", "slipway-index/2", FORMAT_UNKNOWN),
        change("\"next_keys\":\\[\\]", "\"next_keys\":[{}]", MEMBER_MISSING),
        change(
            "\"next_keys\":\\[\\]",
            "\"next_keys\":[{\"kid\":\"f\",\"key\":\"K\"},{\"kid\":\"f\",\"key\":\"K\"}]"
                .replace("K", Base64Url.encode(new byte[32])),
            INDEX_INVALID),
        change("\"notes\":", "\"more\":1,\"notes\":", UNKNOWN_MEMBER),
        change("\"version\":", "\"version\":\"1.0.0\",\"version\":", JSON_DUPLICATE_MEMBER),
        change("\"files\":\\[.*\\],\"notes\"", "\"files\":[],\"notes\"", INDEX_INVALID),
        change("\"sha256\":\"[^\"]*\"", "\"sha256\":\"" + other + "\"", FILE_DIGEST),
        change(
            "\"key\":\"[^\"]*\"",
            "\"key\":\"" + Base64Url.encode(new byte[32]) + "\"",
            COMMITMENT));
  }

  @ParameterizedTest(name = "{index} {2}")
  @MethodSource("indexes")
  void refusesEveryOtherIndexAndLeavesNothingBehind(
      String pattern, String replacement, Reason reason) throws IOException {
    Draft draft = draft();
    draft.changeIndex =
        index -> {
          String changed = index.replaceAll(pattern, replacement);
          assertThat(changed).isNotEqualTo(index);
          return changed;
        };
    VerifiedManifest verified = draft.sign();

    assertRefused(reason, () -> new Opener(verified, FLEET, draft::open).open(target));

    assertThat(temp).isEmptyDirectory();
  }

  private static Arguments change(String pattern, String replacement, Reason reason) {
    return Arguments.of(pattern, replacement, reason);
  }

  @Test
  void refusesTheIndexOfAnotherVersionOrAppUnderTheSameKey() throws IOException {
    Draft version = draft();
    version.indexVersion = "0.9.9";
    Draft app = draft();
    app.indexApp = AppId.of("com.example.other");

    for (Draft draft : List.of(version, app)) {
      VerifiedManifest verified = draft.sign();
      assertRefused(COMMITMENT, () -> new Opener(verified, FLEET, draft::open).open(target));
    }
  }

  @Test
  void refusesRecipientsThatGetDifferentKeys() throws IOException {
    Draft draft = draft();
    draft.recipientCek = Secret.of(new byte[32]);
    VerifiedManifest verified = draft.sign();

    assertRefused(CEK_COMMIT, () -> new Opener(verified, FLEET, draft::open).open(target));
    new Opener(verified, KEYS.publisherKey(), draft::open).open(target);
  }

  @Test
  void refusesKeysThatTheBundleIsNotSealedFor() throws IOException {
    Draft draft = draft();
    VerifiedManifest verified = draft.sign();
    WrappingKey unknown = new WrappingKey("fleet-2", FLEET.key());
    WrappingKey wrong = new WrappingKey("fleet-1", Secret.of(new byte[32]));

    assertRefused(KID_UNKNOWN, () -> new Opener(verified, unknown, draft::open).list());
    assertRefused(CEK_COMMIT, () -> new Opener(verified, wrong, draft::open).list());
  }

  static List<Arguments> tampering() {
    return List.of(
        tamper(blob -> Arrays.copyOf(blob, blob.length - 1), TAG, LENGTH),
        tamper(blob -> Arrays.copyOf(blob, blob.length + 1), TAG, PADDING),
        tamper(blob -> flipped(blob, blob.length - 1), TAG, TAG),
        tamper(blob -> flipped(blob, 60), TAG, TAG),
        tamper(blob -> flipped(blob, 30), COMMITMENT, COMMITMENT),
        tamper(blob -> flipped(blob, 3), COMMITMENT, COMMITMENT));
  }

  /** Chunks that a publisher broke and signed: lengths show first, then tags. */
  @ParameterizedTest(name = "{index} {2}")
  @MethodSource("tampering")
  void refusesBrokenBlobsEvenIfSigned(UnaryOperator<byte[]> tamper, Reason inCodec, Reason inBundle)
      throws IOException {
    Draft draft = draft().file("b.bin", new byte[20_000], tamper);
    VerifiedManifest verified = draft.sign();

    assertRefused(inBundle, () -> new Opener(verified, FLEET, draft::open).open(target));

    assertThat(temp).isEmptyDirectory();
    Index.File file = draft.files.get(2);
    assertRefused(
        inCodec,
        () ->
            BlobCodec.open(
                draft.open(file.blob()),
                new ByteArrayOutputStream(),
                file.key(),
                KeySchedule.fileContext(APP)));
  }

  private static Arguments tamper(UnaryOperator<byte[]> tamper, Reason codec, Reason bundle) {
    return Arguments.of(tamper, codec, bundle);
  }

  private static byte[] flipped(byte[] blob, int index) {
    byte[] flipped = blob.clone();
    flipped[index] ^= 1;
    return flipped;
  }

  @Test
  void refusesSourcesThatGiveOtherBytes() throws IOException {
    Draft draft = draft();
    VerifiedManifest verified = draft.sign();
    Digest blob = draft.files.get(0).blob();
    byte[] content = draft.blobs.get(blob);

    Map<byte[], Reason> answers =
        Map.of(
            flipped(content, 70),
            BLOB_DIGEST_MISMATCH,
            Arrays.copyOf(content, content.length - 1),
            BLOB_SIZE_MISMATCH,
            Arrays.copyOf(content, content.length + 1),
            BLOB_SIZE_MISMATCH,
            new byte[0],
            BLOB_SIZE_MISMATCH);
    answers.forEach(
        (answer, reason) -> {
          BlobSource source =
              id -> id.equals(blob) ? new ByteArrayInputStream(answer) : draft.open(id);
          assertRefused(reason, () -> new Opener(verified, FLEET, source).open(target));
          assertThat(temp).isEmptyDirectory();
        });
  }

  @Test
  void readsNoMoreThanAByteTooMuchOfAnEndlessSource() throws IOException {
    Draft draft = draft();
    VerifiedManifest verified = draft.sign();
    long[] read = new long[1];
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            read[0]++;
            return 0;
          }

          @Override
          public int read(byte[] buffer, int offset, int length) {
            read[0] += length;
            return length;
          }
        };

    assertRefused(
        BLOB_SIZE_MISMATCH, () -> new Opener(verified, FLEET, id -> endless).open(target));

    assertThat(read[0]).isEqualTo(verified.manifest().index().size() + 1);
  }

  @Test
  void refusesWhatItReadWhateverASecondReadingGives() throws IOException {
    Draft draft = draft();
    VerifiedManifest verified = draft.sign();
    Digest blob = draft.files.get(1).blob();
    int[] opened = new int[1];
    BlobSource source =
        id ->
            id.equals(blob) && opened[0]++ == 0
                ? new ByteArrayInputStream(new byte[30])
                : draft.open(id);

    assertRefused(TRUNCATED, () -> new Opener(verified, FLEET, source).open(target));

    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void readsEachBlobOnce() throws IOException {
    Draft draft = draft();
    VerifiedManifest verified = draft.sign();
    List<Digest> opened = Collections.synchronizedList(new ArrayList<>());
    List<Long> progress = new ArrayList<>();

    new Opener(
            verified,
            FLEET,
            id -> {
              opened.add(id);
              return draft.open(id);
            })
        .open(target, (bytes, total) -> progress.add(total - bytes));

    List<Digest> content = verified.manifest().blobs().stream().map(Blob::id).toList();
    opened.removeIf(id -> !content.contains(id));
    assertThat(opened).containsExactlyInAnyOrderElementsOf(content);
    assertThat(progress).endsWith(0L);
  }

  @Test
  void namesTheFileWhoseBlobCannotBeReadAndLeavesNothingBehind() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("release"));
    byte[] noise = new byte[9 << 20];
    new Random(7).nextBytes(noise);
    Files.write(folder.resolve("large.bin"), noise);
    Files.write(folder.resolve("small.bin"), Arrays.copyOf(noise, 40_000));
    VerifiedManifest sealed = Golden.seal(folder, "1.0.0", false, temp.resolve("parts"));
    BundleParts parts = new BundleParts(temp.resolve("parts"));

    for (boolean large : new boolean[] {true, false}) {
      Digest broken =
          sealed.manifest().blobs().stream()
              .filter(blob -> blob.size() > 1 << 20 == large)
              .findFirst()
              .orElseThrow()
              .id();
      BlobSource source =
          id ->
              id.equals(broken)
                  ? new SequenceInputStream(new Limited(parts.open(id), 30_000), endingBadly())
                  : parts.open(id);

      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> new Opener(sealed, Golden.KEYS.fleetKeys().get(0), source).open(target))
          .withMessage((large ? "large.bin" : "small.bin") + ": Input/output error");

      assertThat(target).doesNotExist();
    }
  }

  private static InputStream endingBadly() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException("Input/output error");
      }
    };
  }

  @Test
  void refusesABundleWithAMissingBlob() throws IOException {
    Draft draft = draft();
    VerifiedManifest verified = draft.sign();
    draft.blobs.remove(draft.files.get(1).blob());

    assertRefused(BLOB_MISSING, () -> new Opener(verified, FLEET, draft::open).open(target));
  }

  @Test
  void writesIntoAFreshFolderOnly() throws IOException {
    Draft draft = draft();
    VerifiedManifest verified = draft.sign();
    Files.createDirectory(target);

    assertThatExceptionOfType(FileAlreadyExistsException.class)
        .isThrownBy(() -> new Opener(verified, FLEET, draft::open).open(target));
    assertThat(target).isEmptyDirectory();
  }
}
