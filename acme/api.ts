/**
 * The messages of ACME (RFC 8555), with renewal information (RFC 9773) and
 * profiles (draft-ietf-acme-profiles).
 *
 * The library for them on npm, acme-client, throws errors without the problem's
 * type and Retry-After, has no renewal information, and brings an HTTP client of
 * its own; what is hard to get right in them, the signatures, is `jose`'s.
 *
 * @module
 */

import { VERSION } from "../crypto/suites/lists.ts";
import { encodeBase64Url } from "../encoding.ts";
import type { AccountKey, ExternalAccount } from "./account_key.ts";
import {
  type Answer,
  type HttpOptions,
  objectOf,
  request,
  retryAfter,
} from "./http.ts";
import { AcmeError, type AcmeProblem } from "./problem.ts";
import { webUrl } from "./web_url.ts";

/** Where things are (RFC 8555 section 7.1.1). */
interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly renewalInfo?: string;
  readonly meta?: {
    readonly termsOfService?: string;
    readonly externalAccountRequired?: boolean;
    readonly profiles?: Readonly<Record<string, string>>;
  };
}

/** Whom a certificate is for (RFC 8555 section 7.1.3, RFC 8738 section 3). */
export interface Identifier {
  readonly type: "dns" | "ip";
  readonly value: string;
}

/** RFC 8555 section 7.1.3. */
export interface Order {
  readonly status: "pending" | "ready" | "processing" | "valid" | "invalid";
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate?: string;
  readonly error?: AcmeProblem;
}

/** RFC 8555 section 7.1.4. */
export interface Authorization {
  readonly status: string;
  readonly identifier: Identifier;
  readonly challenges: readonly Challenge[];
}

/** RFC 8555 section 8. */
export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly status: string;
  readonly token?: string;
  readonly error?: AcmeProblem;
}

/** When a certificate is best renewed (RFC 9773 section 4.2). */
export interface RenewalInfo {
  readonly suggestedWindow: { readonly start: string; readonly end: string };
  readonly explanationURL?: string;
}

/** An answer, and when the server wants to be asked again. */
export interface Polled<T> {
  readonly value: T;
  /** In milliseconds since 1970. */
  readonly retryAfter: number | undefined;
}

/** A certificate authority, spoken to with one account. */
export class AcmeApi {
  readonly #directory: Directory;
  readonly #key: AccountKey;
  readonly #http: HttpOptions;
  #account: string | undefined;
  #nonce: string | undefined;

  private constructor(
    directory: Directory,
    key: AccountKey,
    http: HttpOptions,
  ) {
    this.#directory = directory;
    this.#key = key;
    this.#http = http;
  }

  /** Reads the directory. */
  static async open(
    url: string,
    key: AccountKey,
    http: HttpOptions,
  ): Promise<AcmeApi> {
    const answer = await request(url, { headers: HEADERS }, http);
    const directory = objectOf<Directory>(answer);
    for (const name of ["newNonce", "newAccount", "newOrder"] as const) {
      if (typeof directory[name] !== "string") {
        throw new AcmeError(
          `Cannot use ${url}: it is not an ACME directory, "${name}" is missing`,
        );
      }
    }
    return new AcmeApi(directory, key, http);
  }

