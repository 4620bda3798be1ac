package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_DIGEST;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PATH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_TOO_LARGE;
import static dev.slipway.bundle.BundleException.Reason.CRIT;
import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.HEADER_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_SET;
import static dev.slipway.bundle.BundleException.Reason.TYP;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * What a signature's protected header says, once it fits the profile.
 *
 * @param role what the signature is for
 * @param leaf the certificate that signed, in canonical base64
 */
record SignatureHeader(Role role, String leaf) {

  /** What a signature is for. */
  enum Role {
    PUBLISHER("publisher"),
    MIGRATION("migration");

    private final String text;

    Role(String text) {
      this.text = text;
    }

    /** The headers that a verifier has to understand. */
    private Set<String> critical() {
      return switch (this) {
        case PUBLISHER -> Set.of("role");
        case MIGRATION -> Set.of("role", "to_x5t#S256");
      };
    }
  }

  static final String ED25519 = "Ed25519";
  static final String TYPE = "slipway-manifest+jws";

  private static final int MAX_CHAIN = 4;

  /** The protected header of a publisher's signature. */
  static byte[] ofPublisher(PublisherCertificate certificate) {
    return StrictJson.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("alg", ED25519);
          json.writeStringField("typ", TYPE);
          json.writeStringField("role", Role.PUBLISHER.text);
          json.writeStringField("x5t#S256", certificate.fingerprint().text());
          json.writeArrayFieldStart("x5c");
          json.writeString(Base64.getEncoder().encodeToString(certificate.der()));
          json.writeEndArray();
          json.writeArrayFieldStart("crit");
          json.writeString("role");
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  static SignatureHeader parse(byte[] header) {
    JsonObject json = StrictJson.parse(header);
    if (!json.string("alg").equals(ED25519)) {
      throw new BundleException(ALG_NOT_ALLOWED);
    }
    if (!json.string("typ").equals(TYPE)) {
      throw new BundleException(TYP);
    }
    Role role = role(json.string("role"));
    Digest fingerprint = ManifestJson.digest(json, "x5t#S256");
    List<String> chain = json.strings("x5c");
    if (role == Role.MIGRATION) {
      ManifestJson.digest(json, "to_x5t#S256");
    }
    List<String> critical = json.has("crit") ? json.strings("crit") : List.of();
    if (critical.size() != role.critical().size()
        || !role.critical().equals(Set.copyOf(critical))) {
      throw new BundleException(CRIT);
    }
    if (!json.names().isEmpty()) {
      throw new BundleException(HEADER_NOT_ALLOWED)
          .with("pointer", json.pointerTo(json.names().get(0)));
    }
    SignatureHeader parsed = new SignatureHeader(role, leaf(chain));
    if (!Digest.sha256(parsed.leafBytes()).equals(fingerprint)) {
      throw new BundleException(CERTIFICATE_DIGEST);
    }
    return parsed;
  }

  /** The certificate that signed, not yet read. */
  byte[] leafBytes() {
    return Base64.getDecoder().decode(leaf);
  }

  private static Role role(String text) {
    for (Role role : Role.values()) {
      if (role.text.equals(text)) {
        return role;
      }
    }
    throw new BundleException(SIGNATURE_SET).with("role", "unknown");
  }

  /** The one certificate of a chain; a leaf that others vouch for is not trusted by anyone yet. */
  private static String leaf(List<String> chain) {
    long characters = chain.stream().mapToLong(String::length).sum();
    if (characters > (PublisherCertificate.MAX_BYTES + 2) / 3 * 4L + 4 * MAX_CHAIN) {
      throw new BundleException(CERTIFICATE_TOO_LARGE).with("characters", characters);
    }
    if (chain.size() != 1) {
      throw new BundleException(CERTIFICATE_PATH).with("certificates", chain.size());
    }
    try {
      byte[] leaf = Base64.getDecoder().decode(chain.get(0));
      if (Base64.getEncoder().encodeToString(leaf).equals(chain.get(0))) {
        return chain.get(0);
      }
    } catch (IllegalArgumentException e) {
      throw new BundleException(ENCODING, e).with("pointer", "/x5c/0");
    }
    throw new BundleException(ENCODING).with("pointer", "/x5c/0");
  }
}
