package dev.slipway.kit.http;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The largest body that an endpoint takes; [#DEFAULT] where it doesn't say. Not above what
/// `quarkus.http.limits.max-body-size` lets in.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface MaxBody {

  /// Enough for every order that a person writes.
  long DEFAULT = 64 << 10;

  /// In bytes.
  long value();
}
