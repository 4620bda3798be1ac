package dev.slipway.rollout;

import static dev.slipway.rollout.Suite.KEYS;
import static dev.slipway.rollout.Suite.PRODUCTION;
import static dev.slipway.rollout.Suite.STACK;
import static dev.slipway.rollout.Suite.as;
import static dev.slipway.rollout.Suite.get;
import static dev.slipway.rollout.Suite.keyFor;
import static dev.slipway.rollout.Suite.ownerKey;
import static dev.slipway.rollout.Suite.post;
import static dev.slipway.rollout.Suite.problem;
import static dev.slipway.rollout.Suite.read;
import static dev.slipway.rollout.Suite.registeredApp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Lineage;
import dev.slipway.bundle.ReleasePublicKey;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.contracts.release.NewDelegation;
import dev.slipway.contracts.release.StatementView;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.channel.ChannelBook;
import dev.slipway.rollout.channel.Consequences;
import dev.slipway.rollout.channel.Knowledge;
import dev.slipway.rollout.channel.People;
import dev.slipway.rollout.heard.HeardOffsets;
import dev.slipway.rollout.keys.ServiceKeys;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.publisher.Certificates;
import dev.slipway.rollout.statement.DelegationBook;
import dev.slipway.rollout.statement.Renewals;
import dev.slipway.rollout.statement.StatementJobs;
import dev.slipway.rollout.statement.Statements;
import dev.slipway.rollout.webhook.Webhooks;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.SteppingClock;
import dev.slipway.testkit.TopicReader;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Delegations and the statements that they carry, and what ingest says of certificates, on real
/// Kafka and PostgreSQL. Time goes by on a clock of the test's own, over the same database.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class StatementIT {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Digest LEAF = KEYS.certificate().fingerprint();

  @Inject Outbox outbox;
  @Inject Consequences consequences;
  @Inject Knowledge knowledge;
  @Inject People people;
  @Inject HeardOffsets heard;
  @Inject ServiceKeys keys;
  @Inject Certificates certificates;
  @Inject StateView<BundleState> bundles;
  @Inject AppBook apps;
  @Inject Audit audit;
  @Inject Webhooks webhooks;

  private final SteppingClock clock =
      SteppingClock.at(Instant.now().truncatedTo(ChronoUnit.MILLIS));

  @Test
  void aChannelIsBelievedFromItsPublishersDelegationOn() {
    // Given
    var app = registeredApp();
    assertThat(statement(app)).as("no delegation, no statement").isNull();
    var publisher = keyFor(Set.of(Role.PUBLISHER), Set.of(app));

    // When
    var answer =
        as(publisher)
            .body(Suite.json(new NewDelegation(signed(app, Duration.ofDays(90)))))
            .post(path(app));

    // Then
    assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(201);
    var view = read(answer, DelegationView.class);
    assertThat(view.state()).isEqualTo(DelegationView.State.IN_FORCE);
    assertThat(view.signer()).isEqualTo(LEAF);
    var first = awaitStatement(app, 0);
    assertThat(verified(app, first).releases()).isEmpty();
    assertThat(statementView(app).state()).isEqualTo(StatementView.State.IN_FORCE);
    assertThat(statementView(app).daysLeft()).isEqualTo(89);

    // When it is sent again, nothing changes; a version, and the next statement names it
    assertThat(post(path(app), new NewDelegation(last(app))).statusCode()).isEqualTo(200);
    var version = Suite.published(app, "1.0.1");
    var rollout = Suite.start(app, version, Gate.MANUAL, Duration.ZERO, "50 %", "100 %");
    var second = awaitStatement(app, first.seq());
    assertThat(verified(app, second).releases())
        .singleElement()
        .satisfies(it -> assertThat(it.role()).isEqualTo(ReleaseStatement.Role.CANDIDATE));

    // When it is taken back, devices may leave it
    Suite.order(rollout, "rollback", null).then().statusCode(200);
    var third = awaitStatement(app, second.seq());
    assertThat(verified(app, third).rollbackFrom()).containsExactly("1.0.1");
    assertThat(verified(app, third).releases()).isEmpty();
    // The state and its statement are one record, and the order's.
    var state = Suite.states(app).getLast();
    assertThat(state.statement()).isEqualTo(third);
    assertThat(state.revision()).isGreaterThanOrEqualTo(state.epoch());
    assertThat(revisions(app)).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aRenewalIsNoOrder() throws Throwable {
    // Given
    var app = registeredApp();
    delegate(app, Duration.ofDays(90));
    var first = awaitStatement(app, 0);
    long events = Suite.allEvents(app).size();
    long epoch = Suite.states(app).getLast().epoch();
    var jobs = jobs();

    // When not half of its life is over
    clock.step(Duration.ofHours(11));
    done(() -> jobs.renew());
    assertThat(dbSeq(app)).isEqualTo(first.seq());

    // When it is
    clock.step(Duration.ofMinutes(61));
    done(() -> jobs.renew());

    // Then
    var second = awaitStatement(app, first.seq());
    assertThat(second.expiresAt()).isAfter(first.expiresAt());
    assertThat(second.seq()).isEqualTo(clock.instant().toEpochMilli());
    assertThat(Suite.states(app).getLast().epoch()).isEqualTo(epoch);
    assertThat(Suite.allEvents(app)).hasSize((int) events);

    // When the clock is set back
    clock.step(Duration.ofHours(-20));
    sql("update rollout.statement set renew_at = '2020-01-01' where app_id = '" + app + "'");
    done(() -> jobs.renew());
    assertThat(awaitStatement(app, second.seq()).seq()).isEqualTo(second.seq() + 1);
    assertThat(revisions(app)).isSorted().doesNotHaveDuplicates();
  }

  /// Killed between the upload and the statements: the job finds what is missing.
  @Test
  void whatAKillLeftUndoneIsDoneLater() throws Throwable {
    var app = registeredApp();
    delegate(app, Duration.ofDays(90));
    long seq = awaitStatement(app, 0).seq();
    sql("delete from rollout.statement where app_id = '" + app + "'");
    clock.step(Duration.ofMinutes(5));
    done(() -> jobs().renew());
    assertThat(awaitStatement(app, seq).seq()).isGreaterThan(seq);
  }

  /// Row D14.
  @Test
  void nothingIsStartedThatAgentsWouldNotBelieve() throws Throwable {
    // Given
    var app = registeredApp();
    delegate(app, Duration.ofDays(40));
    var before = awaitStatement(app, 0);
    var version = Suite.published(app, "1.0.1");
    var running = Suite.start(app, version, Gate.MANUAL, Duration.ZERO, "10 %", "100 %");
    var by = new dev.slipway.contracts.rollout.Cause.Person("test", "a test");
    var book = channels();

    // When
    clock.step(Duration.ofDays(41));
    done(() -> jobs().renew());

    // Then
    assertThatThrownBy(
            () -> done(() -> book.decide(app, new Order.Advance(running.rolloutId(), by, null))))
        .isInstanceOfSatisfying(
            Refusal.class,
            it -> {
              assertThat(it.problem().status()).isEqualTo(409);
              assertThat(it.problem().slug()).isEqualTo("delegation-expired");
            });
    assertThat(dbSeq(app)).as("the old one stays, and runs out").isGreaterThan(before.seq());
    done(() -> book.decide(app, new Order.Pause(running.rolloutId(), by, null)));
    assertThatThrownBy(
            () -> done(() -> book.decide(app, new Order.Resume(running.rolloutId(), by, null))))
        .isInstanceOf(Refusal.class);
    done(() -> book.decide(app, new Order.RollBack(running.rolloutId(), by, null)));
    assertThat(Suite.channel(app).baseline().isBuiltin()).isTrue();
    assertThat(revisions(app)).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aDelegationThatIsTakenBackIsSpokenByNoMore() {
    // Given
    var app = registeredApp();
    var jws = delegate(app, Duration.ofDays(90));
    awaitStatement(app, 0);
    var id = get(path(app)).<String>path("items[0].id");

    // When
    assertThat(problem(as(ownerKey()).delete(path(app) + "/" + id), 422).slug())
        .isEqualTo("reason-invalid");
    as(ownerKey()).delete(path(app) + "/" + id + "?reason=lost").then().statusCode(200);

    // Then
    await().atMost(SOON).untilAsserted(() -> assertThat(statement(app)).isNull());
    assertThat(problem(post(path(app), new NewDelegation(jws)), 409).slug())
        .isEqualTo("delegation-revoked");
    var version = Suite.published(app, "1.0.1");
    var start =
        post(
            Suite.channelPath(app) + "/rollouts",
            Suite.plan(version, Gate.TIME, Duration.ZERO, "100 %"));
    assertThat(problem(start, 409).slug()).isEqualTo("delegation-expired");
    assertThat(get("/v1/audit?app=" + app).<List<String>>path("items.action"))
        .contains("delegation.create", "delegation.revoke");
    delegate(app, Duration.ofDays(20));
    awaitStatement(app, 0);
    assertThat(revisions(app)).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aNewKeySignsOnceItIsNamed() {
    // Given
    var app = registeredApp();
    delegate(app, Duration.ofDays(90));
    var first = awaitStatement(app, 0);
    var former = releaseKeys().getFirst();

    // When there is another key that nobody named
    post("/v1/release-keys", "{}").then().statusCode(201);
    var version = Suite.published(app, "1.0.1");
    var rollout = Suite.start(app, version, Gate.MANUAL, Duration.ZERO, "50 %", "100 %");
    var second = awaitStatement(app, first.seq());
    assertThat(keyOf(second)).isEqualTo(former.id().text());

    // When the publisher names both
    assertThat(releaseKeys()).hasSizeGreaterThan(1);
    delegate(app, Duration.ofDays(91));
    var third = awaitStatement(app, second.seq());
    assertThat(keyOf(third)).isEqualTo(releaseKeys().getFirst().id().text());
    verified(app, third);
    assertThat(get("/v1/release-keys").<Integer>path("items[0].delegations")).isPositive();
    Suite.order(rollout, "pause", null).then().statusCode(200);
  }

  @Test
  void refusesWhatIsNoDelegationOfThisApp() {
    var app = registeredApp();
    var other = registeredApp();
    var stranger =
        KeyRing.generate(app, new SecureRandom(), Instant.now(), Duration.ofDays(3)).signer();
    var foreign = delegation(app, Duration.ofDays(3), releaseKeys()).sign(stranger);
    assertThat(problem(post(path(app), new NewDelegation(foreign)), 422).slug())
        .isEqualTo(BundleException.Reason.DELEGATION_UNTRUSTED.slug());
    var elsewhere = signed(other, Duration.ofDays(3));
    assertThat(problem(post(path(app), new NewDelegation(elsewhere)), 422).slug())
        .isEqualTo("app-mismatch");
    var bent = signed(app, Duration.ofDays(3)).replaceFirst("..$", "AA");
    assertThat(post(path(app), new NewDelegation(bent)).statusCode()).isEqualTo(422);
    assertThat(problem(post(path(app), new NewDelegation("x".repeat(50_000))), 413).slug())
        .isEqualTo("body-too-large");
    assertThat(
            problem(post(path(app), new NewDelegation("-----BEGIN PRIVATE KEY-----")), 422).slug())
        .isEqualTo("secret-material");
    var viewer = keyFor(Set.of(Role.VIEWER), Set.of(app));
    var answer = as(viewer).body(Suite.json(new NewDelegation(foreign))).post(path(app));
    assertThat(problem(answer, 403).slug()).isEqualTo("insufficient-scope");
    assertThat(get(path(app)).<List<Object>>path("items")).isEmpty();
    assertThat(get(path(app) + "/nonsense").statusCode()).isEqualTo(404);
  }

  /// Ingest's events reach webhooks once, and agents hear of a revocation.
  @Test
  void whatHappensToCertificatesIsToldOnward() throws Exception {
    // Given
    var app = registeredApp();
    delegate(app, Duration.ofDays(90));
    var before = awaitStatement(app, 0);
    var webhook =
        post(
                "/v1/webhooks",
                "{\"url\":\"http://127.0.0.1:9/\",\"app_id\":\"%s\",\"events\":[\"certificate\"]}"
                    .formatted(app))
            .<String>path("id");
    var former = Digest.sha256(new byte[] {1});
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    var expiring =
        new PublisherEvent.CertificateExpiring(app, LEAF, now.plus(Duration.ofDays(30)), 30, now);

    // When
    Suite.raw(Topics.PUBLISHER_EVENTS, app.text(), new byte[] {'{'});
    Suite.say(Topics.PUBLISHER_EVENTS, app.text(), expiring);
    Suite.say(Topics.PUBLISHER_EVENTS, app.text(), expiring);
    Suite.say(
        Topics.PUBLISHER_EVENTS,
        app.text(),
        new PublisherEvent.CertificateRevoked(app, former, "stolen", now));

    // Then
    var messages = "/v1/webhooks/" + webhook + "/deliveries?limit=100";
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(get(messages).<List<String>>path("items.type"))
                    .containsExactlyInAnyOrder("certificate.expiring", "certificate.revoked"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(verified(app, awaitStatement(app, before.seq())).revoked())
                    .containsExactly(former));
    try (var letters = TopicReader.fromBeginning(STACK, Topics.DEAD_LETTERS.name())) {
      assertThat(letters.toEnd())
          .anyMatch(it -> it.key().startsWith(Topics.PUBLISHER_EVENTS.name() + "-"));
    }
    assertThat(heardTopics()).contains(Topics.PUBLISHER_EVENTS.name());
  }

  /// Whose own certificate was revoked is not believed any more.
  @Test
  void aRevokedCertificatesDelegationFalls() {
    var app = registeredApp();
    delegate(app, Duration.ofDays(90));
    awaitStatement(app, 0);
    Suite.say(
        Topics.PUBLISHER_EVENTS,
        app.text(),
        new PublisherEvent.CertificateRevoked(app, LEAF, "stolen", Instant.now()));
    await().atMost(SOON).untilAsserted(() -> assertThat(statement(app)).isNull());
    var answer = post(path(app), new NewDelegation(signed(app, Duration.ofDays(8))));
    assertThat(problem(answer, 422).slug()).isEqualTo("certificate-revoked");
  }

  @Test
  void theEndOfADelegationIsAnnouncedLongBefore() throws Throwable {
    // Given
    var app = registeredApp();
    var webhook =
        post(
                "/v1/webhooks",
                "{\"url\":\"http://127.0.0.1:9/\",\"app_id\":\"%s\",\"events\":[\"delegation\"]}"
                    .formatted(app))
            .<String>path("id");
    delegate(app, Duration.ofDays(90));
    awaitStatement(app, 0);
    var jobs = jobs();

    // When it is looked at each day
    for (int day = 0; day < 91; day++) {
      done(() -> jobs.warn());
      clock.step(Duration.ofDays(1));
    }
    done(() -> jobs.warn());

    // Then
    var messages = get("/v1/webhooks/" + webhook + "/deliveries?limit=100");
    assertThat(messages.<List<String>>path("items.type"))
        .containsExactlyInAnyOrder(
            "delegation.expiring",
            "delegation.expiring",
            "delegation.expiring",
            "delegation.expiring",
            "delegation.expired");
  }

  // --- What people and devices do

  private static String path(AppId app) {
    return "/v1/apps/" + app + "/delegations";
  }

  private static String last(AppId app) {
    return SIGNED.get(app);
  }

  private static final java.util.Map<AppId, String> SIGNED =
      new java.util.concurrent.ConcurrentHashMap<>();

  private static String signed(AppId app, Duration life) {
    var jws = delegation(app, life, releaseKeys()).sign(KEYS.signer());
    SIGNED.put(app, jws);
    return jws;
  }

  private static String delegate(AppId app, Duration life) {
    var jws = signed(app, life);
    var answer = post(path(app), new NewDelegation(jws));
    assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(201);
    return jws;
  }

  private static Delegation delegation(AppId app, Duration life, List<ReleasePublicKey> keys) {
    var from = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    return new Delegation(app, List.of("*"), keys, from, from.plus(life));
  }

  private static List<ReleasePublicKey> releaseKeys() {
    return get("/v1/release-keys").<List<String>>path("items.public_key").stream()
        .map(ReleasePublicKey::new)
        .toList();
  }

  private static ChannelState.@Nullable Statement statement(AppId app) {
    var said = Suite.states(app);
    return said.isEmpty() ? null : said.getLast().statement();
  }

  private static ChannelState.Statement awaitStatement(AppId app, long after) {
    return await().atMost(SOON).until(() -> statement(app), it -> it != null && it.seq() > after);
  }

  /// As a device that trusts the publisher's certificate reads it.
  private static ReleaseStatement verified(AppId app, ChannelState.Statement statement) {
    var delegations = new ArrayList<Delegation>();
    for (var jws : statement.delegations()) {
      delegations.add(
          Delegation.verify(
              jws,
              app,
              Lineage.trusting(LEAF),
              ContinuityRules.DEFAULT,
              Set.of(LEAF),
              Instant.now()));
    }
    var verified =
        ReleaseStatement.verify(
            statement.jws(), delegations, app, PRODUCTION.text(), Instant.now());
    assertThat(verified.statement().seq()).isEqualTo(statement.seq());
    return verified.statement();
  }

  private static String keyOf(ChannelState.Statement statement) {
    try {
      var header = statement.jws().substring(0, statement.jws().indexOf('.'));
      return Json.LENIENT
          .readTree(java.util.Base64.getUrlDecoder().decode(header))
          .path("kid")
          .asText();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Long> revisions(AppId app) {
    return Suite.states(app).stream().map(ChannelState::revision).toList();
  }

  private static StatementView statementView(AppId app) {
    try {
      var items = Json.LENIENT.readTree(get("/v1/apps/" + app + "/statements").asString());
      return Json.LENIENT.treeToValue(items.at("/items/0"), StatementView.class);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  // --- The same books on the test's clock

  private ChannelBook channels() {
    return new ChannelBook(
        outbox,
        consequences,
        new Statements(keys, certificates, bundles, clock),
        knowledge,
        people,
        heard,
        clock);
  }

  private StatementJobs jobs() {
    var book = new DelegationBook(apps, channels(), certificates, audit, clock);
    return new StatementJobs(book, channels(), new Renewals(clock), keys, webhooks, clock);
  }

  private static <T> T done(Supplier<Uni<T>> work) throws Throwable {
    return VertxContextSupport.subscribeAndAwait(work);
  }

  private static long dbSeq(AppId app) throws Exception {
    try (var connection =
            DriverManager.getConnection(STACK.jdbcUrl(), STACK.user(), STACK.password());
        var query = connection.createStatement();
        var rows =
            query.executeQuery("select seq from rollout.statement where app_id = '" + app + "'")) {
      assertThat(rows.next()).isTrue();
      return rows.getLong(1);
    }
  }

  private static List<String> heardTopics() throws Exception {
    try (var connection =
            DriverManager.getConnection(STACK.jdbcUrl(), STACK.user(), STACK.password());
        var query = connection.createStatement();
        var rows = query.executeQuery("select distinct topic from rollout.heard")) {
      var topics = new ArrayList<String>();
      while (rows.next()) topics.add(rows.getString(1));
      return topics;
    }
  }

  private static void sql(String statement) throws Exception {
    try (var connection =
            DriverManager.getConnection(STACK.jdbcUrl(), STACK.user(), STACK.password());
        var order = connection.createStatement()) {
      order.execute(statement);
    }
  }
}
