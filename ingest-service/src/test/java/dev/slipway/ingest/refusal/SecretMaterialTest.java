package dev.slipway.ingest.refusal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.SplittableRandom;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretMaterialTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-----BEGIN PRIVATE KEY-----\nMC4C",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----BEGIN EC PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
        "{\"certificate\":\"-----BEGIN PRIVATE KEY-----\\nMC4C\"}",
        "AGE-SECRET-KEY-1QQQ",
        "PuTTY-User-Key-File-3: ssh-ed25519",
        "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ\"}"
      })
  void knowsKeysByTheirWords(String text) {
    assertThat(SecretMaterial.isIn(text.getBytes(StandardCharsets.UTF_8))).isTrue();
  }

  @Test
  void knowsKeysByTheirShape() throws Exception {
    for (var algorithm : new String[] {"RSA", "EC", "Ed25519"}) {
      byte[] pkcs8 =
          KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate().getEncoded();
      byte[] inner =
          PrivateKeyInfo.getInstance(pkcs8).parsePrivateKey().toASN1Primitive().getEncoded();
      assertThat(SecretMaterial.isIn(pkcs8)).as(algorithm).isTrue();
      assertThat(SecretMaterial.isIn(Base64.getEncoder().encode(pkcs8))).as(algorithm).isTrue();
      // PKCS#1 and SEC 1; a bare Ed25519 key is 32 random bytes that nobody can know.
      if (!algorithm.equals("Ed25519")) {
        assertThat(SecretMaterial.isIn(inner)).as(algorithm).isTrue();
      }
    }
  }

  @Test
  void takesNothingElseForAKey() throws Exception {
    var random = new SplittableRandom(7);
    for (int length : new int[] {0, 1, 31, 72, 5000}) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      assertThat(SecretMaterial.isIn(bytes)).isFalse();
    }
    byte[] publicKey =
        KeyPairGenerator.getInstance("EC").generateKeyPair().getPublic().getEncoded();
    assertThat(SecretMaterial.isIn(publicKey)).isFalse();
    assertThat(SecretMaterial.isIn(ascii("-----BEGIN CERTIFICATE-----\nMIIB"))).isFalse();
    assertThat(SecretMaterial.isIn(ascii("{\"payload\":\"eyJmb3JtYXQi\",\"signatures\":[]}")))
        .isFalse();
    assertThat(SecretMaterial.isIn(ascii("{\"kty\":\"OKP\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg\"}")))
        .isFalse();
  }

  @Test
  void hostileShapesEndQuickly() {
    byte[] open = new byte[200_000];
    for (int i = 0; i < open.length; i += 2) {
      open[i] = 0x30;
      open[i + 1] = (byte) 0x80;
    }
    assertThat(SecretMaterial.isIn(open)).isFalse();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
