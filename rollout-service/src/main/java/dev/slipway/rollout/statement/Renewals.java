package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.kit.topic.StateView;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.hibernate.reactive.mutiny.Mutiny;

/// Who wants the statements of an app renewed before their time: something else is to be said. Any
/// thread.
public final class Renewals implements StateView.Listener<BundleState> {

  /// What was accepted longer ago stands in statements that were renewed since.
  private static final Duration RECENT = Duration.ofDays(1);

  private final Clock clock;
  private final Set<AppId> handedOver = ConcurrentHashMap.newKeySet();

  public Renewals(Clock clock) {
    this.clock = clock;
  }

  /// Has the statements of all channels of an app renewed, within the caller's transaction.
  public Uni<Void> ask(Mutiny.Session session, AppId app, Instant now) {
    return StatementRow.renewAll(session, app.text(), now);
  }

  /// Devices may have to pass through a release that hands over: it belongs into the statements.
  @Override
  public void changed(List<StateView.Change<BundleState>> changes) {
    var recent = clock.instant().minus(RECENT);
    for (var change : changes) {
      var bundle = change.value();
      if (bundle != null && bundle.migratedFrom() != null && bundle.acceptedAt().isAfter(recent)) {
        handedOver.add(bundle.appId());
      }
    }
  }

  /// Apps with a release that hands over which came since the last call.
  Set<AppId> takeHandedOver() {
    var taken = new HashSet<>(handedOver);
    handedOver.removeAll(taken);
    return taken;
  }
}
