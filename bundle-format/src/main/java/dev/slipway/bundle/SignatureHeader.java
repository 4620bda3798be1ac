package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_DIGEST;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PATH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;
import static dev.slipway.bundle.BundleException.Reason.CRIT;
import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.HEADER_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_SET;
import static dev.slipway.bundle.BundleException.Reason.TYP;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the protected header of a publisher's signature says, once it fits the profile.
 *
 * @param role what the signature is for
 * @param algorithm how it was made
 * @param certificates the signer's certificate in canonical base64, followed by its issuers; not
 *     yet read
 * @param to the certificate that the signer hands over to; only in the role of migration
 */
record SignatureHeader(
    Role role, SignatureAlgorithm algorithm, List<String> certificates, @Nullable Digest to) {

  /** What a signature is for. */
  enum Role {
    /** "I publish this." */
    PUBLISHER("publisher"),

    /** "And my successor is the one who publishes it." */
    MIGRATION("migration"),

    /** Of a delegation, which knows one kind of signature and so names none. */
    DELEGATION("");

    private final String text;

    Role(String text) {
      this.text = text;
    }

    /** The headers that a verifier has to understand. */
    private Set<String> critical() {
      return switch (this) {
        case PUBLISHER -> Set.of("role");
        case MIGRATION -> Set.of("role", "to_x5t#S256");
        case DELEGATION -> Set.of();
      };
    }
  }

  static final String MANIFEST_TYPE = "slipway-manifest+jws";
  static final String DELEGATION_TYPE = "slipway-delegation+jws";

  /** The protected header of a publisher's signature over a manifest. */
  static byte[] ofPublisher(SignatureAlgorithm algorithm, CertificateChain chain) {
    return write(algorithm, chain, Role.PUBLISHER, null);
  }

  /** The protected header by which a former certificate hands over to another one. */
  static byte[] ofMigration(SignatureAlgorithm algorithm, CertificateChain chain, Digest to) {
    return write(algorithm, chain, Role.MIGRATION, to);
  }

  /** The protected header of a publisher's signature over a delegation. */
  static byte[] ofDelegation(SignatureAlgorithm algorithm, CertificateChain chain) {
    return write(algorithm, chain, Role.DELEGATION, null);
  }

  private static byte[] write(
      SignatureAlgorithm algorithm, CertificateChain chain, Role role, @Nullable Digest to) {
    return StrictJson.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("alg", algorithm.jose());
          boolean delegation = role == Role.DELEGATION;
          json.writeStringField("typ", delegation ? DELEGATION_TYPE : MANIFEST_TYPE);
          if (!delegation) {
            json.writeStringField("role", role.text);
          }
          json.writeStringField("x5t#S256", chain.leaf().fingerprint().text());
          json.writeArrayFieldStart("x5c");
          for (byte[] der : chain.der()) {
            json.writeString(Base64.getEncoder().encodeToString(der));
          }
          json.writeEndArray();
          if (to != null) {
            json.writeStringField("to_x5t#S256", to.text());
          }
          writeCritical(role, json);
          json.writeEndObject();
        });
  }

  private static void writeCritical(Role role, JsonGenerator json) throws IOException {
    if (role == Role.DELEGATION) {
      // RFC 7515 forbids an empty list.
      return;
    }
    json.writeArrayFieldStart("crit");
    json.writeString("role");
    if (role == Role.MIGRATION) {
      json.writeString("to_x5t#S256");
    }
    json.writeEndArray();
  }

  /** Reads the header of a signature over a manifest. */
  static SignatureHeader parse(byte[] header) {
    return parse(header, MANIFEST_TYPE);
  }

  /** Reads the header of the signature over a delegation. */
  static SignatureHeader parseDelegation(byte[] header) {
    return parse(header, DELEGATION_TYPE);
  }

  private static SignatureHeader parse(byte[] header, String type) {
    JsonObject json = StrictJson.parse(header);
    SignatureAlgorithm algorithm = SignatureAlgorithm.of(json.string("alg"));
    if (!json.string("typ").equals(type)) {
      throw new BundleException(TYP).with("expected", type);
    }
    Role role = type.equals(DELEGATION_TYPE) ? Role.DELEGATION : role(json.string("role"));
    Digest fingerprint = ManifestJson.digest(json, "x5t#S256");
    List<String> chain = json.strings("x5c");
    Digest to = role == Role.MIGRATION ? ManifestJson.digest(json, "to_x5t#S256") : null;
    List<String> critical = json.has("crit") ? json.strings("crit") : List.of();
    if (critical.size() != role.critical().size()
        || !role.critical().equals(Set.copyOf(critical))) {
      throw new BundleException(CRIT);
    }
    if (!json.names().isEmpty()) {
      throw new BundleException(HEADER_NOT_ALLOWED)
          .with("pointer", json.pointerTo(json.names().get(0)));
    }
    requireChain(chain);
    SignatureHeader parsed = new SignatureHeader(role, algorithm, List.copyOf(chain), to);
    if (!Digest.sha256(parsed.der().get(0)).equals(fingerprint)) {
      throw new BundleException(CERTIFICATE_DIGEST);
    }
    return parsed;
  }

  /** The certificates, not yet read, leaf first. */
  List<byte[]> der() {
    return certificates.stream()
        .map(certificate -> Base64.getDecoder().decode(certificate))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Role role(String text) {
    for (Role role : List.of(Role.PUBLISHER, Role.MIGRATION)) {
      if (role.text.equals(text)) {
        return role;
      }
    }
    throw new BundleException(SIGNATURE_SET).with("role", "unknown");
  }

  /** Refuses what is too much, or not canonical base64, before a certificate is looked at. */
  private static void requireChain(List<String> chain) {
    long characters = chain.stream().mapToLong(String::length).sum();
    if (characters
        > (PublisherCertificate.MAX_BYTES + 2) / 3 * 4L + 4 * CertificateChain.MAX_CERTIFICATES) {
      throw new BundleException(CERTIFICATE_TOO_LARGE).with("characters", characters);
    }
    if (chain.isEmpty() || chain.size() > CertificateChain.MAX_CERTIFICATES) {
      throw new BundleException(CERTIFICATE_PATH).with("certificates", chain.size());
    }
    for (int i = 0; i < chain.size(); i++) {
      if (!isCanonicalBase64(chain.get(i))) {
        throw new BundleException(ENCODING).with("pointer", "/x5c/" + i);
      }
    }
  }

  private static boolean isCanonicalBase64(String text) {
    try {
      return Base64.getEncoder().encodeToString(Base64.getDecoder().decode(text)).equals(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
