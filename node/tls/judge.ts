/**
 * How one socket judges its peer, and what it shows of that.
 *
 * @module
 */

import type { ConnectionInfo } from "../../connection/info.ts";
import type { PeerVerdict } from "../../handshake/common/callback_info.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { NodeCertificate } from "../../x509/certificate/node_object.ts";
import { certificateObject } from "../views.ts";
import { noCertificate, verifyError } from "./checks.ts";
import { groupAsInNode } from "./ciphers.ts";
import { nodeError } from "./errors.ts";
import type { SecureContext } from "./secure_context.ts";

/** What a client verifies its server by, as `connect` was called with. */
export interface ServerCheck {
  /** The name that the certificate must have. */
  readonly hostname: string;
  /** Says whether it has. */
  readonly check: (
    host: string,
    cert: NodeCertificate,
  ) => Error | undefined | null;
  /** The smallest group for DHE, in bits. */
  readonly minDhSize: number;
  /** What an error about the connection shows. */
  readonly address: Readonly<Record<string, unknown>>;
}

/** What the socket shows of a judgement. */
interface Finding {
  readonly authorized: boolean;
  readonly authorizationError: string | null;
}

/** The judgement on one peer. */
export class Judge {
  /** How `connect` verifies the server. */
  check: ServerCheck | undefined;
  /** What is wrong with the peer's certificates. */
  verifyError: Error | undefined;
  /** Why the peer is refused. */
  refusal: Error | undefined;
  #shown: Finding = { authorized: false, authorizationError: null };
  #found: Finding = this.#shown;
  /** Whether a peer that was not verified is refused. */
  refuses: boolean;
  readonly #context: SecureContext;
  #verdict: PeerVerdict | undefined;

  /** Starts without a verdict. */
  constructor(context: SecureContext, refuses: boolean) {
    this.#context = context;
    this.refuses = refuses;
  }

  /**
   * Whether the peer was verified, or has the pre-shared key: `false` until the
   * handshake is done, in which it has proved that the certificate is its own.
   */
  get authorized(): boolean {
    return this.#shown.authorized;
  }

  /** Why it was not: OpenSSL's name. */
  get authorizationError(): string | null {
    return this.#shown.authorizationError;
  }

  /** Shows the judgement: the handshake is done. */
  reveal(): void {
    this.#shown = this.#found;
  }

  /** What the peer sent, and what its path leads to. */
  get chain(): readonly Certificate[] {
    const { chain = [], path = [] } = this.#verdict ?? {};
    return [...chain, ...path];
  }

  /** Takes the verdict on the peer's certificates. */
  note(verdict: PeerVerdict): void {
    this.#verdict = verdict;
    this.verifyError = verifyError(
      verdict,
      (anchor) => this.#context.mayEndChain(anchor),
    );
  }

  /** Whether a client goes on with a server: one that nobody checks is accepted. */
  acceptsServer(): boolean {
    const error = this.verifyError ?? this.#wrongName();
    this.#find(error);
    if (this.check === undefined || error === undefined || !this.refuses) {
      return true;
    }
    // Where a session is not offered, what the server shows counts.
    if (!this.#verdict?.resumed) this.refusal = error;
    return false;
  }

  /** Whether a server that has asked for a certificate goes on. */
  acceptsClient(): boolean {
    this.#find(
      this.#verdict === undefined ? noCertificate() : this.verifyError,
    );
    return this.#found.authorized || !this.refuses;
  }

  /** The peer has the pre-shared key. */
  acceptPsk(): void {
    this.#find(undefined);
  }

  /** The error where the group of DHE is too small. */
  weakGroup({ group }: ConnectionInfo): Error | undefined {
    const info = group === undefined ? undefined : groupAsInNode(group);
    const least = this.check?.minDhSize ?? 0;
    if (info?.type !== "DH" || info.size >= least) return undefined;
    return nodeError(
      "ERR_TLS_DH_PARAM_SIZE",
      `DH parameter size ${info.size} is less than ${least}`,
    );
  }

  #find(error: Error | undefined): void {
    this.#found = {
      authorized: error === undefined,
      authorizationError: error === undefined
        ? null
        : "code" in error && error.code
        ? String(error.code)
        : error.message,
    };
    // That there is something wrong is no secret.
    if (error !== undefined) this.reveal();
  }

  #wrongName(): Error | undefined {
    const verdict = this.#verdict;
    if (this.check === undefined || verdict === undefined) return undefined;
    const { check, hostname } = this.check;
    const shown = certificateObject(verdict.chain[0], this.chain);
    // Without a certificate the name cannot be right either.
    // As in Node, null and its like say that the name is right, too.
    return check(hostname, shown as NodeCertificate) || undefined;
  }
}
