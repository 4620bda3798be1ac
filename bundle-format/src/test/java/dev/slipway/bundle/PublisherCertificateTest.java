package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Random;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PublisherCertificateTest {

  private static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();
  private static final X500Name NAME = new X500Name("CN=test");

  /** In bytes allocated: sixty-four times what one of 16 KiB is long. */
  private static final long MOST_WORK = 1 << 20;

  private static final PublisherCertificate GOLDEN = Golden.KEYS.certificate();

  @Test
  void readsWhatItWrote() {
    PublisherCertificate read = PublisherCertificate.parsePem(GOLDEN.pem());

    assertThat(read.der()).isEqualTo(GOLDEN.der());
    assertThat(read.fingerprint()).isEqualTo(Digest.sha256(GOLDEN.der()));
    assertThat(read.publisherId()).isEqualTo(Golden.KEYS.publisherId());
    assertThat(read.notBefore()).isEqualTo("2026-11-22T00:00:00Z");
  }

  @Test
  void acceptsCertificatesOfAnotherProgram() throws Exception {
    assertThat(PublisherCertificate.parse(new Builder().build()).algorithm())
        .isEqualTo(SignatureAlgorithm.ED25519);
    for (String signature : List.of("SHA256withECDSA", "SHA384withECDSA")) {
      byte[] der = new Builder().algorithm("EC", 256, signature).build();
      assertThat(PublisherCertificate.parse(der).algorithm()).isEqualTo(SignatureAlgorithm.ES256);
    }
    for (String signature : List.of("SHA256withRSA", "SHA512withRSA", "SHA256withRSAandMGF1")) {
      byte[] der = new Builder().algorithm("RSA", 3072, signature).build();
      assertThat(PublisherCertificate.parse(der).algorithm()).isEqualTo(SignatureAlgorithm.PS256);
    }
  }

  static List<Builder> outsideTheProfile() {
    List<Builder> builders = new ArrayList<>();
    builders.add(new Builder().without(Extension.extendedKeyUsage));
    builders.add(new Builder().without(Extension.keyUsage));
    builders.add(
        new Builder()
            .with(Extension.extendedKeyUsage, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth)));
    builders.add(
        new Builder()
            .with(
                Extension.extendedKeyUsage,
                new ExtendedKeyUsage(KeyPurposeId.anyExtendedKeyUsage)));
    builders.add(new Builder().with(Extension.keyUsage, new KeyUsage(KeyUsage.keyAgreement)));
    builders.add(
        new Builder()
            .with(
                Extension.keyUsage,
                new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign)));
    builders.add(new Builder().with(Extension.basicConstraints, new BasicConstraints(true)));
    builders.add(new Builder().with(new ASN1ObjectIdentifier("1.2.3.4"), DERNull.INSTANCE));
    builders.add(new Builder().algorithm("RSA", 2048, "SHA256withRSA"));
    builders.add(new Builder().algorithm("RSA", 1024, "SHA1withRSA"));
    builders.add(new Builder().algorithm("RSA", 3072, "SHA1withRSA"));
    builders.add(new Builder().algorithm("EC", 384, "SHA256withECDSA"));
    builders.add(new Builder().algorithm("EC", 256, "SHA1withECDSA"));
    builders.add(new Builder().algorithm("Ed448", 448, "Ed448"));
    builders.add(new Builder().signedByAnother());
    return builders;
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("outsideTheProfile")
  void refusesCertificatesOutsideTheProfile(Builder builder) throws Exception {
    byte[] der = builder.build();

    assertRefused(CERTIFICATE_PROFILE, () -> PublisherCertificate.parse(der));
  }

  @Test
  void refusesEveryFlippedBit() {
    byte[] der = GOLDEN.der();

    for (int bit = 0; bit < 8 * der.length; bit++) {
      byte[] flipped = der.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        // What it says of its issuer may differ; then it needs somebody else to vouch for it.
        assertThat(PublisherCertificate.parse(flipped).isSelfSigned()).as("bit " + bit).isFalse();
      } catch (BundleException e) {
        assertThat(e.reason()).isEqualTo(CERTIFICATE_PROFILE);
      }
    }
  }

  static List<byte[]> hostile() {
    byte[] der = GOLDEN.der();
    List<byte[]> hostile = new ArrayList<>();
    hostile.add(new byte[0]);
    hostile.add(Arrays.copyOf(der, der.length - 1));
    hostile.add(Arrays.copyOf(der, der.length + 1));
    // Sequences in sequences, of definite and of indefinite length.
    byte[] deep = new byte[16_000];
    for (int i = 0; i < deep.length; i += 2) {
      deep[i] = 0x30;
      deep[i + 1] = (byte) 0x80;
    }
    hostile.add(deep);
    byte[] nested = new byte[0];
    while (nested.length < 16_000) {
      ByteArrayOutputStream outer = new ByteArrayOutputStream();
      outer.write(0x30);
      outer.write(0x82);
      outer.write(nested.length >> 8);
      outer.write(nested.length);
      outer.writeBytes(nested);
      nested = outer.toByteArray();
    }
    hostile.add(nested);
    byte[] huge = new byte[100];
    huge[0] = 0x30;
    huge[1] = (byte) 0x84;
    huge[2] = 0x7F;
    hostile.add(huge);
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[random.nextInt(500)];
      random.nextBytes(noise);
      if (noise.length > 4) {
        noise[0] = 0x30;
        noise[1] = (byte) 0x82;
        noise[2] = (byte) ((noise.length - 4) >> 8);
        noise[3] = (byte) (noise.length - 4);
      }
      hostile.add(noise);
    }
    return hostile;
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("hostile")
  void refusesHostileBytesWithLittleWork(byte[] bytes) {
    // C18. Once before, so that no class is loaded while it is measured.
    assertRefused(CERTIFICATE_PROFILE, () -> PublisherCertificate.parse(bytes));

    long allocated =
        Allocation.of(
            () -> assertRefused(CERTIFICATE_PROFILE, () -> PublisherCertificate.parse(bytes)));

    assertThat(allocated).isLessThan(MOST_WORK);
  }

  @Test
  void refusesLargeOnesUnread() {
    assertRefused(CERTIFICATE_TOO_LARGE, () -> PublisherCertificate.parse(new byte[5_000_000]));
    assertRefused(KEY_INVALID, () -> PublisherCertificate.parsePem("x".repeat(5_000_000)));
    assertRefused(
        KEY_INVALID, () -> PublisherCertificate.parsePem(Golden.KEYS.capgo().publicKey().pem()));
  }

  /** Makes certificates with the JDK's keys; unchanged, they keep the profile. */
  static final class Builder {

    private final java.util.Map<ASN1ObjectIdentifier, ASN1Encodable> extensions =
        new java.util.LinkedHashMap<>();
    private String keyAlgorithm = "Ed25519";
    private int keySize = 255;
    private String signature = "Ed25519";
    private X500Name issuer = NAME;
    private boolean another;

    Builder() {
      with(Extension.basicConstraints, new BasicConstraints(false));
      with(Extension.keyUsage, new KeyUsage(KeyUsage.digitalSignature));
      with(Extension.extendedKeyUsage, new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning));
    }

    Builder with(ASN1ObjectIdentifier extension, ASN1Encodable value) {
      extensions.put(extension, value);
      return this;
    }

    Builder without(ASN1ObjectIdentifier extension) {
      extensions.remove(extension);
      return this;
    }

    Builder algorithm(String key, int size, String signature) {
      keyAlgorithm = key;
      keySize = size;
      this.signature = signature;
      return this;
    }

    Builder issuer(X500Name name) {
      issuer = name;
      return this;
    }

    Builder signedByAnother() {
      another = true;
      return this;
    }

    byte[] build() throws Exception {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(keyAlgorithm);
      generator.initialize(keySize);
      KeyPair pair = generator.generateKeyPair();
      KeyPair signer = another ? generator.generateKeyPair() : pair;
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              issuer,
              BigInteger.TEN,
              Date.from(Instant.parse("2026-01-01T00:00:00Z")),
              Date.from(Instant.parse("2030-01-01T00:00:00Z")),
              NAME,
              SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
      for (var extension : extensions.entrySet()) {
        builder.addExtension(extension.getKey(), true, extension.getValue());
      }
      return builder
          .build(
              new JcaContentSignerBuilder(signature)
                  .setProvider(BOUNCY_CASTLE)
                  .build(signer.getPrivate()))
          .getEncoded();
    }
  }
}
