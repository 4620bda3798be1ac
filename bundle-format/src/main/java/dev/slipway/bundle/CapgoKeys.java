package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import java.io.IOException;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.generators.RSAKeyPairGenerator;
import org.bouncycastle.crypto.params.RSAKeyGenerationParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;

/**
 * The publisher's RSA pair for the Capgo rendition, as {@code capgo key create} makes it: the
 * private half wraps, the public half goes into the app.
 */
public final class CapgoKeys {

  private static final String LABEL = "RSA PRIVATE KEY";
  private static final int CERTAINTY = 112;

  private final RSAPrivateCrtKeyParameters key;
  private final CapgoPublicKey publicKey;

  private CapgoKeys(RSAPrivateCrtKeyParameters key) {
    this.key = key;
    publicKey = new CapgoPublicKey(key.getModulus(), key.getPublicExponent());
  }

  /** A fresh pair. */
  public static CapgoKeys generate(SecureRandom random) {
    RSAKeyPairGenerator generator = new RSAKeyPairGenerator();
    generator.init(
        new RSAKeyGenerationParameters(
            BigInteger.valueOf(65_537), random, CapgoPublicKey.BITS, CERTAINTY));
    AsymmetricCipherKeyPair pair = generator.generateKeyPair();
    return new CapgoKeys((RSAPrivateCrtKeyParameters) pair.getPrivate());
  }

  /**
   * Reads a private key in PKCS#1 PEM, as the Capgo command line writes it.
   *
   * @throws BundleException if it is not one, or if its halves do not fit each other
   */
  public static CapgoKeys parsePrivatePem(String pem) {
    byte[] der = Pem.read(LABEL, pem);
    try {
      RSAPrivateKey key = RSAPrivateKey.getInstance(der);
      CapgoKeys keys =
          new CapgoKeys(
              new RSAPrivateCrtKeyParameters(
                  key.getModulus(),
                  key.getPublicExponent(),
                  key.getPrivateExponent(),
                  key.getPrime1(),
                  key.getPrime2(),
                  key.getExponent1(),
                  key.getExponent2(),
                  key.getCoefficient()));
      byte[] probe = Digest.sha256(der).bytes();
      if (Arrays.equals(keys.publicKey.unwrap(keys.wrap(probe), probe.length), probe)) {
        return keys;
      }
    } catch (RuntimeException e) {
      // Not as a cause: messages of parsers may show parts of a key.
      throw new BundleException(KEY_INVALID).with("expected", LABEL);
    }
    throw new BundleException(KEY_INVALID).with("expected", LABEL);
  }

  /** The public half. */
  public CapgoPublicKey publicKey() {
    return publicKey;
  }

  /** The private half as PKCS#1 PEM, for the file that keeps it and for nothing else. */
  public String revealPem() {
    try {
      byte[] der =
          new RSAPrivateKey(
                  key.getModulus(),
                  key.getPublicExponent(),
                  key.getExponent(),
                  key.getP(),
                  key.getQ(),
                  key.getDP(),
                  key.getDQ(),
                  key.getQInv())
              .getEncoded(ASN1Encoding.DER);
      return Pem.write(LABEL, der);
    } catch (IOException e) {
      throw new IllegalStateException("eight integers can be encoded", e);
    }
  }

  /** A SHA-256, wrapped as scheme V3 wants it: 512 hexadecimal digits, always the same. */
  public String wrapDigest(Digest digest) {
    return HexFormat.of().formatHex(wrap(digest.bytes()));
  }

  /** Wraps content so that the public half unwraps it; the same content gives the same bytes. */
  byte[] wrap(byte[] content) {
    RSABlindedEngine rsa = new RSABlindedEngine();
    rsa.init(true, key);
    byte[] block = CapgoPublicKey.block(content);
    return rsa.processBlock(block, 0, block.length);
  }

  /** Names the key by its id, and says nothing about the private half. */
  @Override
  public String toString() {
    return "CapgoKeys[" + publicKey.keyId() + ", redacted]";
  }
}
