package dev.slipway.delivery.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.delivery.device.Devices;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// What devices were answered from, on disk, for an instance that starts while Kafka is away.
///
/// A file of this kind: a magic number with the format's version, the time, the states of apps,
/// bundles and channels in the JSON of their topics, the tables per device, and the SHA-256 of all
/// that. It appears under its name whole or not at all, and is read only if its hash is right. What
/// a later version of the service writes, an earlier one does not read.
///
/// @param at when it was made
public record Snapshot(
    Instant at,
    Collection<AppState> apps,
    Collection<BundleState> bundles,
    Collection<ChannelState> channels,
    Devices devices) {

  private static final long MAGIC_AND_VERSION = 0x534c_4950_494d_4701L;
  private static final int MAX_STATE = 4 << 20;

  /// @throws IOException if the disk does not take it; what was there before is there still
  public void write(Path file) throws IOException {
    var folder = file.toAbsolutePath().getParent();
    if (folder != null) Files.createDirectories(folder);
    var unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
    var sha256 = sha256();
    try (var channel =
            FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        var plain = new BufferedOutputStream(java.nio.channels.Channels.newOutputStream(channel));
        var out = new DataOutputStream(new DigestOutputStream(plain, sha256))) {
      out.writeLong(MAGIC_AND_VERSION);
      out.writeLong(at.toEpochMilli());
      write(out, apps);
      write(out, bundles);
      write(out, channels);
      devices.write(out);
      out.flush();
      plain.write(sha256.digest());
      plain.flush();
      channel.force(true);
    }
    Files.move(
        unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void write(DataOutputStream out, Collection<?> states) throws IOException {
    var all = List.copyOf(states);
    out.writeInt(all.size());
    for (var state : all) {
      byte[] json = Json.LENIENT.writeValueAsBytes(state);
      out.writeInt(json.length);
      out.write(json);
    }
  }

  /// @throws IOException if there is none, or none that this version of the service wrote whole
  public static Snapshot read(Path file) throws IOException {
    var sha256 = sha256();
    try (var plain = new BufferedInputStream(Files.newInputStream(file));
        var in = new DataInputStream(new DigestInputStream(plain, sha256))) {
      if (in.readLong() != MAGIC_AND_VERSION) {
        throw new IOException("no snapshot, or one of another version");
      }
      var at = Instant.ofEpochMilli(in.readLong());
      var apps = read(in, AppState.class);
      var bundles = read(in, BundleState.class);
      var channels = read(in, ChannelState.class);
      var devices = Devices.read(in);
      byte[] expected = sha256.digest();
      if (!MessageDigest.isEqual(expected, plain.readNBytes(expected.length))
          || plain.read() >= 0) {
        throw new IOException("the snapshot is damaged");
      }
      return new Snapshot(at, apps, bundles, channels, devices);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new IOException("the snapshot cannot be understood", e);
    }
  }

  private static <T> List<T> read(DataInputStream in, Class<T> type) throws IOException {
    int count = in.readInt();
    var states = new ArrayList<T>();
    for (int i = 0; i < count; i++) {
      int length = in.readInt();
      if (length < 0 || length > MAX_STATE) throw new IOException("the snapshot is damaged");
      byte[] json = in.readNBytes(length);
      if (json.length < length) throw new IOException("the snapshot ends early");
      states.add(Json.LENIENT.readValue(json, type));
    }
    return states;
  }

  /// What to answer from: baselines only, because what is known may be out of date.
  public Served served(OfferWriter offers) {
    var delta = new ImageDelta(DeliveryImage.EMPTY, offers);
    apps.forEach(delta::replay);
    bundles.forEach(delta::replay);
    channels.forEach(delta::replay);
    return new Served(delta.apply().withRolloutsPaused(true), devices, false);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
