package dev.slipway.bundle;

import static dev.slipway.bundle.Authority.authority;
import static dev.slipway.bundle.Authority.leaf;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PATH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;
import static dev.slipway.bundle.Refusal.assertRefused;
import static dev.slipway.bundle.SignatureAlgorithm.ED25519;
import static dev.slipway.bundle.SignatureAlgorithm.ES256;
import static dev.slipway.bundle.SignatureAlgorithm.PS256;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.Test;

class CertificateChainTest {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final Authority ROOT = Authority.root("root", ES256);
  private static final Authority MIDDLE = ROOT.under("middle", ED25519, authority());
  private static final Authority LOWER = MIDDLE.under("lower", ES256, authority());

  @Test
  void acceptsUpToFourCertificatesThatEndAtAPinnedOne() {
    for (SignatureAlgorithm algorithm : SignatureAlgorithm.values()) {
      for (Authority authority : List.of(ROOT, MIDDLE, LOWER)) {
        CertificateChain chain = authority.signer(algorithm).chain();

        chain.requirePath(Set.of(ROOT.fingerprint()), NOW);
        chain.requirePath(Set.of(authority.fingerprint()), NOW);
        chain.requirePath(Set.of(chain.leaf().fingerprint()), NOW);

        assertThat(CertificateChain.parsePem(chain.pem()).der())
            .usingElementComparator(java.util.Arrays::compare)
            .isEqualTo(chain.der());
      }
    }
  }

  @Test
  void acceptsARootOfRsa() {
    Authority root = Authority.root("rsa", PS256);

    root.signer(ED25519).chain().requirePath(Set.of(root.fingerprint()), NOW);
  }

  @Test
  void refusesAnUnpinnedRoot() {
    // C15: the same name is not the same root.
    Authority other = Authority.root("root", ES256);
    CertificateChain chain = LOWER.signer(ED25519).chain();

    assertRefused(CERTIFICATE_PATH, () -> chain.requirePath(Set.of(), NOW));
    assertRefused(CERTIFICATE_PATH, () -> chain.requirePath(Set.of(other.fingerprint()), NOW));
  }

  @Test
  void refusesChainsWithMoreOrOtherCertificates() {
    List<byte[]> good = LOWER.signer(ED25519).chain().der();
    Authority stranger = Authority.root("stranger", ED25519);

    // C15: an unrelated certificate in place of one, or behind the root.
    List<byte[]> replaced = new ArrayList<>(good);
    replaced.set(2, stranger.certificate());
    assertBroken(replaced);
    List<byte[]> extra = new ArrayList<>(MIDDLE.signer(ED25519).chain().der());
    extra.add(stranger.certificate());
    assertBroken(extra);
    // A gap, another order, and no root.
    assertBroken(List.of(good.get(0), good.get(2), good.get(3)));
    assertBroken(List.of(good.get(0), good.get(2), good.get(1), good.get(3)));
    assertBroken(good.subList(0, 3));
    // A loop, fifty certificates, none.
    assertRefused(
        CERTIFICATE_PATH,
        () -> CertificateChain.parse(List.of(good.get(0), good.get(1), good.get(1))));
    assertRefused(
        CERTIFICATE_PATH, () -> CertificateChain.parse(Collections.nCopies(50, new byte[10])));
    assertRefused(CERTIFICATE_PATH, () -> CertificateChain.parse(List.of()));
    // A self-signed leaf that brings company.
    byte[] alone = Golden.KEYS.certificate().der();
    assertRefused(
        CERTIFICATE_PATH, () -> CertificateChain.parse(List.of(alone, stranger.certificate())));
  }

