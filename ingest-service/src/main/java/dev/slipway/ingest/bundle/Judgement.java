package dev.slipway.ingest.bundle;

import dev.slipway.contracts.bundle.BundleAnswer.Warning;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.lineage.LineageStep;
import dev.slipway.ingest.lineage.Unlock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decides whether a version may follow those before it. Pure; it is asked early, so that nothing
/// dear is done for what will be refused, and once more under the app's lock, when nothing can
/// change any more.
@FunctionalInterface
public interface Judgement {

  /// @throws dev.slipway.kit.http.Refusal if it may not
  /// @throws dev.slipway.bundle.BundleException if it may not
  Accepted judge(Standing standing);

  /// It may.
  ///
  /// @param step what the version changes of the lineage, if anything
  /// @param used the exceptions that it makes use of
  record Accepted(
      BundleState bundle, @Nullable LineageStep step, List<Unlock> used, List<Warning> warnings) {
    public Accepted {
      used = List.copyOf(used);
      warnings = List.copyOf(warnings);
    }

    /// The same with one more exception, if there is one.
    public Accepted using(@Nullable Unlock unlock) {
      if (unlock == null) return this;
      var all = new ArrayList<>(used);
      all.add(unlock);
      return new Accepted(bundle, step, all, warnings);
    }
  }
}
