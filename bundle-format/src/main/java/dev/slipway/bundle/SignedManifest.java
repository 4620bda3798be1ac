package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.MANIFEST_NOT_CANONICAL;
import static dev.slipway.bundle.BundleException.Reason.MANIFEST_TOO_LARGE;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_MISSING;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_SET;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The JWS around a manifest, taken apart and not yet believed: general JSON serialisation (RFC
 * 7515) in its one canonical form, so that no bit outside the signature can change either.
 */
record SignedManifest(String payload, List<Signature> signatures) {

  private static final int MAX_SIGNATURES = 2;

  /** One signature: its protected header and its bytes, both still in base64url. */
  record Signature(String header, String signature) {

    byte[] headerBytes() {
      return decode(header, "protected");
    }

    byte[] signatureBytes() {
      return decode(signature, "signature");
    }

    /** The bytes that are signed, exactly as received. */
    byte[] signingInput(String payload) {
      return (header + "." + payload).getBytes(StandardCharsets.US_ASCII);
    }
  }

  static SignedManifest parse(byte[] jws) {
    if (jws.length > Manifest.MAX_BYTES) {
      throw new BundleException(MANIFEST_TOO_LARGE).with("bytes", jws.length);
    }
    JsonObject json = StrictJson.parse(jws);
    String payload = json.string("payload");
    List<JsonObject> entries = json.objects("signatures");
    json.done();
    if (entries.isEmpty()) {
      throw new BundleException(SIGNATURE_MISSING);
    }
    if (entries.size() > MAX_SIGNATURES) {
      throw new BundleException(SIGNATURE_SET).with("signatures", entries.size());
    }
    List<Signature> signatures = new ArrayList<>();
    for (JsonObject entry : entries) {
      signatures.add(new Signature(entry.string("protected"), entry.string("signature")));
      entry.done();
    }
    SignedManifest parsed = new SignedManifest(payload, signatures);
    parsed.payloadBytes();
    signatures.forEach(Signature::headerBytes);
    signatures.forEach(Signature::signatureBytes);
    if (!Arrays.equals(parsed.write(), jws)) {
      throw new BundleException(MANIFEST_NOT_CANONICAL);
    }
    return parsed;
  }

  byte[] write() {
    return StrictJson.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("payload", payload);
          json.writeArrayFieldStart("signatures");
          for (Signature signature : signatures) {
            json.writeStartObject();
            json.writeStringField("protected", signature.header());
            json.writeStringField("signature", signature.signature());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  byte[] payloadBytes() {
    return decode(payload, "payload");
  }

  private static byte[] decode(String base64Url, String member) {
    try {
      return Base64Url.decode(base64Url);
    } catch (IllegalArgumentException e) {
      throw new BundleException(ENCODING, e).with("pointer", "/" + member);
    }
  }
}
