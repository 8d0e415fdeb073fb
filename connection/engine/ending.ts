/**
 * How a connection ends: the one place where an error becomes an alert.
 *
 * @module
 */

import {
  TlsAlertError,
  type TlsAlertName,
  TlsError,
  type TlsErrorCode,
  type TlsSide,
  type TlsStage,
  TlsTruncatedError,
} from "../../errors.ts";
import { explain } from "./explanation.ts";
import type { HandshakeIO } from "../../handshake/io/message_stream.ts";
import type { RecordLayer } from "../../record/layer.ts";
import { Deadline } from "../transport/deadline.ts";
import type { Transport } from "../transport/transport.ts";

/** How a connection ended. */
export type CloseResult =
  | { readonly clean: true }
  | { readonly clean: false; readonly error: unknown };

/** What of a connection its end has to do with. */
export interface Ends {
  readonly side: TlsSide;
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly io: HandshakeIO;
  /** How far it has come. */
  stage(): TlsStage;
  /** Whether an alert may be a server's word on our certificate. */
  awaitsCertificateVerdict(): boolean;
  /** The connection is over: who waits for the peer gets `reason`. */
  abandon(reason: unknown): void;
}

/** The end of one connection: the first error, and who is told of it. */
export class Ending {
  readonly #ends: Ends;
  readonly #closed = Promise.withResolvers<CloseResult>();
  /** The first error: given again by all later calls. */
  #failure: { readonly error: unknown } | undefined;
  /** The error that ended it, where it was not closed. */
  #fault: { readonly error: unknown } | undefined;
  /** Who waits for a callback or the peer, and is told if the connection fails. */
  readonly #waiters = new Set<(error: unknown) => void>();
  #isDetached = false;
  /** Errors that are this connection's: they have its side and stage. */
  readonly #own = new WeakSet<TlsError>();
  /** What the transport's own ends failed with. */
  readonly #ofTransport = new Set<unknown>();
  /** What the transport refused to take our data with. */
  #unsent: { readonly error: unknown } | undefined;

  /** Nothing has ended yet. */
  constructor(ends: Ends) {
    this.#ends = ends;
  }

  /** How it ended, once it has. */
  get closed(): Promise<CloseResult> {
    return this.#closed.promise;
  }

  /** The first error, if there was one. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** The error that ended it, if it is one that did. */
  get fault(): { readonly error: unknown } | undefined {
    return this.#fault;
  }

  /** The transport is the caller's again: nothing that comes ends it. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  /** Gives the transport back. */
  detach(): void {
    this.#isDetached = true;
    this.settle({ clean: true });
  }

  /** Says how it ended. */
  settle(result: CloseResult): void {
    this.#closed.resolve(result);
  }

