/**
 * How reading a private key is refused.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { TlsError, type TlsErrorCode } from "../../errors.ts";
import { type Passphrase, PrivateKey } from "../../x509/keys/private_key.ts";

/** Has the key refused with this code; gives the message. */
export async function refusal(
  input: string | Uint8Array,
  code: TlsErrorCode,
  passphrase?: Passphrase,
): Promise<string> {
  const error = await assertRejects(
    () => PrivateKey.parse(input, { passphrase }),
    TlsError,
  );
  assertEquals(error.code, code, error.message);
  return error.message;
}
