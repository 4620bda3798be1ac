package dev.slipway.kit.http;

import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// Stops reading a body that passes its endpoint's limit without having said so.
@Provider
public class BodyLimit implements ReaderInterceptor {

  @Override
  public Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
    if (context.getProperty(BodyFilter.LIMIT) instanceof Long limit) {
      context.setInputStream(new Limited(context.getInputStream(), limit));
    }
    return context.proceed();
  }

  static Refusal tooLarge(long limit) {
    return Refusal.of(413, "body-too-large", "The body is larger than this address takes.")
        .with("limit", limit);
  }

  private static final class Limited extends FilterInputStream {

    private final long limit;
    private long read;

    Limited(InputStream body, long limit) {
      super(body);
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      if (one >= 0) count(1);
      return one;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int some = super.read(target, offset, length);
      if (some > 0) count(some);
      return some;
    }

    private void count(int more) {
      read += more;
      if (read > limit) throw tooLarge(limit);
    }
  }
}
