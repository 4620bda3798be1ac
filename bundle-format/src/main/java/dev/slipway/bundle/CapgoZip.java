package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CAPGO_OPEN;
import static dev.slipway.bundle.BundleException.Reason.CAPGO_RENDITION;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
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
  private static final int DEFLATE_LEVEL = 6;
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
    List<ZipWriter.Entry> entries = new ArrayList<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      entries.add(describe(file.getKey(), file.getValue()));
    }
    Digest plain = writePlain(files, entries, OutputStream.nullOutputStream());
    byte[] keyAndIv = KeySchedule.capgoKeyAndIv(dataKey, app, plain);
    byte[] key = Arrays.copyOf(keyAndIv, AES_KEY);
    byte[] iv = Arrays.copyOfRange(keyAndIv, AES_KEY, keyAndIv.length);
    try (DigestOutputStream out =
        new DigestOutputStream(
            new BufferedOutputStream(Files.newOutputStream(target), 1 << 16), Digest.newSha256())) {
      try (OutputStream encrypted =
          new CipherOutputStream(new Open(out), cipher(Cipher.ENCRYPT_MODE, key, iv))) {
        if (!writePlain(files, entries, encrypted).equals(plain)) {
          throw new IOException("a file changed while it was being sealed");
        }
      }
      out.flush();
      Base64.Encoder base64 = Base64.getEncoder();
      return new CapgoRendition(
          Digest.of(out.getMessageDigest().digest()),
          Files.size(target),
          base64.encodeToString(iv) + ":" + base64.encodeToString(keys.wrap(key)),
          HexFormat.of().formatHex(keys.wrap(plain.bytes())),
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

  /** Deflates a file once to learn what its headers must say. */
  private static ZipWriter.Entry describe(String path, Path file) throws IOException {
    CRC32 crc = new CRC32();
    Counting compressed = new Counting();
    long size;
    try (InputStream in = new CheckedInputStream(Files.newInputStream(file), crc)) {
      size = deflate(in, compressed);
    }
    boolean smaller = compressed.count < size;
    return new ZipWriter.Entry(
        path,
        smaller ? ZipWriter.DEFLATED : ZipWriter.STORED,
        crc.getValue(),
        smaller ? compressed.count : size,
        size);
  }

  private static Digest writePlain(
      SortedMap<String, Path> files, List<ZipWriter.Entry> entries, OutputStream target)
      throws IOException {
    DigestOutputStream out = new DigestOutputStream(target, Digest.newSha256());
    ZipWriter zip = new ZipWriter(out);
    for (ZipWriter.Entry entry : entries) {
      Path file = files.get(entry.name());
      if (file == null) {
        throw new IllegalArgumentException("no file for " + entry.name());
      }
      zip.add(
          entry,
          data -> {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
              if (entry.method() == ZipWriter.DEFLATED) {
                deflate(in, data);
              } else {
                in.transferTo(data);
              }
            }
          });
    }
    zip.finish();
    return Digest.of(out.getMessageDigest().digest());
  }

  private static long deflate(InputStream in, OutputStream out) throws IOException {
    Deflater deflater = new Deflater(DEFLATE_LEVEL, true);
    try {
      DeflaterOutputStream deflated = new DeflaterOutputStream(out, deflater, 1 << 13);
      long size = in.transferTo(deflated);
      deflated.finish();
      return size;
    } finally {
      deflater.end();
    }
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

  private static final class Counting extends OutputStream {

    private long count;

    @Override
    public void write(int b) {
      count++;
    }

    @Override
    public void write(byte[] buffer, int offset, int length) {
      count += length;
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
