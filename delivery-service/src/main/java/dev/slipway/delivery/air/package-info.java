/// What applications on Adobe AIR read: the update descriptor.
@NullMarked
package dev.slipway.delivery.air;

import org.jspecify.annotations.NullMarked;
