package dev.slipway.kit.http;

import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// Stops reading a body that passes its endpoint's limit without having said so, and refuses an
/// empty one where the endpoint's parameter is not `@Nullable`.
@Provider
public class BodyLimit implements ReaderInterceptor {

  @Override
  public @Nullable Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
    if (!(context.getProperty(BodyFilter.TAKES) instanceof BodyFilter.Takes takes)) {
      return context.proceed();
    }
    context.setInputStream(new Limited(context.getInputStream(), takes.limit()));
    var body = context.proceed();
    if (body == null && !takes.optional()) {
      throw Refusal.of(400, "json-invalid", "This address wants a body.");
    }
    return body;
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
