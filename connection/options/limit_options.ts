/**
 * The options that limit times, sizes and renegotiations.
 *
 * @module
 */

/** The options of both sides that limit times, sizes and renegotiations. */
export interface LimitOptions {
  /**
   * Milliseconds that a handshake may take, the first one or a renegotiation;
   * 0 for no limit. The answer to a renegotiation may follow data, of which
   * little is buffered: time in which you do not read the data counts.
   *
   * @default {60000}
   */
  handshakeTimeout?: number | undefined;
  /** Milliseconds that a read of the transport may take. */
  readTimeout?: number | undefined;
  /** Milliseconds that a write to the transport may take. */
  writeTimeout?: number | undefined;
  /** Largest content of a record that we send, in bytes: 64 to 16384. */
  maxFragmentSize?: number | undefined;
  /**
   * Largest content of a record that the peer may send, in bytes: 64 to 16385
   * (RFC 8449).
   */
  recordSizeLimit?: number | undefined;
  /**
   * Sends small records at the start of a burst, for less delay.
   *
   * @default {false}
   */
  dynamicRecordSizing?: boolean | undefined;
  /**
   * Returns how many zeros to add to a record of TLS 1.3 with that length of
   * content.
   */
  padding?: ((length: number) => number) | undefined;
  /** Largest Certificate message to read, in bytes. @default {131072} */
  maxCertificateSize?: number | undefined;
  /** Whether a TLS 1.2 peer may renegotiate. @default {"never"} */
  renegotiation?: "never" | "once" | "freely" | undefined;
  /** How often it may renegotiate in `renegotiationWindow`. @default {3} */
  renegotiationLimit?: number | undefined;
  /** The time that `renegotiationLimit` is for, in seconds. @default {600} */
  renegotiationWindow?: number | undefined;
}
