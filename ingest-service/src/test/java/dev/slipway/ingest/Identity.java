package dev.slipway.ingest;

import dev.slipway.bundle.Digest;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.encoders.Base32;
import org.jspecify.annotations.Nullable;

/// A key and its certificate, made without the library under test. Issuers follow, the root last.
record Identity(String alg, PrivateKey key, List<byte[]> chain) {

  private static final BouncyCastleProvider BC = new BouncyCastleProvider();
  private static final SecureRandom RANDOM = new SecureRandom();

  /// How a certificate is to be made.
  static final class Spec {
    String alg = "Ed25519";
    String name = "CN=Publisher";
    Instant from = Instant.now().minus(Duration.ofDays(1));
    Instant until = Instant.now().plus(Duration.ofDays(365));
    boolean codeSigning = true;
    boolean ca;
    int pathLength = -1;
    @Nullable String permitted;
    @Nullable String signature;
    @Nullable Identity issuer;
    @Nullable KeyPair pair;

    Spec alg(String it) {
      alg = it;
      return this;
    }

    Spec name(String it) {
      name = it;
      return this;
    }

    Spec valid(Instant first, Instant last) {
      from = first;
      until = last;
      return this;
    }

    Spec withoutCodeSigning() {
      codeSigning = false;
      return this;
    }

    Spec authority(int length) {
      ca = true;
      pathLength = length;
      return this;
    }

    Spec permitting(String directory) {
      permitted = directory;
      return this;
    }

    Spec signature(String it) {
      signature = it;
      return this;
    }

    Spec by(Identity it) {
      issuer = it;
      return this;
    }

    Spec over(KeyPair it) {
      pair = it;
      return this;
    }

    Identity make() {
      try {
        KeyPair keys = pair == null ? pair(alg) : pair;
        var subject = new X500Name(name);
        var builder =
            new JcaX509v3CertificateBuilder(
                issuer == null ? subject : issuer.subject(),
                new BigInteger(120, RANDOM).setBit(119),
                Date.from(from.truncatedTo(ChronoUnit.SECONDS)),
                Date.from(until.truncatedTo(ChronoUnit.SECONDS)),
                subject,
                keys.getPublic());
        builder.addExtension(
            Extension.basicConstraints,
            true,
            !ca
                ? new BasicConstraints(false)
                : pathLength < 0 ? new BasicConstraints(true) : new BasicConstraints(pathLength));
        builder.addExtension(
            Extension.keyUsage,
            true,
            new KeyUsage(ca ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
        if (codeSigning && !ca) {
          builder.addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning));
        }
        if (permitted != null) {
          builder.addExtension(
              Extension.nameConstraints,
              true,
              new NameConstraints(
                  new GeneralSubtree[] {
                    new GeneralSubtree(new GeneralName(new X500Name(permitted)))
                  },
                  null));
        }
        String signer = issuer == null ? alg : issuer.alg();
        var by = issuer == null ? keys.getPrivate() : issuer.key();
        byte[] der =
            builder
                .build(
                    new JcaContentSignerBuilder(
                            signature == null ? certificateSignature(signer) : signature)
                        .setProvider(BC)
                        .build(by))
                .getEncoded();
        var chain = new ArrayList<>(List.of(der));
        if (issuer != null) chain.addAll(issuer.chain());
        return new Identity(alg, keys.getPrivate(), List.copyOf(chain));
      } catch (Exception e) {
        throw new AssertionError("a certificate can be made", e);
      }
    }
  }

  static Spec spec() {
    return new Spec();
  }

  /// A self-signed one that is valid for these seconds, both included.
  static Identity valid(Instant from, Instant until) {
    return spec().valid(from, until).make();
  }

  static KeyPair pair(String alg) {
    try {
      return switch (alg) {
        case "Ed25519" -> KeyPairGenerator.getInstance("Ed25519", BC).generateKeyPair();
        case "ES256" -> elliptic("P-256");
        case "P-192" -> elliptic("P-192");
        default -> {
          var rsa = KeyPairGenerator.getInstance("RSA", BC);
          rsa.initialize(Integer.parseInt(alg.substring(alg.indexOf('-') + 1)));
          yield rsa.generateKeyPair();
        }
      };
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  byte[] der() {
    return chain.getFirst();
  }

  Digest fingerprint() {
    return Digest.sha256(der());
  }

  String publisherId() {
    byte[] key = certificate().getPublicKey().getEncoded();
    return new String(
            Base32.encode(Digest.sha256(key).bytes()), java.nio.charset.StandardCharsets.US_ASCII)
        .replace("=", "");
  }

  X509Certificate certificate() {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509", BC)
              .generateCertificate(new ByteArrayInputStream(der()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /// The same with another chain behind it.
  Identity with(List<byte[]> certificates) {
    return new Identity(alg, key, certificates);
  }

  /// The name that the header gives the algorithm.
  String jose() {
    return alg.startsWith("RSA") ? "PS256" : alg.equals("P-192") ? "ES256" : alg;
  }

  /// A signature as JWS has it.
  byte[] sign(byte[] input) {
    try {
      var signature =
          Signature.getInstance(
              switch (jose()) {
                case "Ed25519" -> "Ed25519";
                case "ES256" -> "SHA256withPLAIN-ECDSA";
                default -> "SHA256withRSAandMGF1";
              },
              BC);
      signature.initSign(key);
      signature.update(input);
      byte[] signed = signature.sign();
      return jose().equals("ES256") && !alg.equals("P-192") ? lower(signed) : signed;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /// Of the two signatures that hold, the one with the lower s.
  private static byte[] lower(byte[] signature) {
    var order = ECNamedCurveTable.getByName("P-256").getN();
    var s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
    byte[] lower = s.min(order.subtract(s)).toByteArray();
    byte[] low = Arrays.copyOf(signature, 64);
    Arrays.fill(low, 32, 64, (byte) 0);
    int from = Math.max(0, lower.length - 32);
    System.arraycopy(lower, from, low, 64 - (lower.length - from), lower.length - from);
    return low;
  }

  private X500Name subject() {
    return X500Name.getInstance(certificate().getSubjectX500Principal().getEncoded());
  }

  private static KeyPair elliptic(String curve) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC", BC);
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  private static String certificateSignature(String alg) {
    return switch (alg) {
      case "Ed25519" -> "Ed25519";
      case "ES256", "P-192" -> "SHA256withECDSA";
      default -> "SHA256withRSA";
    };
  }
}
