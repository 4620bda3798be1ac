package dev.slipway.ingest.storage;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Sends large files to a store without TLS, each on a connection of its own: the kernel passes its
/// own pages on, and no byte goes through this process. For many threads.
final class FileSender implements AutoCloseable {

  private static final String PLAIN = "http";
  private static final int HTTP_PORT = 80;
  private static final int THREADS = 2;

  private final EventLoopGroup threads =
      new NioEventLoopGroup(THREADS, new DefaultThreadFactory("file-sender", true));
  private final Bootstrap bootstrap;

  FileSender(Duration connectTimeout) {
    bootstrap =
        new Bootstrap()
            .group(threads)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) connectTimeout.toMillis());
  }

  /// Whether it can send to this address: one without TLS, and with no proxy before it.
  static boolean takes(URI address) {
    return PLAIN.equalsIgnoreCase(address.getScheme())
        && address.getHost() != null
        && isDirect(address);
  }

  private static boolean isDirect(URI address) {
    var proxies = ProxySelector.getDefault();
    return proxies == null || proxies.select(address).equals(List.of(Proxy.NO_PROXY));
  }

  /// Sends a file as the body of a PUT.
  ///
  /// @param timeout for all of it
  /// @return the status of the answer, which may come before all bytes were sent
  /// @throws ConnectException if the store is away
  /// @throws HttpTimeoutException if it did not answer in time
  /// @throws IOException if the connection broke
  int put(URI address, Map<String, String> headers, Path file, Duration timeout)
      throws IOException, InterruptedException {
    var answer = new CompletableFuture<Integer>();
    int port = address.getPort() < 0 ? HTTP_PORT : address.getPort();
    // The region closes it, sent or not.
    var channel = FileChannel.open(file);
    ChannelFuture connecting;
    try {
      var region = new DefaultFileRegion(channel, 0, channel.size());
      var request = request(address, headers, channel.size());
      connecting =
          bootstrap
              .clone()
              .handler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel connection) {
                      connection
                          .pipeline()
                          .addLast(new HttpClientCodec(), new Exchange(request, region, answer));
                    }
                  })
              .connect(address.getHost(), port);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            answer.completeExceptionally(done.cause());
            channel.close();
          }
        });
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectException away) throw away;
      throw new IOException("a file could not be sent to the store", e.getCause());
    } catch (TimeoutException _) {
      throw new HttpTimeoutException("the store took longer than " + timeout);
    } finally {
      connecting.channel().close();
    }
  }

  private static DefaultHttpRequest request(URI address, Map<String, String> headers, long size) {
    String target =
        address.getRawPath() + (address.getRawQuery() == null ? "" : "?" + address.getRawQuery());
    var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.PUT, target);
    headers.forEach(request.headers()::set);
    request
        .headers()
        .set(HttpHeaderNames.HOST, address.getRawAuthority())
        .set(HttpHeaderNames.CONTENT_LENGTH, size)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    return request;
  }

  @Override
  public void close() {
    threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /// One request and its answer.
  private static final class Exchange extends SimpleChannelInboundHandler<HttpObject> {

    private final DefaultHttpRequest request;
    private final DefaultFileRegion file;
    private final CompletableFuture<Integer> answer;

    Exchange(
        DefaultHttpRequest request, DefaultFileRegion file, CompletableFuture<Integer> answer) {
      this.request = request;
      this.file = file;
      this.answer = answer;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.write(request);
      context.write(file);
      // A store that answers early may stop reading: its answer counts, not what became of the
      // rest.
      context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
      if (message.decoderResult().isFailure()) {
        answer.completeExceptionally(message.decoderResult().cause());
      } else if (message instanceof HttpResponse response
          && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
        answer.complete(response.status().code());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      answer.completeExceptionally(new ClosedChannelException());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      answer.completeExceptionally(cause);
    }
  }
}
