package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.delivery.Samples;
import dev.slipway.delivery.decide.UpdateRules;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.protocol.Answers;
import dev.slipway.delivery.protocol.DeviceBody;
import dev.slipway.delivery.protocol.FileSizes;
import dev.slipway.delivery.protocol.Members;
import dev.slipway.delivery.protocol.Read;
import dev.slipway.delivery.protocol.Requests;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Random bodies over the three device endpoints: none gives a server error, none shows the inside
/// of the server, and what they leave behind is bounded.
class DeviceFuzzTest {

  private static final String APP = "com.demo.app";
  private static final int OVER_HTTP = 40_000;
  private static final int PARSED = 260_000;
  private static final int AT_ONCE = 50;
  private static final int RING = 500;

  private static final String[] NAMES = {
    "app_id",
    "device_id",
    "platform",
    "version_build",
    "version_name",
    "old_version_name",
    "plugin_version",
    "is_emulator",
    "is_prod",
    "defaultChannel",
    "channel",
    "key_id",
    "install_source",
    "action",
    "timestamp",
    "version",
    "version_os",
    "custom_id",
    "manifest",
    "metadata",
    "x",
    "",
    "\\u0000",
    "__proto__",
    "file_name",
    "file_hash"
  };
  private static final String[] VALUES = {
    "\"com.demo.app\"",
    "\"00009a6b-eefe-490a-9c60-8e965132ae51\"",
    "\"android\"",
    "\"ios\"",
    "\"electron\"",
    "\"1.0.0\"",
    "\"builtin\"",
    "\"1.0.1\"",
    "\"1.1.0:index.html\"",
    "\"8.51.23\"",
    "\"7.9.0\"",
    "\"0.0.1\"",
    "\"4.1.0\"",
    "\"\"",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e999",
    "1795357207222",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "[]",
    "{}",
    "[{}]",
    "{\"a\":[null,{\"b\":1}]}",
    "\"update_fail\"",
    "\"finish_download_fail\"",
    "\"set\"",
    "\"unset\"",
    "\"list\"",
    "\"production\"",
    "\"beta\"",
    "\"..\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"${jndi:ldap://x}\"",
    "\"<script>\"",
    "\"'; DROP TABLE x\"",
    "\"=1+1\"",
    "\"\\r\\nSet-Cookie: a\"",
    "\"99999999999.0.0\"",
    "\"1.0.0-\"",
    "\"1.0.0-alpha.01+x\"",
    "\"MIIBCgKCAQEAbbbbbbbb\"",
    "\"\u0661.\u0660\"",
    "[{\"file_name\":\"a\",\"file_hash\":\"b\"}]"
  };
  private static final String GOOD =
      "{\"platform\":\"android\",\"device_id\":\"00009a6b-eefe-490a-9c60-8e965132ae51\","
          + "\"app_id\":\"com.demo.app\",\"version_build\":\"1.0.0\",\"version_name\":\"builtin\","
          + "\"plugin_version\":\"8.51.23\",\"is_emulator\":false,\"is_prod\":true,"
          + "\"defaultChannel\":\"\",\"key_id\":\"MIIBCgKCAQEAbbbbbbbb\",\"action\":\"update_fail\","
          + "\"channel\":\"production\",\"version\":\"1.0.1\",\"timestamp\":1795357207222}";

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @Test
  void neverGivesAServerErrorOverHttp() throws Exception {
    System.out.println("seed " + seed);
    try (var routes = new RoutesOnImage(RING)) {
      routes.image = Optional.of(image());
      try (var socket = new Socket(routes.base.getHost(), routes.base.getPort())) {
        socket.setTcpNoDelay(true);
        var out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
        var in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        var sent = new byte[AT_ONCE][];
        long before = 0;
        for (int done = 0; done < OVER_HTTP; done += AT_ONCE) {
          if (done == OVER_HTTP / 4) before = liveHeap();
          for (int i = 0; i < AT_ONCE; i++) out.write(sent[i] = request());
          out.flush();
          for (int i = 0; i < AT_ONCE; i++) check(in, sent[i]);
        }
        // Sketches of fleets and what the ring holds may still have grown; 200 bytes of each
        // request would be seen.
        assertThat(liveHeap() - before).isLessThan(6L << 20);
      }
      assertThat(routes.ring.size()).isLessThanOrEqualTo(RING);
    }
  }

  /// What is reachable, in bytes.
  private static long liveHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void readsDecidesAndAnswersWithoutAnException() {
    System.out.println("seed " + seed);
    var image = image();
    var devices = new Devices(seed);
    for (int i = 0; i < PARSED; i++) {
      byte[] body = body();
      try {
        FileSizes.read(body);
        switch (DeviceBody.read(body)) {
          case DeviceBody.One(var members) -> use(members, image, devices);
          case DeviceBody.Many(var items) ->
              items.forEach(
                  item -> {
                    if (item != null) use(item, image, devices);
                  });
          case DeviceBody.Other _, DeviceBody.TooMany _, DeviceBody.NotJson _ -> {}
        }
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + Arrays.toString(body), e);
      }
    }
  }

