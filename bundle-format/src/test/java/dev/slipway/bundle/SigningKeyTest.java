package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.SignedManifest.Signature;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SigningKeyTest {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final BigInteger P256_ORDER =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  @ParameterizedTest
  @EnumSource
  void signsManifestsThatVerify(SignatureAlgorithm algorithm) {
    Signer signer = signer(algorithm);
    byte[] jws = ManifestSigner.signAnew(Golden.jws(), signer, NOW);

    VerifiedManifest verified =
        ManifestVerifier.verify(jws, signer.certificate().fingerprint(), NOW);

    assertThat(verified.leaf()).isEqualTo(signer.certificate());
    assertThat(verified.manifest()).isEqualTo(ManifestVerifier.readUnverified(Golden.jws()));
  }

  @ParameterizedTest
  @EnumSource(names = {"ED25519", "ES256"})
  void signsTheSameBytesTwice(SignatureAlgorithm algorithm) {
    Signer signer = signer(algorithm);

    assertThat(ManifestSigner.signAnew(Golden.jws(), signer, NOW))
        .isEqualTo(ManifestSigner.signAnew(Golden.jws(), signer, NOW));
  }

  @ParameterizedTest
  @EnumSource
  void readsWhatItWroteAndTellsNobodyElse(SignatureAlgorithm algorithm) {
    SigningKey key = SigningKey.generate(algorithm, Authority.RANDOM);

    SigningKey read = SigningKey.parsePem(key.revealPem());

    assertThat(read.publicKey()).isEqualTo(key.publicKey());
    assertThat(read.algorithm()).isEqualTo(algorithm);
    assertThat(read.toString()).contains("redacted");
    assertThat(key.certificateRequest("a")).startsWith("-----BEGIN CERTIFICATE REQUEST-----");
  }

  @ParameterizedTest
  @EnumSource
  void signsWhatTheJdkVerifies(SignatureAlgorithm algorithm) throws Exception {
    Signer signer = signer(algorithm);
    byte[] content = "content".getBytes(StandardCharsets.UTF_8);
    byte[] signature = signer.key().sign(content);

    java.security.Signature verifier =
        java.security.Signature.getInstance(
            switch (algorithm) {
              case ED25519 -> "Ed25519";
              case ES256 -> "SHA256withECDSAinP1363Format";
              case PS256 -> "RSASSA-PSS";
            });
    if (algorithm == SignatureAlgorithm.PS256) {
      verifier.setParameter(
          new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
    }
    verifier.initVerify(
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(signer.certificate().der())));
    verifier.update(content);

    assertThat(verifier.verify(signature)).isTrue();
  }

  @Test
  void readsKeysOfOtherPrograms() throws Exception {
    for (String algorithm : List.of("Ed25519", "EC", "RSA")) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (!algorithm.equals("Ed25519")) {
        generator.initialize(algorithm.equals("EC") ? 256 : 3072);
      }
      byte[] pkcs8 = generator.generateKeyPair().getPrivate().getEncoded();

      assertThat(SigningKey.parsePem(Pem.write("PRIVATE KEY", pkcs8))).isNotNull();
    }
  }

  @Test
  void refusesWeakAndOtherKeysWithoutRepeatingThem() throws Exception {
    List<String> texts =
        new ArrayList<>(List.of("", "secret", Pem.write("PRIVATE KEY", new byte[9])));
    for (List<Object> kind :
        List.<List<Object>>of(List.of("RSA", 2048), List.of("EC", 384), List.of("DSA", 1024))) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance((String) kind.get(0));
      generator.initialize((Integer) kind.get(1));
      texts.add(Pem.write("PRIVATE KEY", generator.generateKeyPair().getPrivate().getEncoded()));
    }
    for (String text : texts) {
      BundleException refused = assertRefused(KEY_INVALID, () -> SigningKey.parsePem(text));
      assertThat(refused).hasNoCause();
      assertThat(refused.getMessage()).doesNotContain("secret");
    }
  }

  @Test
  void refusesACertificateOfAnotherKey() {
    SigningKey other = SigningKey.generate(SignatureAlgorithm.ED25519, Authority.RANDOM);

    assertRefused(KEY_INVALID, () -> new Signer(other, Golden.KEYS.signer().chain()));
  }

  @ParameterizedTest
  @EnumSource
  void refusesAnAlgorithmThatIsNotTheKeys(SignatureAlgorithm algorithm) {
    Signer signer = signer(algorithm);
    for (SignatureAlgorithm other : SignatureAlgorithm.values()) {
      if (other != algorithm) {
        byte[] header = SignatureHeader.ofPublisher(other, signer.chain());

        assertRefused(ALG_NOT_ALLOWED, () -> check(header, signer.key().sign(new byte[1])));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesMalformedSignatures(SignatureAlgorithm algorithm) {
    // C5
    Signer signer = signer(algorithm);
    byte[] header = SignatureHeader.ofPublisher(algorithm, signer.chain());
    String payload = SignedManifest.parse(Golden.jws()).payload();
    byte[] signed = new Signature(Base64Url.encode(header), "").signingInput(payload);
    byte[] good = signer.key().sign(signed);
    assertThat(check(header, good)).isNotNull();

    List<byte[]> bad = new ArrayList<>();
    bad.add(new byte[0]);
    bad.add(new byte[good.length]);
    bad.add(Arrays.copyOf(good, good.length - 1));
    bad.add(Arrays.copyOf(good, good.length + 1));
    for (int bit = 0; bit < 8 * good.length; bit += 37) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      bad.add(flipped);
    }
    if (algorithm == SignatureAlgorithm.ES256) {
      bad.addAll(otherFormsOfEcdsa(good));
    }
    for (byte[] signature : bad) {
      assertRefused(SIGNATURE_INVALID, () -> check(header, signature));
    }
  }

  /** The same signature with −s, in DER, with r or s out of range. */
  private static List<byte[]> otherFormsOfEcdsa(byte[] good) {
    BigInteger r = new BigInteger(1, Arrays.copyOf(good, 32));
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(good, 32, 64));
    List<byte[]> forms = new ArrayList<>();
    forms.add(pair(r, P256_ORDER.subtract(s)));
    forms.add(pair(BigInteger.ZERO, s));
    forms.add(pair(r, BigInteger.ZERO));
    forms.add(pair(P256_ORDER, s));
    forms.add(pair(r, P256_ORDER));
    forms.add(
        Base64.getDecoder()
            .decode(
                "MEQCIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAiABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=="));
    return forms;
  }

  private static byte[] pair(BigInteger r, BigInteger s) {
    byte[] pair = new byte[64];
    for (int i = 0; i < 2; i++) {
      byte[] number = (i == 0 ? r : s).toByteArray();
      int length = Math.min(32, number.length);
      System.arraycopy(number, number.length - length, pair, 32 * i + 32 - length, length);
    }
    return pair;
  }

  private static CheckedManifest check(byte[] header, byte[] signature) {
    byte[] jws =
        new SignedManifest(
                SignedManifest.parse(Golden.jws()).payload(),
                List.of(new Signature(Base64Url.encode(header), Base64Url.encode(signature))))
            .write();
    return ManifestVerifier.check(jws, Set.of(), NOW);
  }

  private static Signer signer(SignatureAlgorithm algorithm) {
    return Authority.selfSigned(algorithm, Authority.FROM, Authority.UNTIL);
  }
}
