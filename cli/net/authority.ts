/**
 * The authority for development that `ca init` has made.
 *
 * @module
 */

import type { IssuedCertificate } from "../../x509/issue/issue.ts";
import { parseKeyPair } from "../../x509/keys/key_pair.ts";
import { PrivateKey } from "../../x509/keys/private_key.ts";
import { readText } from "../base/files.ts";
import type { Run } from "../base/run.ts";

/**
 * Reads the authority of a folder.
 *
 * @throws {Failure} If there is none.
 */
export async function readAuthority(
  { system }: Run,
  folder: string,
): Promise<IssuedCertificate> {
  const cert = await readText(system, `${folder}/ca.pem`);
  const key = await readText(system, `${folder}/ca-key.pem`);
  const { chain } = await parseKeyPair(cert, key);
  return { cert, key, identity: { chain, key: await PrivateKey.parse(key) } };
}