  private static void use(Members members, DeliveryImage image, Devices devices) {
    if (Requests.updateQuery(members) instanceof Read.Valid(var query)) {
      assertThat(Answers.decision(UpdateRules.decide(image, devices, query, 1_800_000_000L)))
          .isNotNull();
    }
    Requests.report(members);
    Requests.channelCall(members);
    Requests.listCall(members);
  }

  private byte[] request() {
    byte[] body = body();
    int endpoint = random.nextInt(7);
    if (endpoint >= 5) {
      var query = new StringBuilder("?");
      for (int i = random.nextInt(10); i >= 0; i--) {
        var value = pick(VALUES).replace("\"", "");
        query
            .append(URLEncoder.encode(pick(NAMES), StandardCharsets.UTF_8))
            .append('=')
            .append(
                random.nextInt(10) == 0 ? "%zz" : URLEncoder.encode(value, StandardCharsets.UTF_8))
            .append('&');
      }
      return ((endpoint == 5 ? "GET" : "DELETE")
              + " /channel_self"
              + query
              + " HTTP/1.1\r\nHost: x\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII);
    }
    var head =
        switch (endpoint) {
          case 0 -> "POST /updates";
          case 1 -> "POST /stats";
          case 2 -> "POST /channel_self";
          case 3 -> "PUT /channel_self";
          default -> "POST /updates/manifest_size";
        };
    byte[] start =
        (head + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    var whole = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, whole, start.length, body.length);
    return whole;
  }

  private byte[] body() {
    return switch (random.nextInt(6)) {
      case 0, 1 -> damaged(GOOD);
      case 2 -> changed().getBytes(StandardCharsets.UTF_8);
      case 3 ->
          ("[" + changed() + "," + changed() + "," + pick(VALUES) + "]")
              .getBytes(StandardCharsets.UTF_8);
      case 4 -> any(4).getBytes(StandardCharsets.UTF_8);
      default -> {
        var noise = new byte[random.nextInt(300)];
        random.nextBytes(noise);
        yield noise;
      }
    };
  }

  private byte[] damaged(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = random.nextInt(5); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  /// A good body with some members of other values, or twice.
  private String changed() {
    var text = new StringBuilder(GOOD);
    for (int i = random.nextInt(4); i >= 0; i--) {
      text.insert(text.length() - 1, ",\"" + pick(NAMES) + "\":" + pick(VALUES));
    }
    return text.toString();
  }

  private String any(int depth) {
    if (depth == 0 || random.nextInt(3) == 0) return pick(VALUES);
    var text = new StringBuilder();
    boolean object = random.nextInt(3) > 0;
    text.append(object ? '{' : '[');
    for (int i = random.nextInt(6); i > 0; i--) {
      if (object) text.append('"').append(pick(NAMES)).append("\":");
      text.append(any(depth - 1));
      if (i > 1) text.append(',');
    }
    return text.append(object ? '}' : ']').toString();
  }

  private String pick(String[] from) {
    return from[random.nextInt(from.length)];
  }

  private void check(InputStream in, byte[] request) throws IOException {
    var status = line(in);
    int length = 0;
    for (var header = line(in); !header.isEmpty(); header = line(in)) {
      if (header.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(15).strip());
      }
    }
    var body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    var what = "seed " + seed + " request " + new String(request, StandardCharsets.UTF_8);
    assertThat(status).as(what).startsWith("HTTP/1.1 ").doesNotStartWith("HTTP/1.1 5");
    assertThat(body).as(what).doesNotContain("Exception", "\tat ", "dev.slipway");
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) throw new IOException("the server hung up");
      if (c != '\r') line.append((char) c);
    }
    return line.toString();
  }

  private static DeliveryImage image() {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.openApp(APP));
    delta.replay(Samples.bundle(APP, "1.0.1"));
    delta.replay(Samples.channel(APP, "production", 1, "1.0.1"));
    return delta.apply();
  }
}
