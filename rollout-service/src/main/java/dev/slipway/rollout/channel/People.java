package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.app.AppPolicy.SecondPerson;
import dev.slipway.contracts.app.AppState;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.access.AccessKeyBook;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Facts;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.plan.Phase;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;

/// What is to be known of the people behind an order: which of the app's rollouts take two, and
/// whose an access key is. Read in the order's transaction.
@ApplicationScoped
public class People {

  private final AccessKeyBook keys;

  public People(AccessKeyBook keys) {
    this.keys = keys;
  }

  /// The facts, and what this order depends on besides.
  Uni<Facts> around(Facts facts, Channel channel, Order order) {
    return switch (order) {
      case Order.Start _, Order.Launch _, Order.Schedule _ ->
          secondPerson(channel.appId()).map(facts::with);
      case Order.Approve approve -> holders(channel, approve).map(facts::with);
      case Order.Draft _,
          Order.Submit _,
          Order.Reject _,
          Order.Pause _,
          Order.Resume _,
          Order.Advance _,
          Order.Complete _,
          Order.Cancel _,
          Order.RollBack _,
          Order.Reopen _,
          Order.ChangeRules _,
          Order.Delete _,
          Order.RetryFrom _,
          Order.Quarantine _,
          Order.ReportRefusal _,
          Order.VerdictReceived _,
          Order.ClockTick _ ->
          Uni.createFrom().item(facts);
    };
  }

  /// The app's rule. Within the caller's session.
  Uni<SecondPerson> secondPerson(AppId app) {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createSelectionQuery(
                        "select a.state from AppRow a where a.appId = :app", String.class)
                    .setParameter("app", app.text())
                    .getSingleResult())
        .map(state -> StoredJson.read(state, AppState.class).policy().secondPerson());
  }

  private Uni<Map<String, String>> holders(Channel channel, Order.Approve order) {
    var rollout = channel.rollout(order.rollout());
    if (rollout.isEmpty()
        || !(rollout.get().phase() instanceof Phase.AwaitingApproval(_, var submittedBy))) {
      return Uni.createFrom().item(Map.of());
    }
    var asked = submittedBy.accessKey();
    var agrees = order.by().accessKey();
    if (asked.equals(agrees)) return Uni.createFrom().item(Map.of());
    return keys.identity(asked)
        .chain(one -> keys.identity(agrees).map(other -> Map.of(asked, one, agrees, other)));
  }
}
