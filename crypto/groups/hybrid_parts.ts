/**
 * The parts of a hybrid: types only.
 *
 * @module
 */

import type { Curve } from "./curve.ts";
import type { MlKemName } from "./ml_kem_implementation.ts";

/** What a hybrid is put together from. */
export interface Hybrid {
  /** IANA's name. */
  readonly name: "X25519MLKEM768" | "SecP256r1MLKEM768" | "SecP384r1MLKEM1024";
  /** The curve. */
  readonly curve: Curve;
  /** The KEM. */
  readonly kem: MlKemName;
  /** Which of the two comes first in shares and in the secret. */
  readonly first: "curve" | "kem";
  /** Security strength in bits. */
  readonly strength: number;
  /** Size in bits, as `openssl s_client` shows it. */
  readonly bits: number;
}
