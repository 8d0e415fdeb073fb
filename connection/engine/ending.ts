/**
 * The end of a connection by an error: the one place where an error becomes an
 * alert.
 *
 * @module
 */

import {
  TlsAlertError,
  type TlsAlertName,
  TlsError,
  type TlsErrorCode,
  TlsTruncatedError,
} from "../../errors.ts";
import { loadedFlow } from "../../handshake/flows.ts";
import type { HandshakeIO } from "../../handshake/io/message_stream.ts";
import { Deadline } from "../transport/deadline.ts";
import type { Transport } from "../transport/transport.ts";
import type { ConnectionState, Failure } from "./state.ts";

/** How a connection ended. */
export type CloseResult =
  | { readonly clean: true }
  | { readonly clean: false; readonly error: unknown };

/** The parts of a connection that its end needs. */
export interface EndingParts {
  readonly state: ConnectionState;
  readonly io: HandshakeIO;
  readonly transport: Transport;
}

/** Ends one connection by its first error, and tells the peer about it. */
export class Ending {
  readonly #state: ConnectionState;
  readonly #io: HandshakeIO;
  readonly #transport: Transport;
  #result: CloseResult | undefined;
  #closed: PromiseWithResolvers<CloseResult> | undefined;
  /** Called when the connection has ended. */
  #onEnd: (() => void) | undefined;
  /** The error that ended the connection, if it was not closed. */
  #fault: Failure | undefined;
  /** Errors that have this connection's side and stage already. */
  #own: WeakSet<TlsError> | undefined;
  /** Errors of the transport itself. */
  #ofTransport: Set<unknown> | undefined;
  /** The transport's error for a write of application data. */
  #unsent: Failure | undefined;

  constructor({ state, io, transport }: EndingParts) {
    this.#state = state;
    this.#io = io;
    this.#transport = transport;
  }

  /** Resolves when the connection has ended: says how. */
  get closed(): Promise<CloseResult> {
    if (this.#closed === undefined) {
      this.#closed = Promise.withResolvers();
      if (this.#result !== undefined) this.#closed.resolve(this.#result);
    }
    return this.#closed.promise;
  }

  /** The error that ended the connection, if it was not closed. */
  get fault(): Failure | undefined {
    return this.#fault;
  }

  /** Open → Closed, without an error: the transport is the caller's again. */
  detach(): void {
    this.#state.detach();
    this.settle({ clean: true });
  }

  /** Settles `closed`. */
  settle(result: CloseResult): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    this.#io.tell.tell({ type: "closed", ...result });
    this.#closed?.resolve(result);
    this.#onEnd?.();
  }

  /** Calls a function when the connection has ended, without watching for it. */
  onEnd(callback: () => void): void {
    if (this.#result === undefined) this.#onEnd = callback;
    else callback();
  }

  /**
   * Ends the connection by an error: adds what only the connection knows, sends
   * the peer an alert, and aborts the transport.
   *
   * @returns The first error of the connection, which all calls reject with.
   */
  fail(reason: unknown): unknown {
    const cause = this.#moreTelling(reason);
    const isOfTransport = this.#isOfTransport(cause);
    return this.#end(
      this.#complete(cause, !isOfTransport),
      (error) => isOfTransport ? undefined : alertFor(error),
    );
  }

  /** The same for a reason that a caller gave, which need not be a fault. */
  giveUp(reason: unknown): void {
    this.#end(this.complete(reason), ownAlert);
  }

