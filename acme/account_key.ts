/**
 * The key of an ACME account: what signs requests (RFC 8555 section 6.2).
 *
 * @module
 */

import { calculateJwkThumbprint, FlattenedSign, type JWK } from "jose";
import { decodeBase64Url } from "../encoding.ts";

/** A key pair for ES256. */
export class AccountKey {
  /** Both halves, to be kept. */
  readonly jwk: JsonWebKey;
  readonly #publicJwk: JWK;
  readonly #key: CryptoKey;

  private constructor(jwk: JsonWebKey, key: CryptoKey) {
    const { kty = "", crv = "", x = "", y = "" } = jwk;
    this.jwk = jwk;
    this.#publicJwk = { kty, crv, x, y };
    this.#key = key;
  }

  /** Makes a new one. */
  static async generate(): Promise<AccountKey> {
    const { privateKey } = await crypto.subtle.generateKey(
      ALGORITHM,
      true,
      ["sign", "verify"],
    );
    const jwk = await crypto.subtle.exportKey("jwk", privateKey);
    return new AccountKey(jwk, privateKey);
  }

  /** Takes one that was kept. */
  static async import(jwk: JsonWebKey): Promise<AccountKey> {
    const key = await crypto.subtle.importKey("jwk", jwk, ALGORITHM, true, [
      "sign",
    ]);
    return new AccountKey(jwk, key);
  }

  /** A token's key authorization (RFC 8555 section 8.1). */
  async authorize(token: string): Promise<string> {
    return `${token}.${await calculateJwkThumbprint(this.#publicJwk)}`;
  }

  /**
   * A request (RFC 8555 section 6.2).
   *
   * @param payload What is asked for; `undefined` for POST-as-GET (6.3).
   * @param account The account's URL; without it the key itself is named.
   */
  async sign(
    payload: unknown,
    { url, nonce, account }: {
      url: string;
      nonce: string;
      account: string | undefined;
    },
  ): Promise<string> {
    const who = account === undefined
      ? { jwk: this.#publicJwk }
      : { kid: account };
    const jws = await new FlattenedSign(bytesOf(payload))
      .setProtectedHeader({ alg: "ES256", url, nonce, ...who })
      .sign(this.#key);
    return JSON.stringify(jws);
  }

  /** The binding to an account elsewhere (RFC 8555 section 7.3.4). */
  async bind(
    { keyId, hmacKey }: ExternalAccount,
    url: string,
  ): Promise<unknown> {
    const secret = decodeBase64Url(hmacKey);
    if (secret === undefined) {
      throw new TypeError(
        "Cannot bind the account: its hmacKey is not base64url",
      );
    }
    return await new FlattenedSign(bytesOf(this.#publicJwk))
      .setProtectedHeader({ alg: "HS256", url, kid: keyId })
      .sign(secret);
  }
}

/** An account that the CA knows from elsewhere (RFC 8555 section 7.3.4). */
export interface ExternalAccount {
  /** The key identifier that the CA gave. */
  readonly keyId: string;
  /** The MAC key that the CA gave, in base64url. */
  readonly hmacKey: string;
}

function bytesOf(payload: unknown): Uint8Array {
  return new TextEncoder().encode(
    payload === undefined ? "" : JSON.stringify(payload),
  );
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