  /** The URL of the terms of service, if there are any. */
  get termsOfService(): string | undefined {
    return webUrl(this.#directory.meta?.termsOfService);
  }

  /** The names of the profiles; `undefined` if the server has none. */
  get profiles(): readonly string[] | undefined {
    const { profiles } = this.#directory.meta ?? {};
    return profiles && Object.keys(profiles);
  }

  /** Uses an account that was made earlier. */
  useAccount(url: string): void {
    this.#account = url;
  }

  /**
   * Makes the account, or finds that of the key (RFC 8555 section 7.3).
   *
   * @returns Its URL.
   */
  async createAccount(
    contact: readonly string[],
    external: ExternalAccount | undefined,
  ): Promise<string> {
    const url = this.#directory.newAccount;
    if (
      external === undefined && this.#directory.meta?.externalAccountRequired
    ) {
      throw new AcmeError(
        'Cannot create the account: the CA asks for one of its own; give "externalAccount"',
      );
    }
    this.#account = undefined;
    const answer = await this.#post(url, {
      termsOfServiceAgreed: true,
      contact,
      ...(external === undefined ? {} : {
        externalAccountBinding: await this.#key.bind(external, url),
      }),
    });
    return this.#account = locationOf(answer, "account");
  }

  /** Asks for a certificate (RFC 8555 section 7.4); gives the order's URL. */
  async createOrder(
    order: {
      readonly identifiers: readonly Identifier[];
      readonly profile?: string | undefined;
      readonly replaces?: string | undefined;
    },
  ): Promise<string> {
    return locationOf(
      await this.#post(this.#directory.newOrder, order),
      "order",
    );
  }

  /** The state of an order. */
  order(url: string): Promise<Polled<Order>> {
    return this.#get<Order>(url);
  }

  /** The state of an authorization. */
  authorization(url: string): Promise<Polled<Authorization>> {
    return this.#get<Authorization>(url);
  }

  /** Says that a challenge may be checked (RFC 8555 section 7.5.1). */
  async answer(challenge: Challenge): Promise<void> {
    await this.#post(challenge.url, {});
  }

  /** Asks for the certificate to be issued (RFC 8555 section 7.4). */
  async finalize(url: string, csr: Uint8Array): Promise<void> {
    const text = encodeBase64Url(csr);
    await this.#post(url, { csr: text });
  }

  /** The certificate and its chain, in PEM (RFC 8555 section 7.4.2). */
  async certificate(url: string): Promise<string> {
    const accept = "application/pem-certificate-chain";
    return (await this.#post(url, undefined, accept)).text;
  }

  /** When a certificate is best renewed; `undefined` if the CA does not say. */
  async renewalInfo(
    certificateId: string,
  ): Promise<Polled<RenewalInfo> | undefined> {
    const { renewalInfo } = this.#directory;
    if (renewalInfo === undefined) return undefined;
    const url = `${renewalInfo}/${certificateId}`;
    const answer = await request(url, { headers: HEADERS }, this.#http);
    return this.#polled<RenewalInfo>(answer);
  }

  async #get<T>(url: string): Promise<Polled<T>> {
    return this.#polled<T>(await this.#post(url, undefined));
  }

  #polled<T>(answer: Answer): Polled<T> {
    return {
      value: objectOf<T>(answer),
      retryAfter: retryAfter(answer.headers, this.#http.now()),
    };
  }

  /** A signed request, once more with another nonce if that was refused. */
  async #post(
    url: string,
    payload: unknown,
    accept = "application/json",
  ): Promise<Answer> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#postOnce(url, payload, accept);
      } catch (error) {
        // RFC 8555 section 6.5: the client SHOULD try again.
        const again = error instanceof AcmeError && error.type === "badNonce";
        if (!again || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #postOnce(
    url: string,
    payload: unknown,
    accept: string,
  ): Promise<Answer> {
    const nonce = this.#nonce ?? await this.#newNonce();
    this.#nonce = undefined; // It is good for one request.
    const account = this.#account;
    const body = await this.#key.sign(payload, { url, nonce, account });
    const answer = await request(url, {
      method: "POST",
      body,
      headers: {
        ...HEADERS,
        "accept": accept,
        "content-type": "application/jose+json",
      },
    }, this.#http);
    this.#nonce = answer.headers.get("replay-nonce") ?? undefined;
    return answer;
  }

  /** RFC 8555 section 7.2. */
  async #newNonce(): Promise<string> {
    const { newNonce } = this.#directory;
    const init = { method: "HEAD", headers: HEADERS };
    const { headers } = await request(newNonce, init, this.#http);
    const nonce = headers.get("replay-nonce");
    if (nonce !== null) return nonce;
    throw new AcmeError("Cannot ask the CA: it gave no nonce");
  }
}

function locationOf(answer: Answer, what: string): string {
  const url = webUrl(answer.headers.get("location"));
  if (url !== undefined) return url;
  throw new AcmeError(
    `Cannot find the ${what}: the CA did not say where it is`,
  );
}

/** RFC 8555 section 6.1: clients MUST send a User-Agent. */
const HEADERS = { "user-agent": `x-tls/${VERSION}` };

/** A server that is asked for a new nonce each time refuses few in a row. */
const ATTEMPTS = 6;
