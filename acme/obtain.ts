/**
 * One certificate, from the order to the chain (RFC 8555 section 7.4).
 *
 * @module
 */

import { sha256 } from "../crypto/primitives/hash.ts";
import { decodeBase64, encodeBase64 } from "../encoding.ts";
import { createCertificateRequest } from "../x509/issue/certificate_request.ts";
import type { AccountKey } from "./account_key.ts";
import type {
  AcmeApi,
  Authorization,
  Identifier,
  Order,
  Polled,
} from "./api.ts";
import { ACME_TLS_1 } from "../registry.ts";
import type { Challenges } from "./challenges.ts";
import type { AcmeEvent } from "./options.ts";
import { AcmeError, describeProblem, shortType } from "./problem.ts";
import { escapeText } from "../escape.ts";
import { hasTexts, readJson, type SharedStore, toJson } from "./store.ts";

/** What an order is made with. */
export interface OrderContext {
  readonly api: AcmeApi;
  readonly accountKey: AccountKey;
  readonly challenges: Challenges;
  readonly store: SharedStore;
  /** Where the order is kept, in case that the process ends in the middle. */
  readonly orderKey: string;
  readonly identifiers: readonly Identifier[];
  readonly profile: string | undefined;
  readonly keyType: string;
  /** The certificate that is replaced (RFC 9773 section 5). */
  readonly replaces: string | undefined;
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits, and keeps the lock meanwhile. */
  pause(ms: number): Promise<void>;
  tell(event: AcmeEvent): void;
}

/** A chain and its key, in PEM. */
export interface Obtained {
  readonly cert: string;
  readonly key: string;
}

/**
 * Obtains a certificate; an order that was begun goes on. The caller removes the
 * order from the store when the certificate is in it.
 */
