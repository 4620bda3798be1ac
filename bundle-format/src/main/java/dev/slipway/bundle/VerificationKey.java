package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PROFILE;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.signers.PSSSigner;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A public key that may verify signatures of a publisher. By BouncyCastle's own API, not by way of
 * the JDK's: it is stricter, and what it takes does not depend on the installed providers. Each
 * content has one signature form: the length is checked first, and of the two ECDSA signatures (r,
 * s) and (r, −s) only the lower one counts.
 */
final class VerificationKey {

  static final int PSS_SALT = 32;
  private static final int ED25519_SIGNATURE = 64;
  private static final int COORDINATE = 32;
  private static final int UNCOMPRESSED_POINT = 65;
  private static final int MIN_RSA_BITS = 3072;
  private static final int MAX_RSA_BITS = 8192;
  private static final BigInteger MIN_EXPONENT = BigInteger.valueOf(65_537);
  private static final int MAX_EXPONENT_BITS = 64;

  private final SignatureAlgorithm algorithm;
  private final AsymmetricKeyParameter key;

  private VerificationKey(SignatureAlgorithm algorithm, AsymmetricKeyParameter key) {
    this.algorithm = algorithm;
    this.key = key;
  }

  /** The key of a signer; one of another kind or strength is refused. */
  static VerificationKey of(SubjectPublicKeyInfo info) throws IOException {
    ASN1ObjectIdentifier type = info.getAlgorithm().getAlgorithm();
    if (type.equals(EdECObjectIdentifiers.id_Ed25519)) {
      byte[] point = info.getPublicKeyData().getOctets();
      require(
          info.getAlgorithm().getParameters() == null
              && point.length == Ed25519PublicKeyParameters.KEY_SIZE
              && Ed25519.validatePublicKeyFull(point, 0));
      return new VerificationKey(
          SignatureAlgorithm.ED25519, new Ed25519PublicKeyParameters(point, 0));
    }
    if (type.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
      require(
          SECObjectIdentifiers.secp256r1.equals(info.getAlgorithm().getParameters())
              && info.getPublicKeyData().getOctets().length == UNCOMPRESSED_POINT);
      return new VerificationKey(SignatureAlgorithm.ES256, PublicKeyFactory.createKey(info));
    }
    require(type.equals(PKCSObjectIdentifiers.rsaEncryption));
    return new VerificationKey(SignatureAlgorithm.PS256, requireStrong(info));
  }

  /** Refuses an issuer's key that is weaker than a signer's may be; P-384 is allowed here too. */
  static void requireIssuer(SubjectPublicKeyInfo info) throws IOException {
    boolean p384 =
        info.getAlgorithm().getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
            && SECObjectIdentifiers.secp384r1.equals(info.getAlgorithm().getParameters());
    if (!p384) {
      of(info);
    }
  }

  private static RSAKeyParameters requireStrong(SubjectPublicKeyInfo info) throws IOException {
    // Capped by length before the numbers are looked at: their tests take time.
    require(info.getPublicKeyData().getOctets().length <= MAX_RSA_BITS / 8 + 64);
    RSAKeyParameters rsa = (RSAKeyParameters) PublicKeyFactory.createKey(info);
    int bits = rsa.getModulus().bitLength();
    require(
        bits >= MIN_RSA_BITS
            && bits <= MAX_RSA_BITS
            && rsa.getExponent().testBit(0)
            && rsa.getExponent().compareTo(MIN_EXPONENT) >= 0
            && rsa.getExponent().bitLength() <= MAX_EXPONENT_BITS);
    return rsa;
  }

  private static void require(boolean condition) {
    if (!condition) {
      throw new BundleException(CERTIFICATE_PROFILE).with("rule", "key");
    }
  }

  SignatureAlgorithm algorithm() {
    return algorithm;
  }

  AsymmetricKeyParameter parameters() {
    return key;
  }

  /** The bytes of a signature by this key. */
  int signatureLength() {
    return switch (algorithm) {
      case ED25519 -> ED25519_SIGNATURE;
      case ES256 -> 2 * COORDINATE;
      case PS256 -> (((RSAKeyParameters) key).getModulus().bitLength() + 7) / 8;
    };
  }

  /** Whether the signature over these bytes is one of this key. */
  boolean verifies(byte[] signed, byte[] signature) {
    if (signature.length != signatureLength()) {
      return false;
    }
    return switch (algorithm) {
      case ED25519 -> {
        Ed25519Signer verifier = new Ed25519Signer();
        verifier.init(false, key);
        verifier.update(signed, 0, signed.length);
        yield verifier.verifySignature(signature);
      }
      case ES256 -> {
        BigInteger r = new BigInteger(1, Arrays.copyOf(signature, COORDINATE));
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, COORDINATE, 2 * COORDINATE));
        BigInteger order = ((ECPublicKeyParameters) key).getParameters().getN();
        ECDSASigner verifier = new ECDSASigner();
        verifier.init(false, key);
        yield r.signum() > 0
            && s.signum() > 0
            && r.compareTo(order) < 0
            && s.compareTo(order.shiftRight(1)) <= 0
            && verifier.verifySignature(Digest.newSha256().digest(signed), r, s);
      }
      case PS256 -> {
        PSSSigner verifier = new PSSSigner(new RSABlindedEngine(), new SHA256Digest(), PSS_SALT);
        verifier.init(false, key);
        verifier.update(signed, 0, signed.length);
        yield verifier.verifySignature(signature);
      }
    };
  }

  /** The SHA-256 of a key in its standard form, which is the same in each of its certificates. */
  static Digest fingerprint(SubjectPublicKeyInfo info) throws IOException {
    return Digest.sha256(info.getEncoded(ASN1Encoding.DER));
  }
}
