package dev.slipway.contracts.rollout;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.slipway.contracts.telemetry.Verdict;

/** Who or what brought a change about, and why. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "by")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Cause.Person.class, name = "person"),
  @JsonSubTypes.Type(value = Cause.Evidence.class, name = "evidence"),
  @JsonSubTypes.Type(value = Cause.Schedule.class, name = "schedule")
})
public sealed interface Cause permits Cause.Person, Cause.Evidence, Cause.Schedule {

  /** An order through the API. */
  record Person(String accessKey, String reason) implements Cause {}

  /** The fleet's reports. */
  record Evidence(Verdict verdict) implements Cause {}

  /** A hold that ran out. */
  record Schedule() implements Cause {}
}