export async function obtain(context: OrderContext): Promise<Obtained> {
  const begun = await resume(context) ?? await begin(context);
  try {
    return { cert: await complete(context, begun), key: begun.key };
  } catch (error) {
    // What the CA refuses once it refuses again; all else may go on later.
    if (isRefused(error)) await context.store.delete(context.orderKey);
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof AcmeError && error.type !== "rateLimited" &&
    error.status !== undefined && error.status < 500;
}

/** An order with the key and the request that it will be completed with. */
interface Begun {
  readonly url: string;
  readonly key: string;
  readonly csr: string;
}

/** The order of a process that has ended; `undefined` if it is of no use. */
async function resume(context: OrderContext): Promise<Begun | undefined> {
  const { api, store, orderKey, tell } = context;
  const begun = await readJson(store, orderKey, isBegun);
  if (begun === undefined) return undefined;
  try {
    const { value } = await api.order(begun.url);
    if (value.status === "invalid") return undefined;
  } catch (error) {
    // Gone, or another account's. What else is wrong shows with the next one.
    if (error instanceof AcmeError && error.status !== undefined) {
      return undefined;
    }
    throw error;
  }
  tell({ type: "order", url: begun.url, resumed: true });
  return begun;
}

async function begin(context: OrderContext): Promise<Begun> {
  const { identifiers, keyType, store, orderKey, tell } = context;
  const { raw, key } = await createCertificateRequest({
    names: identifiers.map(({ value }) => value),
    keyType,
  });
  const url = await newOrder(context);
  const csr = encodeBase64(raw);
  await store.set(orderKey, toJson({ url, key, csr }));
  tell({ type: "order", url, resumed: false });
  return { url, key, csr };
}

async function newOrder(context: OrderContext): Promise<string> {
  const { api, identifiers, profile, replaces } = context;
  checkProfile(api, profile);
  const order = {
    identifiers,
    ...(profile === undefined ? {} : { profile }),
  };
  if (replaces === undefined) return await api.createOrder(order);
  try {
    return await api.createOrder({ ...order, replaces });
  } catch (error) {
    // RFC 9773 section 5: replaced already, or the CA does not know it; the
    // order may be made without.
    const again = error instanceof AcmeError &&
      (error.type === "alreadyReplaced" || error.type === "malformed");
    if (!again) throw error;
    return await api.createOrder(order);
  }
}

function checkProfile(api: AcmeApi, profile: string | undefined): void {
  if (profile === undefined || api.profiles?.includes(profile)) return;
  throw new AcmeError(
    `Cannot order the certificate: the CA has no profile "${profile}"${
      api.profiles === undefined
        ? ""
        : `, but ${
          escapeText(api.profiles.map((each) => `"${each}"`).join(", "))
        }`
    }`,
  );
}

async function complete(
  context: OrderContext,
  { url, csr }: Begun,
): Promise<string> {
  const { api } = context;
  let order = (await api.order(url)).value;
  if (order.status === "pending") {
    for (const each of order.authorizations) await authorize(context, each);
    order = await poll(
      context,
      () => api.order(url),
      (value) => value.status !== "pending",
    );
  }
  if (order.status === "ready") {
    await api.finalize(order.finalize, requestOf(csr));
  }
  order = await poll(
    context,
    () => api.order(url),
    ({ status }) => status === "valid" || status === "invalid",
  );
  if (order.status !== "valid" || order.certificate === undefined) {
    throw refused("order", order);
  }
  return await api.certificate(order.certificate);
}

/** Proves that one name is ours (RFC 8555 section 7.5). */
async function authorize(context: OrderContext, url: string): Promise<void> {
  const { api, accountKey, challenges, tell } = context;
  const { value: authorization } = await api.authorization(url);
  if (authorization.status === "valid") return;
  const identifier = orderedIdentifier(context, authorization);
  const challenge = authorization.challenges
    .find(({ type }) => type === "tls-alpn-01");
  if (challenge?.token === undefined) {
    throw new AcmeError(
      `Cannot prove ${identifier.value}: the CA offers no challenge "tls-alpn-01" for it, with the protocol "${ACME_TLS_1}"`,
    );
  }
  const text = await accountKey.authorize(challenge.token);
  const digest = sha256.digest(new TextEncoder().encode(text));
  await challenges.add(identifier, digest);
  try {
    tell({ type: "challenge", domain: identifier.value });
    if (challenge.status === "pending") await api.answer(challenge);
    const done = await poll(
      context,
      () => api.authorization(url),
      (value) => value.status !== "pending",
    );
    if (done.status !== "valid") throw unproven(identifier, done);
    tell({ type: "validated", domain: identifier.value });
  } finally {
    await challenges.remove(identifier);
  }
}

/** Our own name for what the CA wants proven: it has no say in others. */
function orderedIdentifier(
  { identifiers }: OrderContext,
  { identifier }: Authorization,
): Identifier {
  const found = identifiers.find(({ type, value }) =>
    type === identifier?.type &&
    value === `${identifier.value}`.toLowerCase()
  );
  if (found !== undefined) return found;
  throw new AcmeError(
    escapeText(
      `Cannot prove ${identifier?.value} to the CA: the certificate is not for it`,
    ),
  );
}

/** Asks until something is so, as often as the server wants to be asked. */
async function poll<T>(
  context: OrderContext,
  ask: () => Promise<Polled<T>>,
  isDone: (value: T) => boolean,
): Promise<T> {
  const end = context.now() + PATIENCE;
  for (let wait = FIRST_WAIT;; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    const { value, retryAfter } = await ask();
    if (isDone(value)) return value;
    if (context.now() >= end) {
      throw new AcmeError(
        `Cannot wait for the CA any longer: it has not decided within ${
          PATIENCE / 60_000
        } minutes`,
      );
    }
    const asked = (retryAfter ?? 0) - context.now();
    await context.pause(Math.min(Math.max(wait, asked), LONGEST_WAIT));
  }
}

function refused(what: string, { status, error }: Order): AcmeError {
  const why = error === undefined ? "" : `: ${describeProblem(error)}`;
  return new AcmeError(
    escapeText(`The CA did not complete the ${what}: it is ${status}${why}`),
    { type: shortType(error?.type) },
  );
}

/** Says why a name could not be proven. */
function unproven(
  identifier: Identifier,
  { status, challenges }: Authorization,
): AcmeError {
  const problem = challenges.find(({ error }) => error !== undefined)?.error;
  const why = problem === undefined ? status : describeProblem(problem);
  return new AcmeError(
    escapeText(
      `Cannot prove ${identifier.value} to the CA: ${why}; it connects to port 443 of that name and expects this server`,
    ),
    { type: shortType(problem?.type) },
  );
}

function requestOf(csr: string): Uint8Array {
  const raw = decodeBase64(csr);
  if (raw !== undefined) return raw;
  throw new TypeError("Cannot go on with the order: its request is no base64");
}

function isBegun(value: unknown): value is Begun {
  return hasTexts(value, "url", "key", "csr");
}

/** In milliseconds. */
const PATIENCE = 15 * 60_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