  @Test
  void refusesIssuersThatMayNotIssue() {
    // C16
    assertRefused(CERTIFICATE_PATH, () -> under(authority().without(Extension.basicConstraints)));
    assertRefused(
        CERTIFICATE_PATH,
        () -> under(authority().with(Extension.basicConstraints, new BasicConstraints(false))));
    assertRefused(
        CERTIFICATE_PATH,
        () -> under(authority().with(Extension.keyUsage, new KeyUsage(KeyUsage.cRLSign))));
    assertRefused(CERTIFICATE_PATH, () -> under(authority().without(Extension.keyUsage)));
    assertRefused(
        CERTIFICATE_PATH,
        () ->
            under(
                authority()
                    .with(
                        Extension.extendedKeyUsage,
                        new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))));
  }

  @Test
  void refusesAPathThatIsLongerThanAnIssuerAllows() {
    // C16: by an intermediate, and by the root itself.
    Authority last =
        ROOT.under(
            "last", ED25519, authority().with(Extension.basicConstraints, new BasicConstraints(0)));
    Authority root =
        Authority.root(
            "short",
            ED25519,
            authority().with(Extension.basicConstraints, new BasicConstraints(0)));

    last.signer(ED25519).chain().requirePath(Set.of(ROOT.fingerprint()), NOW);
    root.signer(ED25519).chain().requirePath(Set.of(root.fingerprint()), NOW);
    assertBroken(last.under("below", ED25519, authority()).signer(ED25519).chain().der());
    assertBroken(root.under("below", ED25519, authority()).signer(ED25519).chain().der());
  }

  @Test
  void refusesNamesThatAnIssuerMayNotName() {
    // C16
    NameConstraints within =
        new NameConstraints(
            new GeneralSubtree[] {new GeneralSubtree(new GeneralName(new X500Name("O=Example")))},
            null);
    Authority bound =
        ROOT.under("bound", ED25519, authority().with(Extension.nameConstraints, within));

    bound
        .signer(ED25519, "O=Example,CN=a", leaf())
        .chain()
        .requirePath(Set.of(ROOT.fingerprint()), NOW);
    assertBroken(bound.signer(ED25519, "O=Other,CN=a", leaf()).chain().der());
  }

  @Test
  void refusesIssuersOutsideTheirTime() {
    Authority brief =
        ROOT.under(
            "brief",
            ED25519,
            authority().valid(Authority.FROM, Instant.parse("2026-03-01T00:00:00Z")));
    CertificateChain chain = brief.signer(ED25519).chain();
    Set<Digest> pinned = Set.of(ROOT.fingerprint());

    chain.requirePath(pinned, Instant.parse("2026-03-01T00:00:00Z"));
    assertRefused(
        CERTIFICATE_PATH, () -> chain.requirePath(pinned, Instant.parse("2026-03-01T00:00:01Z")));
  }

  @Test
  void judgesThePathOfAnEndedLeafAtItsEnd() {
    // Whether an ended leaf may still hand over is asked elsewhere; its issuers have ended too.
    CertificateChain chain = LOWER.signer(ED25519).chain();

    chain.requirePath(Set.of(ROOT.fingerprint()), Authority.UNTIL.plus(Duration.ofDays(300)));
  }

  @Test
  void refusesSignaturesThatSomebodyElseMade() {
    // The issuer's name, another key.
    Authority impostor = Authority.root("middle", ED25519);
    List<byte[]> chain = new ArrayList<>(impostor.signer(ED25519).chain().der().subList(0, 1));
    chain.addAll(MIDDLE.signer(ED25519).chain().der().subList(1, 3));

    assertBroken(chain);
  }

  @Test
  void refusesHugeInputWithLittleWork() {
    // C18
    X500NameBuilder name = new X500NameBuilder();
    for (int i = 0; i < 900; i++) {
      name.addRDN(BCStyle.CN, "a");
    }
    SigningKey key = SigningKey.generate(ED25519, Authority.RANDOM);
    byte[] longName = Authority.issue(name.build(), key, name.build(), key, leaf());
    assertThat(longName.length).isBetween(10_000, 40_000);
    byte[] huge = new byte[5_000_000];
    List<byte[]> chain = LOWER.signer(ED25519).chain().der();
    chain.set(3, new byte[15_000]);
    Runnable refused =
        () -> {
          assertRefused(CERTIFICATE_TOO_LARGE, () -> CertificateChain.parse(List.of(huge)));
          assertRefused(CERTIFICATE_TOO_LARGE, () -> CertificateChain.parse(List.of(longName)));
          assertRefused(CERTIFICATE_PROFILE, () -> CertificateChain.parse(chain));
        };
    // Once before, so that no class is loaded while it is measured.
    refused.run();

    long allocated = Allocation.of(refused);
    assertThat(allocated).isLessThan(1 << 20);
  }

  private static void under(Authority.Wish wish) {
    ROOT.under("faulty", ED25519, wish).signer(ED25519);
  }

  private static void assertBroken(List<byte[]> chain) {
    assertRefused(
        CERTIFICATE_PATH,
        () -> {
          CertificateChain parsed = CertificateChain.parse(chain);
          parsed.requirePath(parsed.fingerprints(), NOW);
        });
  }
}
