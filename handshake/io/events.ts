/**
 * What `onEvent` is called with.
 *
 * @module
 */

import type { TlsAlertName } from "../../errors.ts";

/**
 * What happens on a connection, as it happens; `time` is that of
 * `performance.now()`, in milliseconds.
 */
export type HandshakeEvent =
  & { readonly time: number }
  & (
    /**
     * The first byte is about to be sent, or has come: of the first handshake, or
     * of a renegotiation.
     */
    | { readonly type: "handshake_start"; readonly side: "client" | "server" }
    /** The handshake is over, verification included. */
    | { readonly type: "handshake_done"; readonly side: "client" | "server" }
    /**
     * The handshake has failed, was aborted, or took too long: `error` is what
     * `handshake()` rejects with. It follows each `handshake_start` that no
     * `handshake_done` follows.
     */
    | {
      readonly type: "handshake_failed";
      readonly side: "client" | "server";
      readonly error: unknown;
    }
    /** The connection has ended, as `closed` says; nothing follows. */
    | {
      readonly type: "closed";
      readonly clean: boolean;
      /** What ended it, if it is not clean. */
      readonly error?: unknown;
    }
    /** A handshake message was read or written: its name and bytes, header included. */
    | {
      readonly type: "message";
      readonly direction: "read" | "write";
      readonly name: string;
      readonly bytes: Uint8Array;
    }
    /**
     * change_cipher_spec was read or written: the keys change with it up to
     * TLS 1.2; in TLS 1.3 it means nothing, and is reported only when we write it.
     */
    | {
      readonly type: "change_cipher_spec";
      readonly direction: "read" | "write";
    }
    /** An alert was read or written. */
    | {
      readonly type: "alert";
      readonly direction: "read" | "write";
      readonly level: "warning" | "fatal";
      readonly alert: TlsAlertName;
    }
    /**
     * The server asked for a client certificate and none was sent: what it asked
     * for, what there was, and why that would not do.
     */
    | { readonly type: "certificate_not_sent"; readonly reason: string }
    /** The peer asked for a renegotiation and we refused: which option says so. */
    | { readonly type: "renegotiation_refused"; readonly reason: string }
    /**
     * Early data was offered and is not accepted, or the option `earlyData` is
     * there and nothing could be offered: why.
     */
    | { readonly type: "early_data_refused"; readonly reason: string }
    /** Keys of one direction changed. */
    | { readonly type: "key_change"; readonly direction: "read" | "write" }
    /**
     * A function that only looks on threw, or its promise rejected: the name of
     * the option, and what it threw. The connection goes on as if it had not. So
     * it does where a `sessionCache` or `sessionStore` throws, rejects, or gives
     * what cannot be used: as if there had been no session.
     */
    | {
      readonly type: "callback_failed";
      readonly callback:
        | "keyLog"
        | "trace"
        | "onSession"
        | "onHandshakeError"
        | "sessionCache"
        | "sessionStore"
        | "earlyData";
      readonly error: unknown;
    }
  );

/** An event as it is reported, which gets its time on the way. */
export type UntimedEvent = Untimed<HandshakeEvent>;

type Untimed<E> = E extends unknown ? Omit<E, "time"> : never;
