package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.APP_ID_CHARSET;
import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.FORMAT_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.slipway.bundle.StrictJson.JsonObject;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A manifest as JSON: the payload that its publisher signs. */
final class ManifestJson {

  private ManifestJson() {}

  static byte[] write(Manifest manifest) {
    return StrictJson.write(json -> write(manifest, json));
  }

  private static void write(Manifest manifest, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("format", Manifest.FORMAT);
    json.writeStringField("app_id", manifest.appId().text());
    json.writeStringField("publisher_id", manifest.publisherId());
    json.writeStringField("version", manifest.version());
    json.writeNumberField("security_epoch", manifest.securityEpoch());
    json.writeStringField("created", manifest.created().toString());
    json.writeObjectFieldStart("compat");
    json.writeArrayFieldStart("platforms");
    for (String platform : manifest.compat().platforms()) {
      json.writeString(platform);
    }
    json.writeEndArray();
    String nativeMin = manifest.compat().nativeMin();
    if (nativeMin != null) {
      json.writeStringField("native_min", nativeMin);
    }
    json.writeEndObject();
    json.writeObjectFieldStart("enc");
    json.writeStringField("alg", Manifest.ENC_ALG);
    json.writeStringField("cek_commit", manifest.cekCommit().text());
    json.writeArrayFieldStart("recipients");
    for (Recipient recipient : manifest.recipients()) {
      json.writeStartObject();
      json.writeStringField("kid", recipient.kid());
      json.writeStringField("alg", recipient.alg());
      String enc = recipient.enc();
      if (enc != null) {
        json.writeStringField("enc", enc);
      }
      json.writeStringField("ek", recipient.ek());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeFieldName("index");
    write(manifest.index(), json);
    json.writeArrayFieldStart("blobs");
    for (Blob blob : manifest.blobs()) {
      write(blob, json);
    }
    json.writeEndArray();
    json.writeNumberField("total_size", manifest.totalSize());
    CapgoRendition capgo = manifest.capgo();
    if (capgo != null) {
      json.writeObjectFieldStart("capgo");
      json.writeStringField("id", capgo.id().text());
      json.writeNumberField("size", capgo.size());
      json.writeStringField("session_key", capgo.sessionKey());
      json.writeStringField("checksum", capgo.checksum());
      json.writeStringField("key_id", capgo.keyId());
      json.writeStringField("scheme", capgo.scheme());
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void write(Blob blob, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", blob.id().text());
    json.writeNumberField("size", blob.size());
    json.writeEndObject();
  }

  static Manifest read(byte[] payload) {
    JsonObject json = StrictJson.parse(payload);
    if (!json.string("format").equals(Manifest.FORMAT)) {
      throw new BundleException(FORMAT_UNKNOWN).with("pointer", "/format");
    }
    AppId app = appId(json, "app_id");
    String publisher = json.string("publisher_id");
    String version = json.string("version");
    long epoch = json.integer("security_epoch");
    Instant created = created(json);
    Compat compat = compat(json.object("compat"));
    JsonObject enc = json.object("enc");
    if (!enc.string("alg").equals(Manifest.ENC_ALG)) {
      throw new BundleException(BundleException.Reason.ENC_ALG).with("pointer", "/enc/alg");
    }
    Digest commitment = digest(enc, "cek_commit");
    List<Recipient> recipients = new ArrayList<>();
    for (JsonObject recipient : enc.objects("recipients")) {
      recipients.add(
          new Recipient(
              recipient.string("kid"),
              recipient.string("alg"),
              recipient.string("ek"),
              recipient.optionalString("enc").orElse(null)));
      recipient.done();
    }
    enc.done();
    Blob index = blob(json.object("index"));
    List<JsonObject> entries = json.objects("blobs");
    if (entries.size() > Manifest.MAX_BLOBS) {
      throw new BundleException(BundleException.Reason.TOO_MANY_BLOBS)
          .with("blobs", entries.size());
    }
    List<Blob> blobs = new ArrayList<>();
    for (JsonObject entry : entries) {
      blobs.add(blob(entry));
    }
    long total = json.integer("total_size");
    CapgoRendition capgo =
        json.optionalObject("capgo").map(ManifestJson::capgoRendition).orElse(null);
    json.done();
    return new Manifest(
        app,
        publisher,
        version,
        epoch,
        created,
        compat,
        commitment,
        recipients,
        index,
        blobs,
        total,
        capgo);
  }

  private static Instant created(JsonObject json) {
    String text = json.string("created");
    try {
      Instant instant = Instant.parse(text);
      // The one way of writing a second, so that the text can be made again from the value.
      if (instant.toString().equals(text)) {
        return instant;
      }
    } catch (DateTimeException e) {
      throw new BundleException(MEMBER_VALUE, e).with("pointer", json.pointerTo("created"));
    }
    throw new BundleException(MEMBER_VALUE).with("pointer", json.pointerTo("created"));
  }

  private static Compat compat(JsonObject json) {
    Compat compat =
        new Compat(json.strings("platforms"), json.optionalString("native_min").orElse(null));
    json.done();
    return compat;
  }

  private static CapgoRendition capgoRendition(JsonObject json) {
    CapgoRendition capgo =
        new CapgoRendition(
            digest(json, "id"),
            json.integer("size"),
            json.string("session_key"),
            json.string("checksum"),
            json.string("key_id"),
            json.string("scheme"));
    json.done();
    return capgo;
  }

  private static Blob blob(JsonObject json) {
    Digest id = digest(json, "id");
    long size = json.integer("size");
    json.done();
    try {
      return new Blob(id, size);
    } catch (BundleException e) {
      throw e.with("pointer", json.pointerTo("size"));
    }
  }

  static AppId appId(JsonObject json, String name) {
    try {
      return AppId.of(json.string(name));
    } catch (IllegalArgumentException e) {
      throw new BundleException(APP_ID_CHARSET, e).with("pointer", json.pointerTo(name));
    }
  }

  static Digest digest(JsonObject json, String name) {
    try {
      return Digest.parse(json.string(name));
    } catch (IllegalArgumentException e) {
      throw new BundleException(ENCODING, e).with("pointer", json.pointerTo(name));
    }
  }
}
