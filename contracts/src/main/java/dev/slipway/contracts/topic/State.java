package dev.slipway.contracts.topic;

/**
 * A full state on a compacted topic. A reader ignores a state whose revision is not above the one
 * that it has for the key, so that repetition and reordering do nothing.
 */
public interface State {

  /** Rises with each change of the aggregate, also after a restore. */
  long revision();
}
