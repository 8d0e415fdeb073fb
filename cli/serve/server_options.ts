/**
 * From the options of the command line to those of a listener.
 *
 * @module
 */

import { acme } from "../../acme/acme.ts";
import type { ServerOptions } from "../../connection/options/options.ts";
import type { TlsVersion } from "../../connection/options/negotiation_options.ts";
import type { TlsFetch } from "../../http/fetch_options.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { Failure } from "../base/exit.ts";
import { readText } from "../base/files.ts";
import { type Run, writeLines } from "../base/run.ts";
import { readAuthority } from "../net/authority.ts";
import { ownCertificate } from "../net/client_options.ts";
import type { VersionFlags } from "../net/flags.ts";
import { type WatchFlags, watching } from "../net/watch.ts";

/** What a server shows, and what it demands of clients. */
export interface IdentityFlags extends VersionFlags, WatchFlags {
  readonly cert?: string;
  readonly key?: string;
  readonly pfx?: string;
  readonly passphrase?: string;
  readonly ca?: string;
  readonly name?: readonly string[];
  readonly clientCa?: readonly string[];
  readonly acme?: boolean;
  readonly acmeDirectory?: string;
  readonly acmeCaFile?: readonly string[];
  readonly acmeEmail?: string;
  readonly acmeStore?: string;
  readonly agree?: boolean;
  readonly ech?: string;
}

/** The options of a listener, and what to close behind it. */
export interface MadeOptions {
  readonly options: ServerOptions;
  close(): Promise<void>;
}

/**
 * Makes the options.
 *
 * @throws {Failure} If files cannot be read, or options contradict each other.
 */
export async function serverOptions(
  run: Run,
  flags: IdentityFlags,
  signal: AbortSignal,
): Promise<MadeOptions> {
  const common = await commonOptions(run, flags);
  if (flags.acme) return await withAcme(run, flags, common, signal);
  const isGiven = flags.cert ?? flags.key ?? flags.pfx;
  const identity = isGiven === undefined
    ? await madeIdentity(run, flags)
    : await ownCertificate(run.system, flags);
  return {
    options: { ...common, ...identity },
    close: () => Promise.resolve(),
  };
}

async function commonOptions(
  { system }: Run,
  flags: IdentityFlags,
): Promise<ServerOptions> {
  const { clientCa, ech } = flags;
  return {
    ...watching(system, flags),
    ...ech === undefined ? {} : { ech: { keys: await readText(system, ech) } },
    minVersion: flags.minVersion as TlsVersion | undefined,
    maxVersion: flags.maxVersion as TlsVersion | undefined,
    cipherSuites: flags.cipherSuites,
    groups: flags.groups,
    ...flags.alpn === undefined ? {} : { alpnProtocols: flags.alpn },
    ...clientCa === undefined ? {} : {
      clientAuth: "require",
      caCerts: await Promise.all(
        clientCa.map((path) => readText(system, path)),
      ),
    },
  };
}

/** A certificate for this run: of an authority for development, or of nobody. */
async function madeIdentity(
  run: Run,
  { ca, name = ["localhost", "127.0.0.1", "::1"] }: IdentityFlags,
): Promise<Pick<ServerOptions, "cert" | "key">> {
  const issuer = ca === undefined
    ? {}
    : { issuer: await readAuthority(run, ca) };
  const { cert, key, identity } = await issueCertificate({
    names: name,
    ...issuer,
  });
  if (ca === undefined) {
    await run.note(
      `The certificate is made for this run and trusted by nobody; SHA-256 ${
        identity.chain[0]?.fingerprint()
      }`,
    );
  }
  return { cert, key };
}

async function withAcme(
  run: Run,
  flags: IdentityFlags,
  common: ServerOptions,
  signal: AbortSignal,
): Promise<MadeOptions> {
  const { name, agree, acmeEmail, acmeDirectory, acmeStore } = flags;
  if (name === undefined || !agree) {
    throw new Failure(
      "usage",
      "Cannot use --acme: expected --name, and --agree to the authority's terms of service",
    );
  }
  const fetch = await fetchOf(run, flags);
  const certificates = made(() =>
    acme({
      directory: acmeDirectory ?? LETS_ENCRYPT,
      domains: name,
      termsOfServiceAgreed: true,
      store: acmeStore ?? "./certificates",
      ...acmeEmail === undefined ? {} : { email: acmeEmail },
      ...fetch === undefined
        ? {}
        : { fetch: (url: string, init: RequestInit) => fetch(url, init) },
      signal,
      onEvent: (event) => {
        const { type, ...rest } = event;
        const text = `ACME: ${type} ${JSON.stringify(rest)}`;
        if (run.flags.quiet) return;
        writeLines(run.system.stderr, [text]).catch(() => {});
      },
    })
  );
  const { sni, onClientHello } = certificates;
  return {
    options: { ...common, sni, onClientHello },
    close: async () => {
      await certificates.close();
      await fetch?.close();
    },
  };
}

/** What asks an authority whose own certificate only some trust. */
async function fetchOf(
  { system }: Run,
  { acmeCaFile }: IdentityFlags,
): Promise<TlsFetch | undefined> {
  if (acmeCaFile === undefined) return undefined;
  const caCerts = await Promise.all(
    acmeCaFile.map((path) => readText(system, path)),
  );
  const { createFetch } = await import("../../http/create_fetch.ts");
  return createFetch({ caCerts });
}

function made<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Failure("usage", cause.message, { cause });
  }
}

const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
