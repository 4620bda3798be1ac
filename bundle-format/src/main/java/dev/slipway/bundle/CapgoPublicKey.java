package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CAPGO_OPEN;
import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.util.BigIntegers;

/**
 * The RSA key inside an app that uses the Capgo plugin. It opens what {@link CapgoKeys} wraps; a
 * server must never have it.
 */
public final class CapgoPublicKey {

  static final int BITS = 2048;
  static final int BYTES = BITS / 8;
  private static final String LABEL = "RSA PUBLIC KEY";
  private static final int KEY_ID = 20;
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{512}");

  /** 64 hexadecimal digits, read as base64. */
  private static final int V2_DIGEST = 48;

  private final byte[] der;
  private final BigInteger modulus;
  private final BigInteger exponent;

  CapgoPublicKey(BigInteger modulus, BigInteger exponent) {
    if (modulus.bitLength() != BITS
        || !modulus.testBit(0)
        || !exponent.testBit(0)
        || exponent.bitLength() < 2
        || exponent.bitLength() > 64) {
      throw new BundleException(KEY_INVALID).with("expected", "RSA 2048");
    }
    this.modulus = modulus;
    this.exponent = exponent;
    try {
      der = new RSAPublicKey(modulus, exponent).getEncoded(ASN1Encoding.DER);
    } catch (IOException e) {
      throw new IllegalStateException("two integers can be encoded", e);
    }
  }

  /**
   * Reads a key as it stands in {@code capacitor.config.json}.
   *
   * @throws BundleException if it is not a PKCS#1 public key of 2048 bits
   */
  public static CapgoPublicKey parsePem(String pem) {
    byte[] der = Pem.read(LABEL, pem);
    try {
      RSAPublicKey key = RSAPublicKey.getInstance(der);
      return new CapgoPublicKey(key.getModulus(), key.getPublicExponent());
    } catch (BundleException e) {
      throw e;
    } catch (RuntimeException e) {
      // The ASN.1 parser has many ways to fail on hostile bytes.
      throw new BundleException(KEY_INVALID, e).with("expected", LABEL);
    }
  }

  /** The key as PEM text, in the form in which the plugin reads it. */
  public String pem() {
    return Pem.write(LABEL, der);
  }

  /** The first 20 base64 characters, by which plugin and server tell keys apart. */
  public String keyId() {
    return Base64.getEncoder().encodeToString(der).substring(0, KEY_ID);
  }

  /**
   * The SHA-256 that the owner of the private key wrapped, in one of two forms: 512 hexadecimal
   * digits (V3), or base64 of what the older Capgo command line made, which took the digest's
   * hexadecimal digits for base64 (V2).
   *
   * @throws BundleException if it is neither, or if another key wrapped it
   */
  public Digest unwrapDigest(String checksum) {
    try {
      if (HEX.matcher(checksum).matches()) {
        return Digest.of(unwrap(HexFormat.of().parseHex(checksum), Digest.BYTES));
      }
      byte[] digits = unwrap(Base64.getDecoder().decode(checksum), V2_DIGEST);
      return Digest.of(HexFormat.of().parseHex(Base64.getEncoder().encodeToString(digits)));
    } catch (IllegalArgumentException e) {
      throw new BundleException(CAPGO_OPEN, e).with("pointer", "checksum");
    }
  }

  /** PKCS#1 v1.5 of type 1: {@code 00 01 FF … FF 00 content}, as long as the modulus. */
  static byte[] block(byte[] content) {
    byte[] block = new byte[BYTES];
    Arrays.fill(block, 2, BYTES - content.length - 1, (byte) 0xFF);
    block[1] = 1;
    System.arraycopy(content, 0, block, BYTES - content.length, content.length);
    return block;
  }

  /** What the owner of the private key wrapped; exactly so many bytes in exactly one padding. */
  byte[] unwrap(byte[] wrapped, int length) {
    BigInteger number = new BigInteger(1, wrapped);
    if (wrapped.length != BYTES || number.compareTo(modulus) >= 0) {
      throw new BundleException(CAPGO_OPEN).with("wrapped", wrapped.length);
    }
    byte[] block = BigIntegers.asUnsignedByteArray(BYTES, number.modPow(exponent, modulus));
    byte[] content = Arrays.copyOfRange(block, BYTES - length, BYTES);
    if (!Arrays.equals(block(content), block)) {
      throw new BundleException(CAPGO_OPEN).with("expected", length);
    }
    return content;
  }

  /** Names the key by its id. */
  @Override
  public String toString() {
    return "CapgoPublicKey[" + keyId() + "]";
  }
}
