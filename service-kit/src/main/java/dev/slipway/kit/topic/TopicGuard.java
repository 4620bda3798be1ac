package dev.slipway.kit.topic;

import dev.slipway.contracts.topic.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jboss.logging.Logger;

/// Sees to it that topics are there with the settings that their contract asks for. Creates what is
/// missing, leaves what fits, refuses what would change the meaning of records: another clean-up
/// policy, another number of partitions, another kind of timestamp. Safe to run any number of times
/// and in several services at once.
public final class TopicGuard implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(TopicGuard.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final KafkaClients kafka;
  private final TopicProfile profile;
  private final CountDownLatch closed = new CountDownLatch(1);

  public TopicGuard(KafkaClients kafka, TopicProfile profile) {
    this.kafka = kafka;
    this.profile = profile;
  }

  /// Creates or checks these topics on a thread of its own, again and again until Kafka answers.
  ///
  /// @return completes when all fit; fails with a [TopicRefusedException] when one does not
  public CompletableFuture<Void> ensure(Collection<Topic<?>> topics) {
    var wanted = List.copyOf(topics);
    var done = new CompletableFuture<Void>();
    Thread.ofPlatform()
        .daemon()
        .name("topic-guard")
        .start(
            () -> {
              try {
                ensureUntilClosed(wanted, done);
              } catch (RuntimeException e) {
                LOG.errorf("Topics are refused: %s", e.getMessage());
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  /// Stops trying. What [#ensure] returned fails if it was still under way.
  @Override
  public void close() {
    closed.countDown();
  }

  private void ensureUntilClosed(List<Topic<?>> topics, CompletableFuture<Void> done) {
    boolean told = false;
    do {
      try (var admin = kafka.admin("topic-guard")) {
        ensureOnce(admin, topics);
        LOG.infof("Topics are as they should be: topics=%d", topics.size());
        done.complete(null);
        return;
      } catch (KafkaException e) {
        if (!told) LOG.warnf("Kafka does not take the topics yet: reason=%s", e.getMessage());
        told = true;
      }
    } while (!pause());
    throw new IllegalStateException("the topic guard was closed before Kafka answered");
  }

  /// @return whether the guard was closed meanwhile
  private boolean pause() {
    try {
      return closed.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private void ensureOnce(Admin admin, List<Topic<?>> topics) {
    var names = topics.stream().map(Topic::name).collect(Collectors.toCollection(ArrayList::new));
    Set<String> there = answered(admin.listTopics().names());
    create(admin, topics.stream().filter(topic -> !there.contains(topic.name())).toList());
    Map<String, TopicDescription> descriptions =
        answered(admin.describeTopics(names).allTopicNames());
    Map<String, Map<String, String>> configs = configs(admin, names);
    var objections = new ArrayList<String>();
    for (var topic : topics) {
      var name = topic.name();
      var settings = TopicSettings.of(topic, profile);
      int partitions = known(descriptions, name).partitions().size();
      var found = known(configs, name);
      objections.addAll(settings.objections(name, partitions, found));
      settings
          .differences(found)
          .forEach(
              (setting, difference) ->
                  LOG.warnf(
                      "A topic is tuned: topic=%s setting=%s found=%s", name, setting, difference));
    }
    if (!objections.isEmpty()) throw new TopicRefusedException(objections);
  }

  private void create(Admin admin, List<Topic<?>> missing) {
    var requests =
        missing.stream()
            .map(
                topic -> {
                  var settings = TopicSettings.of(topic, profile);
                  return new NewTopic(topic.name(), settings.partitions(), profile.replication())
                      .configs(settings.configs());
                })
            .toList();
    var results = admin.createTopics(requests).values();
    results.forEach(
        (name, result) -> {
          try {
            answered(result);
            LOG.infof("Created a topic: topic=%s", name);
          } catch (TopicExistsException e) {
            LOG.debugf("Another service was faster: topic=%s", name);
          }
        });
  }

  private static Map<String, Map<String, String>> configs(Admin admin, List<String> names) {
    var resources =
        names.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    Map<ConfigResource, Config> answer = answered(admin.describeConfigs(resources).all());
    var configs = new HashMap<String, Map<String, String>>();
    answer.forEach(
        (resource, config) -> {
          var values = new HashMap<String, String>();
          for (ConfigEntry entry : config.entries()) {
            if (entry.value() != null) values.put(entry.name(), entry.value());
          }
          configs.put(resource.name(), values);
        });
    return configs;
  }

  /// A topic that was created a moment ago may be unknown to the broker that is asked: tried again.
  private static <V> V known(Map<String, V> answers, String topic) {
    V found = answers.get(topic);
    if (found == null) throw new UnknownTopicOrPartitionException("not yet described: " + topic);
    return found;
  }

  private static <V> V answered(org.apache.kafka.common.KafkaFuture<V> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KafkaException kafka) throw kafka;
      throw new KafkaException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new org.apache.kafka.common.errors.InterruptException(e);
    }
  }
}
