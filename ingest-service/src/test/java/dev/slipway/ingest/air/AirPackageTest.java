package dev.slipway.ingest.air;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.NewUnlock;
import dev.slipway.ingest.air.AirPackager.Identity;
import dev.slipway.ingest.air.AirPackager.Item;
import dev.slipway.ingest.lineage.Trust;
import dev.slipway.ingest.lineage.Unlock;
import dev.slipway.kit.http.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;

class AirPackageTest {

  private static final String ID = "com.example.tides";
  private static final long MOST = 64 << 20;
  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant UNTIL = Instant.parse("2026-12-31T00:00:00Z");
  private static final Identity PUBLISHER = Identity.of("Publisher", FROM, UNTIL);
  private static final Identity FORMER =
      Identity.of("Former", FROM.minus(Duration.ofDays(300)), FROM.plus(Duration.ofDays(10)));

  @TempDir Path folder;

  @Test
  void readsAPackage() throws Exception {
    // Given: more files than the JDK's secure validation lets pass
    var packager = new AirPackager(PUBLISHER, ID, "1.2.3");
    for (int i = 0; i < 100; i++) packager.add("assets/" + i + ".bin", new byte[i]);

    // When
    var air = read(packager);

    // Then
    assertThat(air.descriptor())
        .isEqualTo(
            new AirDescriptor(
                ID,
                true,
                "1.2.3",
                "Spring tide",
                Map.of("en", "Tides & times", "fr", "Marées"),
                null));
    assertThat(air.descriptor().updateNamespace()).isEqualTo("2.5");
    assertThat(air.files()).isEqualTo(105);
    assertThat(air.signatures().publisher().fingerprint())
        .isEqualTo(Digest.sha256(PUBLISHER.certificate().getEncoded()));
    assertThat(air.signatures().migration()).isEmpty();
  }

  @Test
  void readsAPackageOfBeforeAir25() throws Exception {
    // Given
    var descriptor =
        """
        <application xmlns="http://ns.adobe.com/air/application/1.5.3">
          <id>com.example.tides</id><version>beta 1</version>
          <description>Tides</description><publisherID>AB.1</publisherID>
        </application>
        """;

    // When
    var air = read(new AirPackager(PUBLISHER, descriptor).sign(AirPackager.RSA_SHA1));

    // Then
    assertThat(air.descriptor())
        .isEqualTo(new AirDescriptor(ID, false, "beta 1", null, Map.of("", "Tides"), "AB.1"));
    assertThat(air.descriptor().updateNamespace()).isEqualTo("1.0");
  }

