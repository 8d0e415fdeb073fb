/**
 * The defaults of the process, which programs may change.
 *
 * @module
 */

import { DEFAULT_CIPHERS } from "./ciphers.ts";
import { cliVersions } from "./command_line.ts";
import type { VersionRange } from "./protocols.ts";

/** The defaults that apply to contexts made from now on. */
export const defaults: {
  ciphers: string;
  ecdhCurve: string;
  versions: VersionRange;
  /** How often a client may renegotiate in the window. */
  clientRenegLimit: number;
  /** In seconds. */
  clientRenegWindow: number;
} = {
  ciphers: DEFAULT_CIPHERS,
  ecdhCurve: "auto",
  versions: cliVersions(),
  clientRenegLimit: 3,
  clientRenegWindow: 600,
};
