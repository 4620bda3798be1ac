package dev.slipway.ingest;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;

/// Lets a connection that brings much be read in pieces of up to 256 KiB: each piece is handed from
/// the connection's thread to that of the request, and what that costs, not the bytes, is what a
/// large upload would take most of its time for. Quiet connections go on in small pieces.
///
/// Netty finds it as a service; `quarkus.http.limits.max-chunk-size` keeps the pieces whole.
public final class LargeReads extends ChannelInitializerExtension {

  private static final int SMALLEST = 64;
  private static final int FIRST = 2 << 10;
  private static final int LARGEST = 256 << 10;

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    channel
        .config()
        .setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator(SMALLEST, FIRST, LARGEST));
  }
}
