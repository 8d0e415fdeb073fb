/**
 * Certificates with their keys, read when they are needed.
 *
 * @module
 */

import {
  refusalOfKey,
  type SecurityPolicy,
} from "../../crypto/suites/security_level.ts";
import { parsePublicKey } from "../../crypto/signatures/public_key.ts";
import { TlsError } from "../../errors.ts";
import type { LocalIdentity } from "../../handshake/common/local_identity.ts";
import { Lazy } from "../../lazy.ts";
import { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { readCertificates } from "../../x509/keys/inputs.ts";
import type { IdentityInput } from "./identity_options.ts";
import type { ParsedOptions } from "./table.ts";
import { identityInput } from "./values.ts";

/**
 * Reads the identities of options, in order of preference.
 *
 * @throws {TlsError} If a key or certificate cannot be read or does not match.
 */
export async function readIdentities(
  options: ParsedOptions,
): Promise<readonly LocalIdentity[]> {
  const { cert, key, pfx, passphrase, certificates } = options;
  const identities: LocalIdentity[] = [];
  if (cert !== undefined && key !== undefined) {
    identities.push(await readIdentity({ cert, key, passphrase }));
  }
  if (pfx !== undefined) {
    const { parsePfx } = await pfxFiles.load();
    identities.push(await ownFault(parsePfx(pfx, { passphrase })));
  }
  for (const input of certificates) identities.push(await readIdentity(input));
  const [first, ...others] = identities;
  if (first === undefined) return [];
  const { ocspResponse, signedCertificateTimestamps } = options;
  return [
    {
      ...first,
      ...(ocspResponse && { ocspResponse }),
      ...(signedCertificateTimestamps && { signedCertificateTimestamps }),
    },
    ...others,
  ];
}

/**
 * Reads the identity that a client's callback returned.
 *
 * @throws {TypeError} If it is not an identity, or one for servers.
 * @throws {TlsError} If it cannot be read, or the key does not match.
 */
export async function readGivenIdentity(
  given: unknown,
  giver: string,
): Promise<LocalIdentity> {
  const identity = await readIdentity(identityInput(given, giver));
  if (identity.delegation?.side !== "server") return identity;
  throw new TypeError(
    `Cannot use what "${giver}" returned: its delegated credential is for servers (RFC 9345 section 4)`,
  );
}

/** Reads an identity, or checks one that was read already. */
async function readIdentity(input: IdentityInput): Promise<LocalIdentity> {
  const { parseKeyPair, parseSigner } = await keyPairs.load();
  if ("chain" in input) {
    // The caller chose its order; its key must be that of the first.
    await ownFault(parseKeyPair(input.chain.slice(0, 1), input.key));
    return input;
  }
  const { key, passphrase } = input;
  if ("rawPublicKey" in input) {
    return { chain: [], key: await ownFault(parseSigner(key, { passphrase })) };
  }
  const { cert, delegatedCredential } = input;
  if (delegatedCredential === undefined) {
    return await ownFault(parseKeyPair(cert, key, { passphrase }));
  }
  const chain = readCertificates(cert);
  const signer = await ownFault(parseSigner(key, { passphrase }));
  const { readDelegation } = await delegations.load();
  const delegation = await ownFault(
    readDelegation(delegatedCredential, chain[0], signer.publicKey),
  );
  return { chain, key: signer, delegation };
}

/**
 * Refuses our own keys below the security level, as OpenSSL does: no
 * peer with the same level would accept them.
 *
 * @throws {TlsCertificateError} `weak_key`
 */
export function requireStrength(
  identities: readonly LocalIdentity[],
  security: SecurityPolicy,
): readonly LocalIdentity[] {
  for (const { chain, key } of identities) {
    const [leaf] = chain;
    const weak = refusalOfKey(
      leaf?.publicKey ?? parsePublicKey(key.publicKey.spki),
      security,
    );
    if (weak === undefined) continue;
    throw new TlsCertificateError(
      "weak_key",
      `Cannot use our ${
        leaf === undefined
          ? "raw public key"
          : `certificate of "${leaf.subject}"`
      }: ${weak}`,
      { certificate: leaf, chain, alert: "internal_error" },
    );
  }
  return identities;
}

/**
 * A fault of our own certificate is not the peer's, as an alert about a
 * certificate would say: the alert is `internal_error`.
 */
async function ownFault<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof TlsError
      ? TlsError.place(error, { alert: "internal_error" })
      : error;
  }
}

const keyPairs = new Lazy(
  "private keys",
  () => import("../../x509/keys/key_pair.ts"),
);

const delegations = new Lazy(
  "delegated credentials",
  () => import("../../handshake/common/delegated_credential.ts"),
);

const pfxFiles = new Lazy(
  "PFX files",
  () => import("../../x509/keys/pfx.ts"),
);
