package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

import dev.slipway.bundle.StrictJson.JsonObject;
import java.nio.charset.StandardCharsets;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;

/**
 * The public half of a {@link HpkeKey}: by it bundles are sealed for somebody who shares no secret
 * with the publisher, such as the safe in which a key of last resort lies.
 *
 * @param kid the id, as recipients in a manifest name it
 * @param x the X25519 public key, 32 bytes in base64url
 */
public record HpkePublicKey(String kid, String x) {

  private static final int MAX_JSON = 1024;

  /** Refuses an id that a manifest cannot name, and what is not 32 bytes. */
  public HpkePublicKey {
    Recipient.requireKid(kid);
    if (bytes(x).length != Recipient.HPKE_ENCAPSULATED) {
      throw new BundleException(KEY_INVALID).with("kid", kid);
    }
  }

  private static byte[] bytes(String x) {
    try {
      return Base64Url.decode(x);
    } catch (IllegalArgumentException e) {
      throw new BundleException(KEY_INVALID, e);
    }
  }

  /** The key as one line of JSON, to hand it to a publisher. */
  public String json() {
    byte[] json =
        StrictJson.write(
            out -> {
              out.writeStartObject();
              out.writeStringField("kid", kid);
              out.writeStringField("alg", Recipient.HPKE);
              out.writeStringField("x", x);
              out.writeEndObject();
            });
    return new String(json, StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #json} wrote.
   *
   * @throws BundleException if the text is no such key
   */
  public static HpkePublicKey parse(String text) {
    if (text.length() > MAX_JSON) {
      throw new BundleException(KEY_INVALID).with("characters", text.length());
    }
    JsonObject json = StrictJson.parse(text.strip().getBytes(StandardCharsets.UTF_8));
    if (!json.string("alg").equals(Recipient.HPKE)) {
      throw new BundleException(KEY_INVALID).with("pointer", "/alg");
    }
    HpkePublicKey key = new HpkePublicKey(json.string("kid"), json.string("x"));
    json.done();
    return key;
  }

  /** The content key, wrapped for the owner of the private half; other bytes each time. */
  Recipient wrap(Secret cek, AppId app) {
    HPKE hpke = Hpke.suite();
    try {
      byte[][] sealed =
          hpke.seal(
              hpke.deserializePublicKey(bytes(x)),
              Hpke.info(),
              Hpke.additional(app, kid),
              cek.bytes(),
              Hpke.noPsk(),
              Hpke.noPsk(),
              null);
      return new Recipient(
          kid, Recipient.HPKE, Base64Url.encode(sealed[0]), Base64Url.encode(sealed[1]));
    } catch (InvalidCipherTextException | RuntimeException e) {
      // A point of low order, with which no secret can be agreed on.
      throw new BundleException(KEY_INVALID, e).with("kid", kid);
    }
  }
}