  /** Remembers an error of the transport: no alert reports it. */
  transportFailed(error: unknown): void {
    (this.#ofTransport ??= new Set()).add(error);
  }

  /** The same for a write of application data. */
  writeFailed(error: unknown): void {
    this.transportFailed(error);
    this.#unsent ??= { error };
  }

  #end(
    error: unknown,
    alertFor: (error: unknown) => TlsAlertName | undefined,
  ): unknown {
    const { failure, isDetached } = this.#state;
    if (failure !== undefined) return failure.error;
    if (isDetached) return error;
    this.#fault = { error };
    this.#state.fail(this.#fault);
    this.#tellPeer(error, alertFor(error)).catch(ignore).then(() => {
      this.settle({ clean: false, error });
    });
    return error;
  }

  /** An error of a write explains more than the end of the transport. */
  #moreTelling(cause: unknown): unknown {
    const isEnd = cause instanceof TlsTruncatedError ||
      this.#isOfTransport(cause);
    return isEnd && this.#unsent !== undefined ? this.#unsent.error : cause;
  }

  /** Adds side and stage to an error, and the code that fits it best. */
  complete(cause: unknown): unknown {
    return this.#complete(cause, false);
  }

  /** `isFault`: the error ends the connection, and no caller asked for it. */
  #complete(cause: unknown, isFault: boolean): unknown {
    if (cause instanceof TlsError && this.#own?.has(cause)) return cause;
    const { side, stage } = this.#state;
    // Before it is loaded there is nothing to explain.
    const flow = loadedFlow(side);
    const error = flow === undefined ? cause : flow.explain(cause, {
      awaitsVerdict: this.#awaitsCertificateVerdict(),
      isHandshaking: stage === "handshake",
      isOfTransport: this.#isOfTransport(cause),
      remarks: this.#io.remarks,
    });
    if (!(error instanceof TlsError)) return error;
    const own = TlsError.place(error, {
      side,
      stage: error.stage ?? stage,
      ...(isFault && isOwnFault(error) ? { alert: "internal_error" } : {}),
    });
    (this.#own ??= new WeakSet()).add(own);
    return own;
  }

  #isOfTransport(cause: unknown): boolean {
    return this.#ofTransport?.has(cause) ?? false;
  }

  /** Sends the alert, if there is one, and aborts the transport. */
  async #tellPeer(
    error: unknown,
    alert: TlsAlertName | undefined,
  ): Promise<void> {
    const late = Promise.withResolvers<void>();
    const deadline = new Deadline(ALERT_TIMEOUT, undefined, () => {
      late.resolve();
    });
    try {
      if (alert !== undefined && !this.#isUnheardOf()) {
        // RFC 9846 section 6.1: close_notify and user_canceled "MUST be sent
        // with AlertLevel=warning", and the latter "MUST be followed by a
        // "close_notify"".
        const isCanceled = alert === "user_canceled";
        const level = isCanceled || alert === "close_notify"
          ? "warning"
          : "fatal";
        this.#io.sendAlert(level, alert);
        if (isCanceled) this.#io.sendAlert(level, "close_notify");
        await Promise.race([this.#deliver(), late.promise]);
      }
    } finally {
      deadline.clear();
      this.#io.records.writer.abort(error);
      this.#transport.abort(error);
    }
  }

  /** A client that has sent nothing does not begin with an alert. */
  #isUnheardOf(): boolean {
    return this.#state.side === "client" &&
      this.#io.records.stats.recordsWritten === 0;
  }

  /** In TLS 1.3 a server judges our certificate after our handshake is done. */
  #awaitsCertificateVerdict(): boolean {
    const { side, hasData, post } = this.#state;
    return side === "client" && !hasData &&
      (post?.awaitsCertificateVerdict ?? false);
  }

  /** Lets the alert arrive before the transport is aborted. */
  async #deliver(): Promise<void> {
    await this.#io.flush();
    await this.#transport.linger();
  }
}

/**
 * Errors of keys, certificates and stores name no alert: when one ends a
 * connection, the fault is at our end.
 */
function isOwnFault({ name, code, alert }: TlsError): boolean {
  return name === "TlsError" && alert === undefined && !UNTOLD.has(code);
}

/** The alert that reports an error to the peer. */
function alertFor(error: unknown): TlsAlertName | undefined {
  // Errors of callbacks, and faults of this module, name none.
  return error instanceof TlsError ? ownAlert(error) : "internal_error";
}

/**
 * The alert that an error names. An alert is not answered by another one, but
 * close_notify is: RFC 5246 section 7.2.1, "The other party MUST respond with a
 * close_notify alert of its own", and RFC 9846 section 6.1 has each party send
 * it before it closes.
 */
function ownAlert(error: unknown): TlsAlertName | undefined {
  if (!(error instanceof TlsError)) return undefined;
  return error instanceof TlsAlertError && error.alert !== "close_notify"
    ? undefined
    : error.alert;
}

function ignore(): void {}

/** With these there is no peer that an alert could reach, or no fault. */
const UNTOLD: ReadonlySet<TlsErrorCode> = new Set(["closed", "not_tls"]);

/** Milliseconds in which the peer must take our alert. */
const ALERT_TIMEOUT = 5000;
