package dev.slipway.kit.http;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.quarkus.vertx.VertxOptionsCustomizer;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/// Ends connections whose request's headers do not come to an end within
/// `slipway.http.header-timeout` (10 s), be it the first on the connection or a later one, and
/// refuses a request that says its length twice, by `Content-Length` and by `Transfer-Encoding`.
/// Vert.x has neither: its timeouts start anew with each byte, and of two lengths it takes one.
///
/// Netty finds it as a service, and is told to look for one before the first connection of any
/// kind. Requests that arrive in one piece, which is nearly all, start no timer.
public final class SlowHeaders extends ChannelInitializerExtension {

  private static final Duration USUAL = Duration.ofSeconds(10);
  private static volatile HttpServerOptions options = new HttpServerOptions();

  private final long nanos =
      ConfigProvider.getConfig()
          .getOptionalValue("slipway.http.header-timeout", Duration.class)
          .orElse(USUAL)
          .toNanos();

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    channel.pipeline().addFirst(new Watch(nanos));
  }

  /// Makes Netty look for the extension.
  @Singleton
  public static class Switch implements VertxOptionsCustomizer {
    @Override
    public void accept(VertxOptions options) {
      System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
    }
  }

  /// Keeps to HTTP/1.1 in the clear, whose decoder stands in the pipeline from the beginning.
  /// HTTP/2 is spoken by the proxy in front.
  @Singleton
  public static class Plain implements HttpServerOptionsCustomizer {
    @Override
    public void customizeHttpServer(HttpServerOptions server) {
      server.setHttp2ClearTextEnabled(false);
      options = new HttpServerOptions(server);
    }
  }

  /// Stands before the decoder and holds the stopwatch. All on the connection's own thread.
  private static final class Watch extends ChannelInboundHandlerAdapter {

    private final long nanos;
    private @Nullable Progress progress;
    private boolean armed;
    private boolean removed;

    Watch(long nanos) {
      this.nanos = nanos;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
      arm(context);
      super.channelActive(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
      if (progress == null) {
        var decoder = context.pipeline().context(HttpRequestDecoder.class);
        if (decoder == null) {
          // TLS, or no HTTP at all: not this class's business.
          removed = true;
          context.fireChannelRead(bytes);
          context.pipeline().remove(this);
          return;
        }
        progress = new Progress();
        context.pipeline().addAfter(decoder.name(), null, progress);
        context.pipeline().replace(decoder.handler(), decoder.name(), new StrictDecoder(options));
      }
      if (!progress.withinRequest) progress.withinHeaders = true;
      super.channelRead(context, bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
      if (progress != null && progress.withinHeaders && !armed) arm(context);
      super.channelReadComplete(context);
    }

    private void arm(ChannelHandlerContext context) {
      armed = true;
      long request = progress == null ? 0 : progress.requests;
      context.executor().schedule(() -> look(context, request), nanos, TimeUnit.NANOSECONDS);
    }

    /// @param request how many had begun when the time began
    private void look(ChannelHandlerContext context, long request) {
      armed = false;
      if (removed) return;
      if (progress == null || (progress.withinHeaders && progress.requests == request)) {
        context.close();
      } else if (progress.withinHeaders) {
        arm(context);
      }
    }
  }

  /// Stands behind the decoder and sees how far requests have come.
  private static final class Progress extends ChannelDuplexHandler {

    private long requests;
    private boolean withinHeaders;
    private boolean withinRequest;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      if (message instanceof HttpRequest) {
        requests++;
        withinHeaders = false;
        withinRequest = true;
      }
      if (message instanceof LastHttpContent) withinRequest = false;
      super.channelRead(context, message);
    }
  }

  private static final class StrictDecoder extends VertxHttpRequestDecoder {

    StrictDecoder(HttpServerOptions options) {
      super(options);
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
      throw new IllegalArgumentException("a body has one length");
    }
  }
}
