/**
 * Certificates that come and renew by themselves (RFC 8555).
 *
 * @module
 */

import type { NamedInput } from "../connection/options/options.ts";
import type { ClientHelloInfo } from "../handshake/common/callback_info.ts";
import { hasName } from "../x509/certificate/hostname.ts";
import type { Identity } from "../x509/keys/key_pair.ts";
import { ACME_TLS_1 } from "../registry.ts";
import {
  type AcmeOptions,
  type AcmeSettings,
  readAcmeOptions,
} from "./options.ts";
import type { Running } from "./running.ts";

/**
 * Certificates from a certificate authority that speaks ACME (RFC 8555), such as
 * Let's Encrypt: they are obtained, kept in a store and renewed while the server
 * runs. The CA is shown the challenge "tls-alpn-01" (RFC 8737), so the server must
 * listen on port 443 of every name; another program or port is not needed.
 *
 * A certificate is renewed when the CA says (RFC 9773), else when a third of its
 * lifetime is left. The old one stays in use until the new one is there. What
 * fails is tried again, as late as the CA asks or twice as late each time.
 * Machines that share a store have one order at a time between them, and all of
 * them answer the challenge.
 *
 * @param options The CA, the names, and where to keep what comes.
 * @returns What `sni` and `onClientHello` of a listener take.
 * @throws {TypeError} If an option is not as it must be.
 *
 * @example A server with certificates of Let's Encrypt
 * ```ts ignore
 * import { acme, listen } from "@x/tls";
 *
 * const certificates = acme({
 *   directory: "https://acme-v02.api.letsencrypt.org/directory",
 *   domains: ["example.com", "www.example.com"],
 *   email: "admin@example.com",
 *   termsOfServiceAgreed: true,
 *   store: "./certificates",
 *   onEvent: (event) => console.log(event),
 * });
 * const { sni, onClientHello } = certificates;
 * for await (const conn of listen({ port: 443, sni, onClientHello })) {
 *   conn.readable.pipeTo(conn.writable).catch(() => {});
 * }
 * ```
 */
export function acme(options: AcmeOptions): AcmeCertificates {
  return new AcmeCertificates(readAcmeOptions(options));
}

/**
 * The certificate of {@linkcode acme}, the one that is good now.
 *
 * @example A server that waits for its first certificate
 * ```ts ignore
 * import { acme, listen } from "@x/tls";
 *
 * await using certificates = acme({
 *   directory: "https://acme-v02.api.letsencrypt.org/directory",
 *   domains: ["example.com"],
 *   termsOfServiceAgreed: true,
 *   store: "./certificates",
 * });
 * const { sni, onClientHello } = certificates;
 * const listener = listen({ port: 443, sni, onClientHello });
 * certificates.ready.then(() => console.log("ready"), console.error);
 * for await (const conn of listener) await conn.close();
 * ```
 */
export class AcmeCertificates implements AsyncDisposable {
  /**
   * The option `sni`: the certificate, for the names that it is for and for
   * clients that send no name. There is none before {@linkcode ready}: such
   * clients are refused.
   */
  readonly sni: (serverName: string | undefined) => Identity | undefined;
  /**
   * The option `onClientHello`: answers the CA's challenge, and has nothing to say
   * to anybody else. A connection with the challenge, whose `info.alpnProtocol` is
   * `"acme-tls/1"`, closes itself behind the handshake: it has shown no client
   * certificate, and no data belongs on it (RFC 8737 section 3). `listen()` and
   * `serve()` do not hand it out.
   */
  readonly onClientHello: (
    info: ClientHelloInfo,
  ) => Promise<NamedInput | undefined>;
  /**
   * Resolves when there is a certificate. Listen before you wait for it: the CA
   * connects to the listener. It rejects if it is closed before.
   */
  readonly ready: Promise<void>;
  readonly #ended: Promise<void>;
  readonly #over = new AbortController();

  /** @internal Use `acme`. */
  constructor(settings: AcmeSettings) {
    const running = load(settings);
    const first = Promise.withResolvers<void>();
    let current: Identity | undefined;
    this.ready = first.promise;
    this.ready.catch(() => {}); // Nobody may be waiting.
    this.sni = (serverName) =>
      serverName === undefined || isFor(current, serverName)
        ? current
        : undefined;
    this.onClientHello = ({ alpnProtocols, serverName }) =>
      answerChallenge(running, alpnProtocols, serverName);
    const signals = settings.signal === undefined ? [] : [settings.signal];
    const signal = AbortSignal.any([...signals, this.#over.signal]);
    const use = (identity: Identity) => {
      current = identity;
      first.resolve();
    };
    this.#ended = running.then((running) => running.run({ signal, use }))
      .then(() => first.reject(signal.reason), (error) => first.reject(error));
  }

  /**
   * Ends obtaining and renewing; the certificate stays in use.
   *
   * @returns Resolves when nothing is under way any more.
   */
  async close(): Promise<void> {
    this.#over.abort(new DOMException("acme() was closed", "AbortError"));
    await this.#ended;
  }

  /** Closes. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What speaks ACME is loaded when it is used. */
async function load(settings: AcmeSettings): Promise<Running> {
  const { Running } = await import("./running.ts");
  return new Running(settings);
}

async function answerChallenge(
  running: Promise<Running>,
  alpnProtocols: readonly string[],
  serverName: string | undefined,
): Promise<NamedInput | undefined> {
  // RFC 8737 section 3: the list has this protocol alone.
  if (alpnProtocols.length !== 1 || alpnProtocols[0] !== ACME_TLS_1) {
    return undefined;
  }
  const { challenges } = await running;
  const identity = await challenges.find(serverName);
  if (identity !== undefined) return identity;
  throw new Error(
    "Cannot answer the ACME challenge: none is open for that name",
  );
}

function isFor(identity: Identity | undefined, serverName: string): boolean {
  const leaf = identity?.chain[0];
  return leaf !== undefined && hasName(leaf, serverName);
}
