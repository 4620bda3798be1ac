package dev.slipway.telemetry.story;

import dev.slipway.contracts.device.Arm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// On which days a device was seen in one arm of one stage, and whether something broke meanwhile.
/// Immutable.
///
/// @param days since 1970, in UTC, rising; the earliest ones
/// @param broke a device fails once, however often it does
record Days(int stage, Arm arm, List<Long> days, boolean broke) {

  private static final int MOST = 60;

  Days {
    days = List.copyOf(days);
  }

  boolean isOf(int otherStage, Arm otherArm) {
    return stage == otherStage && arm == otherArm;
  }

  Days and(long day, boolean brokeNow) {
    int place = Collections.binarySearch(days, day);
    if (place >= 0 || days.size() == MOST && -place - 1 == MOST) {
      return broke || !brokeNow ? this : new Days(stage, arm, days, true);
    }
    var all = new ArrayList<>(days);
    all.add(-place - 1, day);
    return new Days(stage, arm, all.subList(0, Math.min(MOST, all.size())), broke || brokeNow);
  }
}