  static Stream<Arguments> hostile() {
    return Stream.of(
        bad(
            "another first entry",
            "air-package-invalid",
            p -> p.items.addFirst(new Item("a", new byte[1], false))),
        bad(
            "deflated mimetype",
            "air-package-invalid",
            p -> p.item("mimetype", i -> i.deflated = true)),
        bad(
            "other mimetype",
            "air-package-invalid",
            p -> p.item("mimetype", i -> i.content = utf8("application/zip"))),
        bad(
            "late descriptor",
            "air-package-invalid",
            p -> p.items.add(1, new Item("a", new byte[1], false))),
        bad(
            "deflated hash",
            "air-package-invalid",
            p -> p.item("META-INF/AIR/hash", i -> i.deflated = true)),
        bad("encrypted", "air-package-invalid", p -> p.item("app.swf", i -> i.flags = 1)),
        bad("data descriptor", "air-package-invalid", p -> p.item("app.swf", i -> i.flags = 8)),
        bad("language flag", "air-package-invalid", p -> p.item("app.swf", i -> i.flags = 0x800)),
        bad("other compression", "air-package-invalid", p -> p.item("app.swf", i -> i.method = 12)),
        bad(
            "local name differs",
            "air-package-invalid",
            p -> p.item("app.swf", i -> i.localName = "bad.swf")),
        bad("local CRC differs", "air-package-invalid", p -> p.item("app.swf", i -> i.crcBy = 1)),
        bad(
            "stored in name only",
            "air-package-invalid",
            p -> p.item("app.swf", i -> i.method = 0)),
        bad(
            "deflated in name only",
            "air-package-invalid",
            p -> p.item("icons/a b.png", i -> i.method = 8)),
        bad("gap before the directory", "air-package-invalid", p -> p.gap(10)),
        bad("something at the end", "air-package-invalid", p -> p.tail(10)),
        bad(
            "other name in extra",
            "air-package-invalid",
            p -> p.item("app.swf", i -> i.extra = new byte[] {0x75, 0x70, 1, 0, 1})),
        bad(
            "zip64 extra",
            "air-package-invalid",
            p -> p.item("app.swf", i -> i.extra = new byte[] {1, 0, 0, 0})),
        bad(
            "folder with data",
            "air-package-invalid",
            p -> p.item("icons/", i -> i.content = new byte[5])),
        bad("twice", "air-package-invalid", p -> p.add("app.swf", new byte[1])),
        bad("foreign META-INF", "air-package-invalid", p -> p.add("META-INF/evil", new byte[1])),
        bad("climbs", "path", p -> p.add("../evil", new byte[1])),
        bad("absolute", "path", p -> p.add("/evil", new byte[1])),
        bad("backslash", "path", p -> p.add("a\\b", new byte[1])),
        bad("folder that climbs", "path", p -> p.add(new Item("../", new byte[0], false))),
        bad("one on some system", "path-collision", p -> p.add("APP.SWF", new byte[1])),
        bad("unsigned file", "signature-invalid", p -> p.add(unsigned("extra.swf"))),
        bad(
            "file missing",
            "signature-invalid",
            p -> p.references(r -> r.put("gone.swf", new byte[32]))),
        bad(
            "other digest",
            "signature-invalid",
            p -> p.references(r -> r.put("app.swf", new byte[32]))),
        bad(
            "digest changed later",
            "signature-invalid",
            p -> p.xml(d -> text(d, "DigestValue", 1, base64(new byte[32])))),
        bad(
            "signature changed",
            "signature-invalid",
            p -> p.xml(d -> text(d, "SignatureValue", 0, base64(new byte[256])))),
        bad(
            "signature longer",
            "signature-invalid",
            p -> p.xml(d -> text(d, "SignatureValue", 0, base64(new byte[257])))),
        bad(
            "no signature",
            "signature-missing",
            p -> p.xml(d -> element(d, "Signature").setAttribute("Id", "Other"))),
        bad(
            "foreign element",
            "signature-set",
            p -> p.xml(d -> element(d, "Object").appendChild(d.createElementNS("urn:x", "x")))),
        bad(
            "id twice",
            "signature-set",
            p -> p.xml(d -> element(d, "Object").setAttribute("Id", "PackageContents"))),
        bad(
            "contents elsewhere",
            "signature-set",
            p -> p.xml(d -> d.getDocumentElement().appendChild(element(d, "Manifest")))),
        bad(
            "reference outwards",
            "signature-set",
            p -> p.xml(d -> element(d, "Reference").setAttribute("URI", "http://127.0.0.1/x"))),
        bad(
            "HMAC",
            "alg-not-allowed",
            p ->
                p.xml(
                    d ->
                        element(d, "SignatureMethod")
                            .setAttribute(
                                "Algorithm", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"))),
        bad(
            "MD5 of a file",
            "signature-invalid",
            p ->
                p.xml(
                    d ->
                        ((Element)
                                element(d, "Manifest").getElementsByTagName("DigestMethod").item(0))
                            .setAttribute(
                                "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#md5"))),
        bad(
            "no version",
            "air-package-invalid",
            p -> descriptor(p, "<versionNumber>1.2.3</versionNumber>", "")),
        bad(
            "two versions",
            "air-package-invalid",
            p -> descriptor(p, "</id>", "</id><versionNumber>2</versionNumber>")),
        bad("id with a slash", "air-package-invalid", p -> descriptor(p, ID, "a/b")),
        bad(
            "description with markup",
            "air-package-invalid",
            p -> descriptor(p, "<text xml:lang=\"en\">", "<b/><text xml:lang=\"en\">")),
        bad(
            "bidi in the label",
            "air-package-invalid",
            p -> descriptor(p, "Spring", "Spr\u202eing")),
        bad(
            "document type",
            "air-package-invalid",
            p ->
                descriptor(
                    p,
                    "<application",
                    "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><application")),
        bad(
            "other root",
            "air-package-invalid",
            p -> descriptor(p, "air/application", "air/other")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void refuses(String name, String slug, Consumer<AirPackager> change) {
    // Given
    var packager = new AirPackager(PUBLISHER, ID, "1.2.3");
    change.accept(packager);

    // When
    var refusal = catchThrowable(() -> read(packager));

    // Then
    assertThat(slug(refusal)).as("%s: %s", name, refusal).isEqualTo(slug);
  }

  @Test
  void refusesSignersThatAreNotForCode() {
    var small = Identity.of("Small", FROM, UNTIL, 1024, true);
    var other = Identity.of("Other", FROM, UNTIL, 2048, false);

    assertThat(slug(catchThrowable(() -> read(new AirPackager(small, ID, "1")))))
        .isEqualTo("certificate-profile");
    assertThat(slug(catchThrowable(() -> read(new AirPackager(other, ID, "1")))))
        .isEqualTo("certificate-profile");
  }

  @Test
  void takesSha1OnlyWhereItIsAllowed() throws Exception {
    var packager = new AirPackager(PUBLISHER, ID, "1.0").sign(AirPackager.RSA_SHA1);
    Path file = write(packager);

    assertThat(AirPackage.read(file, MOST, true).signatures().publisher()).isNotNull();
    assertThat(slug(catchThrowable(() -> AirPackage.read(file, MOST, false))))
        .isEqualTo("alg-not-allowed");
  }

  @Test
  void aBombStopsAtWhatItsHeaderSays() {
    // Given: an entry that becomes far more than declared, and a package above the limit
    var packager = new AirPackager(PUBLISHER, ID, "1.0").add("bomb", new byte[1 << 20]);

    // Then
    assertThat(slug(catchThrowable(() -> AirPackage.read(write(packager), 1 << 19, true))))
        .isEqualTo("air-package-invalid");
  }

  @Test
  void everyByteThatFlipsIsNoticed() throws Exception {
    // Given
    byte[] good = new AirPackager(PUBLISHER, ID, "1.0").build();
    var seed = System.nanoTime();
    System.out.println("seed: " + seed);
    var random = new SplittableRandom(seed);
    Path file = folder.resolve("flipped.air");
    var original = AirPackage.read(write(new AirPackager(PUBLISHER, ID, "1.0")), MOST, true);
    int differs = 0;

    for (int i = 0; i < 200; i++) {
      // When
      byte[] bytes = good.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bytes);
      var refusal = catchThrowable(() -> AirPackage.read(file, MOST, true));

      // Then: refused in the words of the interface, or a byte that says nothing (a time, a version
      // of zip, the hash): then the same package
      if (refusal == null) {
        assertThat(AirPackage.read(file, MOST, true).descriptor()).isEqualTo(original.descriptor());
      } else {
        assertThat(refusal).isInstanceOfAny(Refusal.class, BundleException.class);
        differs++;
      }
    }
    assertThat(differs).isGreaterThan(150);
  }

  @Test
  void followsTheCertificateBefore() throws Exception {
    // Given
    var publisher = fingerprint(PUBLISHER);
    var former = fingerprint(FORMER);
    var other = Digest.sha256(new byte[1]);
    var plain = read(new AirPackager(PUBLISHER, ID, "1.0")).signatures();
    var migrated = read(new AirPackager(PUBLISHER, ID, "1.0").migrate(FORMER)).signatures();
    var now = FROM.plus(Duration.ofDays(100));
    var grace = FORMER.certificate().getNotAfter().toInstant().plus(Duration.ofDays(365));
    var long5 = Identity.of("Long", FROM, UNTIL.plus(Duration.ofDays(1000)));
    var late = read(new AirPackager(long5, ID, "1.0").migrate(FORMER)).signatures();

    // Then: the one that is trusted signs on, to the last second
    assertThat(follow(plain, trusting(publisher), 365, now).step()).isNull();
    assertThat(follow(plain, trusting(publisher), 365, UNTIL).handedOverBy()).isNull();
    refused(
        "certificate-expired", () -> follow(plain, trusting(publisher), 365, UNTIL.plusSeconds(1)));
    refused(
        "certificate-not-yet-valid",
        () -> follow(plain, trusting(publisher), 365, FROM.minusSeconds(1)));

    // Then: another one needs a hand-over by the one that is trusted
    var handedOver = follow(migrated, trusting(former), 365, now);
    assertThat(handedOver.handedOverBy()).isEqualTo(former);
    assertThat(handedOver.step().predecessor()).isEqualTo(former);
    assertThat(handedOver.step().leaf().fingerprint()).isEqualTo(publisher);
    refused("migration-required", () -> follow(plain, trusting(former), 365, now));
    refused("migration-untrusted", () -> follow(migrated, trusting(publisher), 365, now));
    refused("migration-untrusted", () -> follow(migrated, trusting(other), 365, now));
    refused(
        "lineage-stale",
        () -> follow(migrated, trust(other, Set.of(former), Set.of(), List.of()), 365, now));
    refused(
        "lineage-return",
        () -> follow(migrated, trust(former, Set.of(publisher), Set.of(), List.of()), 365, now));
    assertThat(
            follow(migrated, trust(publisher, Set.of(former), Set.of(), List.of()), 365, now)
                .handedOverBy())
        .as("for those who are behind")
        .isEqualTo(former);

    // Then: its grace ends with a second
    var atTheEnd = follow(late, trusting(former), 365, grace);
    assertThat(atTheEnd.handedOverBy()).isEqualTo(former);
    assertThat(atTheEnd.grace().daysLeft()).isZero();
    refused(
        "migration-grace-elapsed", () -> follow(late, trusting(former), 365, grace.plusSeconds(1)));
    refused("migration-grace-elapsed", () -> follow(migrated, trusting(former), 0, now));

    // Then: what is revoked counts no more, unless two people let another one begin anew
    for (Digest revoked : List.of(publisher, former)) {
      refused(
          "certificate-revoked",
          () -> follow(migrated, trust(former, Set.of(), Set.of(revoked), List.of()), 365, now));
    }
    refused(
        "certificate-revoked",
        () -> follow(plain, trust(former, Set.of(), Set.of(former), List.of()), 365, now));
    var unlock = new Unlock(new UUID(1, 2), NewUnlock.Kind.NEW_LINEAGE, publisher.text());
    assertThat(
            follow(plain, trust(former, Set.of(), Set.of(former), List.of(unlock)), 365, now)
                .used())
        .isEqualTo(unlock);
    assertThat(
            slug(
                catchThrowable(
                    () -> read(new AirPackager(PUBLISHER, ID, "1.0").migrate(FORMER).grafted()))))
        .isEqualTo("signature-set");
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.CsvSource({
    "1.0.657, true",
    "10, true",
    "0.01, true",
    "67.89.999, true",
    ".0, true",
    ".0.1, true",
    "1.2.3.4, false",
    "1000, false",
    "1.0000, false",
    "v1.2, false",
    "1..2, false",
    "1., false",
    "builtin, false"
  })
  void readsVersionNumbersAsAirDoes(String version, boolean good) throws Exception {
    var descriptor = read(new AirPackager(PUBLISHER, ID, version)).descriptor();

    if (good) {
      assertThat(AirRules.version(descriptor).text()).isEqualTo(version);
    } else {
      refused("version-syntax", () -> AirRules.version(descriptor));
    }
  }

  private AirPackage read(AirPackager packager) throws IOException {
    return AirPackage.read(write(packager), MOST, true);
  }

  private Path write(AirPackager packager) throws IOException {
    return Files.write(folder.resolve("a.air"), packager.build());
  }

  private static AirRules.Following follow(
      AirSignatures signatures, Trust trust, int graceDays, Instant now) {
    return AirRules.follow(signatures, trust, app(graceDays), now);
  }

  private static Trust trusting(Digest leaf) {
    return trust(leaf, Set.of(), Set.of(), List.of());
  }

  private static Trust trust(
      Digest leaf, Set<Digest> former, Set<Digest> revoked, List<Unlock> unlocks) {
    return new Trust(new Lineage(leaf, null, former, revoked, true), true, Set.of(leaf), unlocks);
  }

  private static AppState app(int graceDays) {
    var usual = AppPolicy.DEFAULT;
    return new AppState(
        dev.slipway.bundle.AppId.of(ID),
        1,
        "Tides",
        "publisher",
        Digest.sha256(new byte[0]),
        List.of(),
        List.of(),
        new AppPolicy(
            AppPolicy.VersionScheme.AIR,
            AppPolicy.Confidentiality.NONE,
            graceDays,
            usual.pin(),
            false,
            1 << 20,
            1 << 20),
        null,
        null,
        FROM,
        null);
  }

  private static Arguments bad(String name, String slug, Consumer<AirPackager> change) {
    return Arguments.of(name, slug, change);
  }

  private static Item unsigned(String name) {
    var item = new Item(name, new byte[1], false);
    item.signed = false;
    return item;
  }

  private static void descriptor(AirPackager packager, String from, String to) {
    packager.item(
        "META-INF/AIR/application.xml",
        item -> {
          String text = new String(item.content, StandardCharsets.UTF_8);
          assertThat(text).contains(from);
          item.content = utf8(text.replace(from, to));
        });
  }

  private static Element element(org.w3c.dom.Document document, String name) {
    return (Element) document.getElementsByTagNameNS("*", name).item(0);
  }

  private static void text(org.w3c.dom.Document document, String name, int index, String text) {
    document.getElementsByTagNameNS("*", name).item(index).setTextContent(text);
  }

  private static void refused(
      String slug, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThat(slug(catchThrowable(call))).isEqualTo(slug);
  }

  private static String slug(Throwable refusal) {
    return switch (refusal) {
      case BundleException e -> e.reason().slug();
      case Refusal e -> e.problem().slug();
      case null, default -> String.valueOf(refusal);
    };
  }

  private static Digest fingerprint(Identity identity) throws Exception {
    return Digest.sha256(identity.certificate().getEncoded());
  }

  private static String base64(byte[] bytes) {
    return java.util.Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
