/** The device side for applications on the JVM. */
@NullMarked
package dev.slipway.agent;

import org.jspecify.annotations.NullMarked;
