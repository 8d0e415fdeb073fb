/**
 * Opening PFX files: the passphrase is found right, and what is inside comes out.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import {
  askPassphrase,
  kdfBudget,
  type KnownPassphrase,
  NO_PASSPHRASE,
  type Passphrase,
} from "./passphrase.ts";
import { type PfxBags, readBags } from "./pfx_bags.ts";
import { PFX, readPfx } from "./pfx_mac.ts";

/**
 * Reads all bags of a file.
 *
 * @throws {TlsError} `passphrase_required`, `wrong_passphrase`, `malformed_pfx` or
 * `unsupported_key`.
 * @throws {TypeError} If it is given something else than bytes.
 */
export async function openPfx(
  bytes: Uint8Array,
  { passphrase, maxIterations }: {
    readonly passphrase?: Passphrase | undefined;
    readonly maxIterations?: number | undefined;
  },
): Promise<PfxBags> {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError("Cannot read the PFX file: expected a Uint8Array");
  }
  const budget = kdfBudget(PFX.what, maxIterations);
  const { authenticatedSafe, mac } = readPfx(bytes);
  const given = await askPassphrase(passphrase);
  for (const candidate of candidates(given)) {
    if (mac !== undefined && !await mac(candidate, budget)) continue;
    const bags = await readBags(authenticatedSafe, candidate, budget);
    if (bags !== undefined) return bags;
  }
  throw given === undefined
    ? new TlsError(
      "passphrase_required",
      "Cannot read the PFX file: it is protected by a passphrase and no passphrase was given",
      { hint: 'Give it in the option "passphrase"' },
    )
    : new TlsError(
      "wrong_passphrase",
      "Cannot read the PFX file: the passphrase is wrong, or the file is damaged",
    );
}

/**
 * Writers differ on whether an empty passphrase is none (RFC 7292 appendix
 * B.1): as OpenSSL does, both are tried.
 */
function candidates(given: KnownPassphrase | undefined): KnownPassphrase[] {
  if (given !== undefined && given.bytes.length > 0) return [given];
  return [EMPTY_PASSPHRASE, NO_PASSPHRASE];
}

const EMPTY_PASSPHRASE: KnownPassphrase = {
  bytes: new Uint8Array(0),
  pkcs12: new Uint8Array(2),
};
