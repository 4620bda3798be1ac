package dev.slipway.delivery.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleState;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/// Writes the stock plugin's offers of a bundle, once per bundle. Nobody writes to the buffers,
/// which are not read-only ones because those are copied for each answer.
///
/// @param publicUrl where devices reach this service
public record OfferWriter(URI publicUrl) {

  public OfferWriter {
    if (!publicUrl.isAbsolute()) {
      throw new IllegalArgumentException("slipway.public-url is not an absolute address");
    }
    publicUrl = URI.create(publicUrl.toString().replaceAll("/+$", ""));
  }

  /// Where devices fetch a blob.
  String address(AppId app, Digest id) {
    return publicUrl + "/v1/apps/" + app + "/blobs/" + id;
  }

  BundleImage.Offers write(BundleState bundle, BundleState.Capgo capgo, @Nullable FileList files) {
    var metadata = bundle.metadata();
    boolean shows = metadata != null && (metadata.link() != null || metadata.comment() != null);
    var zip = capgo.id() == null ? null : write(bundle, capgo, null, null);
    var list = files == null ? null : write(bundle, capgo, null, files);
    return new BundleImage.Offers(
        zip,
        zip == null || !shows ? zip : write(bundle, capgo, metadata, null),
        list,
        list == null || !shows ? list : write(bundle, capgo, metadata, files));
  }

  private ByteBuffer write(
      BundleState bundle,
      BundleState.Capgo capgo,
      BundleState.@Nullable Metadata metadata,
      @Nullable FileList files) {
    var offer = new LinkedHashMap<String, String>();
    offer.put("version", bundle.version().text());
    // The plugin wants an address even where it fetches file by file.
    offer.put("url", address(bundle.appId(), capgo.id() == null ? bundle.manifest() : capgo.id()));
    offer.put("session_key", capgo.sessionKey());
    // The Electron updater reads this name; the others rename session_key to it.
    offer.put("sessionKey", capgo.sessionKey());
    offer.put("checksum", capgo.checksum());
    if (metadata != null) {
      if (metadata.link() != null) offer.put("link", metadata.link());
      if (metadata.comment() != null) offer.put("comment", metadata.comment());
    }
    try {
      byte[] head = Json.LENIENT.writeValueAsBytes(offer);
      return files == null ? ByteBuffer.wrap(head) : with(head, files);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("an offer that cannot be written", e);
    }
  }

  /// The list of files is long and written already.
  private static ByteBuffer with(byte[] head, FileList files) {
    byte[] name = ",\"manifest\":".getBytes(StandardCharsets.US_ASCII);
    var list = files.json().duplicate();
    var whole = ByteBuffer.allocate(head.length + name.length + list.remaining());
    whole.put(head, 0, head.length - 1).put(name).put(list).put((byte) '}').flip();
    return whole;
  }
}
