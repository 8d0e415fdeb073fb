/**
 * What has to be known of the default trust without loading it, and the keys that
 * nobody may trust. Made by `deno task trust:update` on 2026-11-30.
 *
 * @module
 */

/**
 * Mozilla's list, from
 * Go module golang.org/x/crypto/x509roots/fallback v0.0.0-20261030153154-30a33513ff6d of 2026-10-30T15:31:54Z.
 */
export const mozillaList = {
  size: 117,
  /** As `TrustStore.fingerprint`. */
  fingerprint:
    "de6d73d7c7c4e828df16cbb7b9ff2d47d34bf2e96bfe85b5794775e281a23a9d",
  /** The subjects of the roots that have a date of distrust. */
  dated: [
    '11:2.5.4.6="es21:2.5.4.10="izenpe s.a.19:2.5.4.3="izenpe.com',
  ],
} as const;

/**
 * Keys of authorities whose private half is public or in the wrong hands: the
 * SHA-256 of each SubjectPublicKeyInfo. From the crate
 * rustls-webpki 0.103.17, `src/data/distrusted`, with the eight keys of issuing
 * authorities that were published in October 2026 (CVE-2026-111943).
 */
export const distrustedKeys: ReadonlySet<string> = new Set([
  // EMDVTLSCAG3B
  "ebed6475c2c2d80fcb199f3fe8dd6e6b3ce60b77eb15d4e42c3dec0c6f5b5105",
  // EMDVTLSCAG3C
  "49dd353dc2b919a3770645117d0e60c16115e7d1bc259eefe734b00ea434fe5f",
  // EMEVTLSCAG3B
  "e0254c7fcdc265e2f0f8a428dabb75ab4ae039b4872d62f5ee57f0877d5a8a41",
  // EMEVTLSCAG3C
  "5c0660a2b164910d8ff589c18e14552e9e0ec237dcefe2cb736d41a4811f81a0",
  // EMOVCSCAG3B
  "ec4ffa1ad0ac88081314b7aaffef6a91f97cd57291bb5ba686c5415f5eb4f6b6",
  // EMOVCSCAG3C
  "92c063d67e8f14db71d288e11266ffdaf69cbf115f7bab14f3bc2f68d25e0e30",
  // EMOVTLSCAG3B
  "43bffa19d6ef651451f6841e019931e96f6f2eaeff28ab4b6f1ce4576de2717b",
  // EMOVTLSCAG3C
  "63ecefee431d49523bc1136c4e72d0206a477086caf606cd5cf025686c109cf8",
]);
