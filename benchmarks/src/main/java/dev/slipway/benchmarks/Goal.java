package dev.slipway.benchmarks;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a benchmark has to reach.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Goal {

  /// At least this share of the speed of the class's `baseline`; 0: no such goal.
  double ratio() default 0;

  /// At most so many milliseconds for each call; 0: no such goal.
  double millis() default 0;
}
