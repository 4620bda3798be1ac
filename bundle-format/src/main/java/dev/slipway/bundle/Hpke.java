package dev.slipway.bundle;

import org.bouncycastle.crypto.hpke.HPKE;

/**
 * HPKE (RFC 9180) as bundles use it: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM; info {@code slipway/1 cek}, additional data {@code app_id ‖ 0 ‖ kid}.
 */
final class Hpke {

  private static final byte[] NO_PSK = new byte[0];

  private Hpke() {}

  static HPKE suite() {
    return new HPKE(
        HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
  }

  static byte[] info() {
    return Hkdf.zeroSeparated("slipway/1 cek");
  }

  static byte[] additional(AppId app, String kid) {
    return Hkdf.zeroSeparated(app, kid);
  }

  static byte[] noPsk() {
    return NO_PSK;
  }
}
