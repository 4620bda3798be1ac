package dev.slipway.bundle;

import static dev.slipway.bundle.Hkdf.expand;
import static dev.slipway.bundle.Hkdf.zeroSeparated;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * How every key and salt of a bundle follows from the app's data key and the content. Equal bytes
 * give an equal blob; different bytes never share key and nonce, whatever a random generator does.
 */
final class KeySchedule {

  static final int SALT = 24;
  private static final int CAPGO_KEY_AND_IV = 32;

  private KeySchedule() {}

  /** The content key of a version. It opens the index; other content has another one. */
  static Secret cek(Secret dataKey, AppId app, String version, Digest index) {
    return Secret.of(
        expand(dataKey, zeroSeparated("slipway/1 cek", app, version, index.bytes()), Secret.BYTES));
  }

  static Secret indexKey(Secret cek) {
    return Secret.of(expand(cek, zeroSeparated("slipway/1 index"), Secret.BYTES));
  }

  static byte[] indexSalt(Secret cek, Digest index) {
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    info.writeBytes("slipway/1 index salt".getBytes(StandardCharsets.UTF_8));
    info.writeBytes(index.bytes());
    return expand(cek, info.toByteArray(), SALT);
  }

  static byte[] indexContext(AppId app, String version) {
    return zeroSeparated("slipway/1 index", app, version);
  }

  /** What the manifest says about the content key, so that all recipients get the same one. */
  static Digest cekCommit(Secret cek) {
    return Digest.of(expand(cek, zeroSeparated("slipway/1 commit"), Digest.BYTES));
  }

  static Secret fileKey(Secret dataKey, AppId app, Digest plain) {
    return fileKey(new Hkdf(), dataKey, app, plain);
  }

  static Secret fileKey(Hkdf hkdf, Secret dataKey, AppId app, Digest plain) {
    return Secret.of(
        hkdf.derive(dataKey, zeroSeparated("slipway/1 file", app, plain.bytes()), Secret.BYTES));
  }

  static byte[] fileSalt(Secret dataKey, AppId app, Digest plain) {
    return fileSalt(new Hkdf(), dataKey, app, plain);
  }

  static byte[] fileSalt(Hkdf hkdf, Secret dataKey, AppId app, Digest plain) {
    return hkdf.derive(dataKey, zeroSeparated("slipway/1 salt", app, plain.bytes()), SALT);
  }

  static byte[] fileContext(AppId app) {
    return zeroSeparated("slipway/1 file", app);
  }

  static Secret publisherKey(Secret dataKey) {
    return Secret.of(expand(dataKey, zeroSeparated("slipway/1 publisher"), Secret.BYTES));
  }

  /** AES-128 key and IV of the Capgo rendition, 16 bytes each, from the plain zip. */
  static byte[] capgoKeyAndIv(Secret dataKey, AppId app, Digest plainZip) {
    return expand(
        dataKey, zeroSeparated("slipway/1 capgo", app, plainZip.bytes()), CAPGO_KEY_AND_IV);
  }
}
