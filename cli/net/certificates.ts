/**
 * Certificates from where an argument says: a file, standard input, or a server.
 *
 * @module
 */

import { Certificate } from "../../x509/certificate/certificate.ts";
import { isPem } from "../../x509/asn1/pem.ts";
import { Failure } from "../base/exit.ts";
import { readInput } from "../base/files.ts";
import type { Run } from "../base/run.ts";
import { clientOptions } from "./client_options.ts";
import { connectTarget, targetOf } from "./dial.ts";
import type { DialFlags } from "./flags.ts";
import { judging } from "./judge.ts";

/** Where certificates can come from, for the text of help. */
export const SOURCE = "a file, - for standard input, or HOST:PORT";

/** Options of where certificates come from. */
export interface SourceFlags extends DialFlags {
  readonly serverName?: string;
}

/**
 * Reads certificates, the leaf first: at least one.
 *
 * @throws {Failure} If there is none.
 */
export async function readCertificates(
  run: Run,
  source: string,
  flags: SourceFlags,
): Promise<[Certificate, ...Certificate[]]> {
  const found = isHost(source)
    ? (await fromServer(run, source, flags)).chain
    : await fromFile(run, source);
  const [leaf, ...others] = found;
  if (leaf !== undefined) return [leaf, ...others];
  throw new Failure("file", `Cannot use "${source}": it has no certificate`, {
    code: "no_certificate",
  });
}

/**
 * Reads certificates of a file.
 *
 * @throws {Failure} If it has none.
 */
export async function fromFile(
  run: Run,
  path: string,
): Promise<Certificate[]> {
  const bytes = await readInput(run.system, path).catch((error) => {
    // A host without a port looks like a file.
    if (!(error instanceof Failure) || !/^[\w-]+(\.[\w-]+)+$/.test(path)) {
      throw error;
    }
    throw new Failure(error.kind, error.message, {
      cause: error,
      hint: `For a server write ${path}:443`,
    });
  });
  return isPem(bytes)
    ? Certificate.fromPem(bytes)
    : [Certificate.parse(bytes, { lenient: true })];
}

/**
 * Whether an argument is a server, and not a file. A path with a colon before digits can be
 * written as `./PATH`.
 */
export function isHost(source: string): boolean {
  return /^https:\/\//i.test(source) ||
    /^(\[[0-9a-f:.%\w]+\]|[\w.-]+):\d{1,5}$/i.test(source);
}

/** What a server shows. */
interface Shown {
  readonly chain: readonly Certificate[];
  /** The OCSP response that it staples. */
  readonly staple: Uint8Array | undefined;
}

/** What a server shows, whatever is wrong with it. */
export async function fromServer(
  { system }: Run,
  source: string,
  flags: SourceFlags,
): Promise<Shown> {
  const base = await clientOptions(system, {
    ...flags.serverName === undefined ? {} : { serverName: flags.serverName },
    unsafelyIgnoreCertificateErrors: true,
  });
  const { options, found } = judging(base);
  try {
    const conn = await connectTarget(targetOf(source, flags), options);
    const { peerCertificates: chain, ocspResponse: staple } = conn.info;
    await conn.close();
    return { chain, staple };
  } catch (error) {
    // A server that asks for a client's certificate has shown its own before.
    if (found.judged === undefined) throw error;
    return { chain: found.judged.chain, staple: undefined };
  }
}
