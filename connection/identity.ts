/**
 * Certificates with their keys, read when they are needed.
 *
 * @module
 */

import type { Identity } from "../handshake/config.ts";
import { parseKeyPair } from "../x509/key_pair.ts";
import type { IdentityInput } from "./options.ts";

/** Reads an identity that is not read yet. */
export async function identityOf(input: IdentityInput): Promise<Identity> {
  return "chain" in input ? input : await parseKeyPair(input.cert, input.key, {
    passphrase: input.passphrase,
  });
}
