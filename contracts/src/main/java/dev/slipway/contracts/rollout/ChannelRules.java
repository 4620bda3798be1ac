package dev.slipway.contracts.rollout;

/**
 * Which devices a channel serves, in the terms of the stock Capgo plugin.
 *
 * @param open whether devices get it without asking ("public" in the plugin's words)
 * @param selfAssign whether a device may put itself on it
 * @param barrier which step of the version, against the native one, needs a new native build
 * @param barUnderNative whether a version lower than the native one is kept back
 */
public record ChannelRules(
    boolean open,
    boolean selfAssign,
    boolean ios,
    boolean android,
    boolean electron,
    boolean emulators,
    boolean devices,
    boolean debugBuilds,
    boolean releaseBuilds,
    Barrier barrier,
    boolean barUnderNative) {

  /** From which step on a live update would leave what the native build supports. */
  public enum Barrier {
    MAJOR,
    MINOR,
    PATCH,
    /** The native version must have reached the version's own {@code native_min}. */
    VERSION_NUMBER,
    NONE
  }

  /** Open to all; a new major version needs a new native build. */
  public static final ChannelRules DEFAULT =
      new ChannelRules(true, true, true, true, true, true, true, true, true, Barrier.MAJOR, true);
}
