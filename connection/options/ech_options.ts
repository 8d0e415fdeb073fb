/**
 * The forms of option `ech`: Encrypted ClientHello (RFC 9849).
 *
 * @module
 */

/**
 * Encrypted ClientHello at a client (RFC 9849): what the ClientHello, with the
 * name of the server in it, is encrypted for; or `"grease"`, which sends random
 * bytes in the same form (section 6.2).
 */
export type ClientEchOption = "grease" | {
  /** ECHConfigList, as the parameter `ech` in the DNS has it (RFC 9848). */
  readonly configList: Uint8Array;
  /**
   * What `connect` does if the server cannot decrypt the ClientHello, and has
   * proved to be the one for the public name: `"keys"` connects once more if it
   * sent other configurations; `"any"` also connects without encryption if it
   * sent none of RFC 9849, as section 6.1.6 of that advises. Otherwise it is a
   * `TlsEchRejectedError`. That proof is a certificate for the public name, also
   * where an option with "unsafely" in its name is set.
   *
   * @default {"never"}
   */
  readonly retry?: "never" | "keys" | "any" | undefined;
};

/** A key for Encrypted ClientHello. */
export type EchKeyInput = string | Uint8Array | {
  /** PEM of RFC 9934: a private key, and an ECHConfigList for it. */
  readonly pem: string | Uint8Array;
  /**
   * Whether clients get the configuration whose ClientHello no key opens.
   *
   * @default {`true` for the first key}
   */
  readonly retry?: boolean | undefined;
};

/** The keys of a server with Encrypted ClientHello (RFC 9849). */
export interface EchKeysOption {
  /**
   * The keys, newest first: PEM of RFC 9934, as `echConfig` makes it. Older ones
   * only open what clients encrypt for them.
   */
  readonly keys: EchKeyInput | readonly EchKeyInput[];
}

/**
 * Encrypted ClientHello at a server (RFC 9849): the keys of one that clients
 * reach; or `"backend"`, for one behind a client-facing server, which has decrypted
 * the ClientHello (see `openClientHello` in `@x/tls/ech`). What reaches a back end
 * is not authenticated: that it comes from the client-facing server is for the
 * network to ensure.
 */
export type ServerEchOption = EchKeysOption | "backend";