  /** Throws the first error, if there was one. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * What `work` gives, or the connection's error as soon as there is one: a
   * callback of the caller's, or the peer, may never answer.
   */
  async unlessFailed<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#waiters.add(reject);
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.#waiters.delete(reject);
    }
  }

  /** The connection is over: what is pending is told so, if nothing else was. */
  stop(error: unknown): boolean {
    if (this.#failure !== undefined) return false;
    this.#failure = { error };
    this.#ends.abandon(error);
    this.#ends.records.reader.cancel(error);
    for (const reject of this.#waiters) reject(error);
    return true;
  }

  /**
   * An error ends the connection: it is completed with what only the connection
   * knows, the peer is told by an alert, and the transport is let go. Gives the
   * first error, which is the one that counts.
   */
  fail(reason: unknown): unknown {
    const cause = this.#moreTelling(reason);
    const isOfTransport = this.#ofTransport.has(cause);
    return this.#end(
      this.#complete(cause, !isOfTransport),
      (error) => isOfTransport ? undefined : alertFor(error),
    );
  }

  /** The same for a reason of the caller's, which need not be a fault. */
  giveUp(reason: unknown): void {
    this.#end(this.complete(reason), ownAlert);
  }

  /** The transport gave an error, which is its own and none to tell the peer. */
  transportFailed(error: unknown): void {
    this.#ofTransport.add(error);
  }

  /** The same of a write of application data. */
  writeFailed(error: unknown): void {
    this.transportFailed(error);
    this.#unsent ??= { error };
  }

  #end(
    error: unknown,
    alertFor: (error: unknown) => TlsAlertName | undefined,
  ): unknown {
    if (this.#failure !== undefined) return this.#failure.error;
    if (this.#isDetached) return error;
    this.stop(error);
    this.#fault = { error };
    this.#tellPeer(error, alertFor(error)).catch(ignore).then(() => {
      this.settle({ clean: false, error });
    });
    return error;
  }

  /** A transport that takes nothing more says more of it than its end does. */
  #moreTelling(cause: unknown): unknown {
    const isEnd = cause instanceof TlsTruncatedError ||
      this.#ofTransport.has(cause);
    return isEnd && this.#unsent !== undefined ? this.#unsent.error : cause;
  }

  /** An error with its side and stage, and the code that fits it best. */
  complete(cause: unknown): unknown {
    return this.#complete(cause, false);
  }

  /** `isFault` says that it ends the connection, and no word of the caller's. */
  #complete(cause: unknown, isFault: boolean): unknown {
    if (cause instanceof TlsError && this.#own.has(cause)) return cause;
    const error = explain(cause, {
      awaitsVerdict: this.#ends.awaitsCertificateVerdict(),
      isHandshaking: this.#ends.stage() === "handshake",
      isOfTransport: this.#ofTransport.has(cause),
      remarks: this.#ends.io.remarks,
    });
    if (!(error instanceof TlsError)) return error;
    const own = TlsError.place(error, {
      side: this.#ends.side,
      stage: error.stage ?? this.#ends.stage(),
      ...(isFault && isOwnFault(error) ? { alert: "internal_error" } : {}),
    });
    this.#own.add(own);
    return own;
  }

  /** Sends the alert, if there is one to send, and ends the transport. */
  async #tellPeer(
    error: unknown,
    alert: TlsAlertName | undefined,
  ): Promise<void> {
    const { io, records, transport } = this.#ends;
    const late = Promise.withResolvers<void>();
    const deadline = new Deadline(ALERT_TIMEOUT, undefined, () => {
      late.resolve();
    });
    try {
      if (alert !== undefined && !this.#isUnheardOf()) {
        io.sendAlert("fatal", alert);
        await Promise.race([this.#leave(), late.promise]);
      }
    } finally {
      deadline.clear();
      records.writer.abort(error);
      transport.abort(error);
    }
  }

  /** A client that has not said a word does not begin with an alert. */
  #isUnheardOf(): boolean {
    const { side, records } = this.#ends;
    return side === "client" && records.stats.recordsWritten === 0;
  }

  /** Has what was written last arrive. */
  async #leave(): Promise<void> {
    await this.#ends.io.flush();
    await this.#ends.transport.linger();
  }
}

/**
 * What keys, certificates and stores are refused with has no alert by itself:
 * where a callback or a look-up of ours meets it, the fault is here.
 */
function isOwnFault({ name, code, alert }: TlsError): boolean {
  return name === "TlsError" && alert === undefined && !UNTOLD.has(code);
}

/** Which alert an error is told to the peer by. */
function alertFor(error: unknown): TlsAlertName | undefined {
  // An error of a callback, or of ours, has none.
  return error instanceof TlsError ? ownAlert(error) : "internal_error";
}

/** The alert that an error of ours names; one of the peer's is not answered. */
function ownAlert(error: unknown): TlsAlertName | undefined {
  return error instanceof TlsError && !(error instanceof TlsAlertError)
    ? error.alert
    : undefined;
}

function ignore(): void {}

/** What says that there is nobody to tell, or nothing to tell of. */
const UNTOLD: ReadonlySet<TlsErrorCode> = new Set(["closed", "not_tls"]);

/** Milliseconds that a peer has to take our alert. */
const ALERT_TIMEOUT = 5000;
