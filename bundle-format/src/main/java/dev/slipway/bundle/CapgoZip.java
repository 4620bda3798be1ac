package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CAPGO_OPEN;
import static dev.slipway.bundle.BundleException.Reason.CAPGO_RENDITION;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import javax.crypto.Cipher;
import javax.crypto.CipherOutputStream;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Bundles as the stock Capgo plugin takes them (scheme V3): a zip under AES-128-CBC, its key and
 * its SHA-256 wrapped by the publisher's RSA key.
 *
 * <p>Key and IV follow from the app's data key and the plain zip: the same zip is encrypted to the
 * same bytes, another zip under another key.
 */
public final class CapgoZip {

  private static final int AES_KEY = 16;
  private static final String START_PAGE = "index.html";

  private CapgoZip() {}

  /**
   * Makes the rendition of some files.
   *
   * @param files the files by path
   * @param target the file that the encrypted zip is written to
   */
  static CapgoRendition make(
      SortedMap<String, Path> files, AppId app, Secret dataKey, CapgoKeys keys, Path target)
      throws IOException {
    if (!files.containsKey(START_PAGE)) {
      // The plugin unpacks such a zip and then fails to start it.
      throw new BundleException(CAPGO_RENDITION).with("missing", START_PAGE);
    }
    Path folder = Objects.requireNonNull(target.toAbsolutePath().getParent(), "a file's folder");
    try (CapgoDeflated deflated = new CapgoDeflated(folder)) {
      return make(deflated.pack(files), app, dataKey, keys, target);
    }
  }

  private static CapgoRendition make(
      List<CapgoDeflated.Packed> files, AppId app, Secret dataKey, CapgoKeys keys, Path target)
      throws IOException {
    // Key and IV follow from the whole plain zip, so that it is gone through twice.
    DigestOutputStream plain =
        new DigestOutputStream(OutputStream.nullOutputStream(), Digest.newSha256());
    writePlain(files, plain);
    Digest digest = Digest.of(plain.getMessageDigest().digest());
    byte[] keyAndIv = KeySchedule.capgoKeyAndIv(dataKey, app, digest);
    byte[] key = Arrays.copyOf(keyAndIv, AES_KEY);
    byte[] iv = Arrays.copyOfRange(keyAndIv, AES_KEY, keyAndIv.length);
    try (DigestOutputStream out =
        new DigestOutputStream(
            new BufferedOutputStream(Files.newOutputStream(target), 1 << 16), Digest.newSha256())) {
      try (OutputStream encrypted =
          new BufferedOutputStream(
              new CipherOutputStream(new Open(out), cipher(Cipher.ENCRYPT_MODE, key, iv)),
              1 << 16)) {
        writePlain(files, encrypted);
      }
      out.flush();
      Base64.Encoder base64 = Base64.getEncoder();
      return new CapgoRendition(
          Digest.of(out.getMessageDigest().digest()),
          Files.size(target),
          base64.encodeToString(iv) + ":" + base64.encodeToString(keys.wrap(key)),
          HexFormat.of().formatHex(keys.wrap(digest.bytes())),
          keys.publicKey().keyId(),
          CapgoRendition.V3);
    }
  }

  /**
   * Opens an encrypted zip as the plugin does, for devices that are simulated and for tests.
   *
   * @param encrypted the encrypted zip
   * @param key the public key in the app
   * @param sessionKey the {@code session_key} of the offer
   * @param checksum the {@code checksum} of the offer
   * @return the plain zip, its SHA-256 verified
   * @throws BundleException if anything does not fit
   */
  public static byte[] open(
      byte[] encrypted, CapgoPublicKey key, String sessionKey, String checksum) {
    int colon = sessionKey.indexOf(':');
    if (colon < 0) {
      throw new BundleException(CAPGO_OPEN).with("pointer", "session_key");
    }
    try {
      byte[] iv = Base64.getDecoder().decode(sessionKey.substring(0, colon));
      byte[] wrappedKey = Base64.getDecoder().decode(sessionKey.substring(colon + 1));
      byte[] wrappedDigest = HexFormat.of().parseHex(checksum);
      byte[] aesKey = key.unwrap(wrappedKey, AES_KEY);
      byte[] digest = key.unwrap(wrappedDigest, Digest.BYTES);
      byte[] plain = cipher(Cipher.DECRYPT_MODE, aesKey, iv).doFinal(encrypted);
      if (!Digest.sha256(plain).equals(Digest.of(digest))) {
        throw new BundleException(CAPGO_OPEN).with("pointer", "checksum");
      }
      return plain;
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      throw new BundleException(CAPGO_OPEN, e);
    }
  }

  private static void writePlain(List<CapgoDeflated.Packed> files, OutputStream target)
      throws IOException {
    ZipWriter zip = new ZipWriter(target);
    for (CapgoDeflated.Packed file : files) {
      zip.add(file.entry(), file::writeTo);
    }
    zip.finish();
  }

  private static Cipher cipher(int mode, byte[] key, byte[] iv) {
    try {
      Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
      cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
      return cipher;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("this is not an AES key and IV", e);
    }
  }

  /** Stays open when the stream around it closes. */
  private static final class Open extends FilterOutputStream {

    Open(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      out.write(buffer, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
