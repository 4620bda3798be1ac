package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import java.io.IOException;
import java.math.BigInteger;
import java.security.SecureRandom;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.generators.RSAKeyPairGenerator;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyGenerationParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.crypto.signers.PSSSigner;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.bc.BcECContentSignerBuilder;
import org.bouncycastle.operator.bc.BcEdECContentSignerBuilder;
import org.bouncycastle.operator.bc.BcRSAContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/**
 * The private key that a publisher signs with: Ed25519, ECDSA on P-256, or RSA of 3072 to 8192
 * bits. It never prints itself. Safe for use by several threads.
 *
 * <p>Ed25519 and ES256 (by RFC 6979) give the same signature for the same content; PS256 draws a
 * fresh salt each time.
 */
public final class SigningKey {

  static final String LABEL = "PRIVATE KEY";
  private static final int COORDINATE = 32;
  private static final int RSA_BITS = 3072;
  private static final int PRIME_CERTAINTY = 128;

  private final AsymmetricKeyParameter key;
  private final SubjectPublicKeyInfo publicKey;
  private final VerificationKey verificationKey;

  private SigningKey(AsymmetricKeyParameter key, SubjectPublicKeyInfo publicKey)
      throws IOException {
    this.key = key;
    this.publicKey = publicKey;
    this.verificationKey = VerificationKey.of(publicKey);
  }

  /** A fresh key for this algorithm; RSA takes a second or two. */
  public static SigningKey generate(SignatureAlgorithm algorithm, SecureRandom random) {
    try {
      AsymmetricKeyParameter key =
          switch (algorithm) {
            case ED25519 -> new Ed25519PrivateKeyParameters(random);
            case ES256 -> {
              ECKeyPairGenerator generator = new ECKeyPairGenerator();
              generator.init(
                  new ECKeyGenerationParameters(
                      new ECNamedDomainParameters(
                          SECObjectIdentifiers.secp256r1,
                          ECNamedCurveTable.getByOID(SECObjectIdentifiers.secp256r1)),
                      random));
              AsymmetricCipherKeyPair pair = generator.generateKeyPair();
              yield pair.getPrivate();
            }
            case PS256 -> {
              RSAKeyPairGenerator generator = new RSAKeyPairGenerator();
              generator.init(
                  new RSAKeyGenerationParameters(
                      BigInteger.valueOf(65_537), random, RSA_BITS, PRIME_CERTAINTY));
              yield generator.generateKeyPair().getPrivate();
            }
          };
      return new SigningKey(key, publicKey(key));
    } catch (IOException e) {
      throw new IllegalStateException("a key of our own is well-formed", e);
    }
  }

  /**
   * Reads a key from PKCS#8 PEM, as {@link #revealPem} and {@code openssl genpkey} write it.
   *
   * @throws BundleException if it is no such key; nothing of the text is repeated
   */
  public static SigningKey parsePem(String pem) {
    byte[] der = Pem.read(LABEL, pem);
    try {
      AsymmetricKeyParameter key = PrivateKeyFactory.createKey(der);
      return new SigningKey(key, publicKey(key));
    } catch (IOException | RuntimeException e) {
      // Not as a cause: messages of parsers may show parts of a key.
      throw new BundleException(KEY_INVALID).with("expected", "Ed25519, P-256, or RSA from 3072");
    }
  }

  private static SubjectPublicKeyInfo publicKey(AsymmetricKeyParameter key) throws IOException {
    if (key instanceof Ed25519PrivateKeyParameters ed25519) {
      return SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(ed25519.generatePublicKey());
    }
    if (key instanceof ECPrivateKeyParameters ec
        && ec.getParameters() instanceof ECNamedDomainParameters domain) {
      return SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(
          new ECPublicKeyParameters(domain.getG().multiply(ec.getD()).normalize(), domain));
    }
    if (key instanceof RSAPrivateCrtKeyParameters rsa) {
      return SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(
          new RSAKeyParameters(false, rsa.getModulus(), rsa.getPublicExponent()));
    }
    throw new IOException("another kind of key");
  }

  /** The algorithm that this key signs by. */
  public SignatureAlgorithm algorithm() {
    return verificationKey.algorithm();
  }

  /** The key as PKCS#8 PEM, for the file that keeps it and for nothing else. */
  public String revealPem() {
    try {
      PrivateKeyInfo info = PrivateKeyInfoFactory.createPrivateKeyInfo(key);
      // Without the public key beside it: the plain PKCS#8 that other tools read too.
      return Pem.write(
          LABEL,
          new PrivateKeyInfo(info.getPrivateKeyAlgorithm(), info.parsePrivateKey()).getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException("a key that was read can be written", e);
    }
  }

  /** A request (PKCS#10, PEM) by which an authority can issue a certificate for this key. */
  public String certificateRequest(String commonName) {
    try {
      X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
      return Pem.write(
          "CERTIFICATE REQUEST",
          new PKCS10CertificationRequestBuilder(name, publicKey)
              .build(contentSigner())
              .getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException("a request of our own is well-formed", e);
    }
  }

  SubjectPublicKeyInfo publicKey() {
    return publicKey;
  }

  /** Signs; see the class on what is the same each time. */
  byte[] sign(byte[] content) {
    try {
      return switch (algorithm()) {
        case ED25519 -> {
          Ed25519Signer signer = new Ed25519Signer();
          signer.init(true, key);
          signer.update(content, 0, content.length);
          yield signer.generateSignature();
        }
        case ES256 -> {
          ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
          signer.init(true, key);
          BigInteger[] pair = signer.generateSignature(Digest.newSha256().digest(content));
          BigInteger order = signer.getOrder();
          BigInteger low = pair[1].min(order.subtract(pair[1]));
          byte[] signature = new byte[2 * COORDINATE];
          put(pair[0], signature, 0);
          put(low, signature, COORDINATE);
          yield signature;
        }
        case PS256 -> {
          PSSSigner signer =
              new PSSSigner(new RSABlindedEngine(), new SHA256Digest(), VerificationKey.PSS_SALT);
          signer.init(true, key);
          signer.update(content, 0, content.length);
          yield signer.generateSignature();
        }
      };
    } catch (CryptoException e) {
      throw new IllegalStateException("a key that was read can sign", e);
    }
  }

  private static void put(BigInteger number, byte[] target, int offset) {
    byte[] bytes = number.toByteArray();
    int length = Math.min(bytes.length, COORDINATE);
    System.arraycopy(bytes, bytes.length - length, target, offset + COORDINATE - length, length);
  }

  /** Signs certificates and requests, in the algorithm that X.509 tools know this key by. */
  ContentSigner contentSigner() {
    var finder = new DefaultSignatureAlgorithmIdentifierFinder();
    try {
      return switch (algorithm()) {
        case ED25519 ->
            new BcEdECContentSignerBuilder(
                    new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519))
                .build(key);
        case ES256 ->
            new BcECContentSignerBuilder(
                    finder.find("SHA256withECDSA"),
                    new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256))
                .build(key);
        case PS256 ->
            new BcRSAContentSignerBuilder(
                    finder.find("SHA256withRSA"),
                    new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256))
                .build(key);
      };
    } catch (OperatorCreationException e) {
      throw new IllegalStateException("a key that was read can sign", e);
    }
  }

  /** Names the algorithm, and says nothing about the key. */
  @Override
  public String toString() {
    return "SigningKey[" + algorithm().jose() + ", redacted]";
  }
}
