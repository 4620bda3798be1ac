package dev.slipway.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FingerprintTest {

  /** The check values of CRC-32/ISCSI and CRC-32/ISO-HDLC. */
  @Test
  void isBothSums() {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.update("1234".getBytes(StandardCharsets.US_ASCII));
    fingerprint.update('5');
    fingerprint.update("6789".getBytes(StandardCharsets.US_ASCII));

    assertThat(fingerprint.getValue()).isEqualTo(0xE306_9283_CBF4_3926L);
    fingerprint.reset();
    assertThat(fingerprint.getValue()).isZero();
  }
}
