package dev.slipway.testkit;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/// Points a Quarkus test at the shared stack: `@QuarkusTestResource(StackResource.class)`. Sets the
/// keys of [dev.slipway.stack.Endpoints#settings()].
public final class StackResource implements QuarkusTestResourceLifecycleManager {

  @Override
  public Map<String, String> start() {
    return Stack.shared().settings();
  }

  /// The stack goes with the JVM: the next test class uses it too.
  @Override
  public void stop() {}
}
