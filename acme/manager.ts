/**
 * Keeps one certificate: gets it, has it renewed, and takes what other machines
 * have got.
 *
 * @module
 */

import { sha256 } from "../crypto/primitives/hash.ts";
import { toHex } from "../encoding.ts";
import type { Certificate } from "../x509/certificate/certificate.ts";
import { type Identity, parseKeyPair } from "../x509/keys/key_pair.ts";
import { hasName } from "../x509/certificate/hostname.ts";
import { AccountKey } from "./account_key.ts";
import { AcmeApi } from "./api.ts";
import type { Challenges } from "./challenges.ts";
import type { Clock } from "./clock.ts";
import { LEASE, Lock } from "./lock.ts";
import { obtain } from "./obtain.ts";
import type { AcmeSettings } from "./options.ts";
import { AcmeError } from "./problem.ts";
import { webUrl } from "./web_url.ts";
import {
  backOff,
  certificateId,
  minimumAge,
  planByLifetime,
  planByWindow,
  type RenewalPlan,
} from "./renewal.ts";
import {
  hasTexts,
  parseJson,
  readJson,
  readValue,
  setIfSame,
  type SharedStore,
  toJson,
} from "./store.ts";

/** The settings, with the store and the clock themselves. */
interface ManagedSettings extends Omit<AcmeSettings, "store" | "clock"> {
  readonly store: SharedStore;
  readonly clock: Clock;
}

/** What a manager is for. */
export interface Managed {
  readonly settings: ManagedSettings;
  readonly challenges: Challenges;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Puts an identity into use. */
  use(identity: Identity): void;
}

/** Keeps a certificate until the signal aborts; resolves then. */
export async function manage(managed: Managed): Promise<void> {
  const manager = new Manager(managed);
  try {
    await manager.run();
  } catch (error) {
    if (!managed.signal.aborted) throw error;
  }
}

/** A certificate as the store has it. */
interface Kept {
  readonly cert: string;
  readonly key: string;
}

class Manager {
  readonly #managed: Managed;
  readonly #settings: ManagedSettings;
  readonly #names: Names;
  #api: AcmeApi | undefined;
  #accountKey: AccountKey | undefined;
  /** What the identity in use was made of. */
  #kept: Kept | undefined;
  #leaf: Certificate | undefined;
  #plan: RenewalPlan | undefined;
  #told = 0;
  #failures = 0;
  /** The certificate in use is not replaced before, in milliseconds since 1970. */
  #renewFrom = 0;

  constructor(managed: Managed) {
    this.#managed = managed;
    this.#settings = managed.settings;
    this.#names = namesOf(managed.settings);
  }

  async run(): Promise<void> {
    const { clock, tell } = this.#settings;
    const { signal } = this.#managed;
    for (;;) {
      signal.throwIfAborted();
      let wait: number;
      try {
        wait = await this.#step();
        this.#failures = 0;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = asError(thrown);
        const now = clock.now();
        const retryAfter = error instanceof AcmeError
          ? error.retryAfter
          : undefined;
        wait = backOff(++this.#failures, { now, retryAfter });
        tell({ type: "failed", error, nextAttempt: new Date(now + wait) });
        // The directory may have moved, the account may be gone.
        this.#api = undefined;
      }
      await clock.sleep(wait, signal);
    }
  }

  /** Does what is to be done now; returns how long there is time then. */
  async #step(): Promise<number> {
    const { clock } = this.#settings;
    await this.#load();
    if (!await this.#isDue()) return this.#idle();
    const { store } = this.#settings;
    const lock = await Lock.take(store, this.#names.lock, clock);
    // Another machine is at it: its certificate will be in the store.
    if (lock === undefined) return BUSY_WAIT;
    try {
      if (await this.#load() && !await this.#isDue()) return this.#idle();
      await this.#renew(lock);
      return 0;
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  }

  /** How long nothing is to be done, but to look what others have done. */
  #idle(): number {
    const { renewAt, askAt } = this.#plan as RenewalPlan;
    const wait = Math.min(renewAt, askAt) - this.#settings.clock.now();
    return Math.min(Math.max(wait, 0), LOOK_AGAIN);
  }

  /** Uses what is in the store, if it is another one; returns whether it was. */
  async #load(): Promise<boolean> {
    const bytes = await readValue(
      this.#settings.store,
      this.#names.certificate,
    );
    const kept = bytes && parseJson(bytes, isKept);
    if (kept === undefined || kept.cert === this.#kept?.cert) return false;
    // What cannot be read is as if it were not there: another one comes.
    const identity = await this.#read(kept).catch(() => undefined);
    if (identity === undefined) return false;
    if (this.#isOlder(identity)) {
      await this.#putBack(bytes);
      return false;
    }
    this.#use(identity, kept, "loaded");
    return true;
  }

  /** Whether what the store has was issued before what is in use. */
  #isOlder({ chain: [leaf] }: Identity): boolean {
    const current = this.#leaf;
    return leaf !== undefined && current !== undefined &&
      current.notAfter.getTime() > this.#settings.clock.now() &&
      leaf.notBefore < current.notBefore;
  }

  /** A store that was restored from a backup gets the newer one again. */
  async #putBack(found: Uint8Array | undefined): Promise<void> {
    const { store } = this.#settings;
    await setIfSame(
      store,
      this.#names.certificate,
      found,
      toJson(this.#kept),
    );
  }

  /** The identity, unless clients would refuse it. */
  async #read({ cert, key }: Kept): Promise<Identity | undefined> {
    const { clock, identifiers } = this.#settings;
    const identity = await parseKeyPair(cert, key);
    const leaf = identity.chain[0];
    return leaf !== undefined && leaf.notAfter.getTime() > clock.now() &&
        identifiers.every(({ value }) => hasName(leaf, value))
      ? identity
      : undefined;
  }

  #use(identity: Identity, kept: Kept, type: "issued" | "loaded"): void {
    const leaf = identity.chain[0] as Certificate;
    // One that was there at the start may be due at once.
    const isNew = type === "issued" || this.#leaf !== undefined;
    this.#renewFrom = isNew ? this.#settings.clock.now() + minimumAge(leaf) : 0;
    this.#kept = kept;
    this.#leaf = leaf;
    this.#plan = undefined;
    this.#managed.use(identity);
    const { notAfter, serialNumber } = leaf;
    this.#settings.tell({ type, notAfter, serialNumber });
  }

  async #isDue(): Promise<boolean> {
    if (this.#leaf === undefined) return true;
    const now = this.#settings.clock.now();
    if (this.#plan === undefined || this.#plan.askAt <= now) {
      this.#plan = await this.#makePlan(this.#leaf);
    }
    return this.#plan.renewAt <= now;
  }

  async #makePlan(leaf: Certificate): Promise<RenewalPlan> {
    const { clock, tell } = this.#settings;
    let plan = planByLifetime(leaf, clock.now());
    let explanationUrl: string | undefined;
    const id = certificateId(leaf);
    if (id !== undefined) {
      try {
        const info = await (await this.#open()).renewalInfo(id);
        if (info !== undefined) {
          const { value, retryAfter } = info;
          const random = fraction(id);
          const now = clock.now();
          plan = planByWindow(value, { random, now, retryAfter }) ?? plan;
          explanationUrl = webUrl(value.explanationURL);
        }
      } catch (error) {
        // The certificate is good; the CA's word on it is missing, and its
        // lifetime decides until the next time.
        this.#managed.signal.throwIfAborted();
        const nextAttempt = new Date(plan.askAt);
        tell({ type: "failed", error: asError(error), nextAttempt });
        this.#api = undefined;
      }
    }
    plan = { ...plan, renewAt: Math.max(plan.renewAt, this.#renewFrom) };
    if (plan.renewAt !== this.#told) {
      this.#told = plan.renewAt;
      const renewAt = new Date(plan.renewAt);
      tell({ type: "scheduled", renewAt, explanationUrl });
    }
    return plan;
  }

  async #renew(lock: Lock): Promise<void> {
    const { settings, challenges, signal } = this.#managed;
    const { store, clock, identifiers, profile, keyType, tell } = settings;
    const api = await this.#open();
    const keep = keeper(lock, settings, signal);
    const obtained = await obtain({
      api,
      accountKey: this.#accountKey as AccountKey,
      challenges,
      store,
      orderKey: this.#names.order,
      identifiers,
      profile,
      keyType,
      replaces: this.#leaf && certificateId(this.#leaf),
      now: () => clock.now(),
      pause: keep,
      tell,
    });
    const identity = await this.#read(obtained).catch(asError);
    const isGood = identity !== undefined && !(identity instanceof Error);
    if (isGood) await store.set(this.#names.certificate, toJson(obtained));
    // The same order would give the same certificate again.
    await store.delete(this.#names.order);
    if (!isGood) {
      throw new AcmeError(
        `Cannot use the certificate of the CA: ${
          identity?.message ?? "it has expired, or is for other names"
        }`,
        { cause: identity },
      );
    }
    this.#use(identity, obtained, "issued");
  }

  /** The CA, with our account. */
  async #open(): Promise<AcmeApi> {
    if (this.#api !== undefined) return this.#api;
    const { settings, signal } = this.#managed;
    const { store, fetch, clock, directory } = settings;
    const account = await this.#account();
    const key = this.#accountKey ??= await AccountKey.import(account.jwk);
    const http = { fetch, signal, now: () => clock.now() };
    const api = await AcmeApi.open(directory, key, http);
    // RFC 8555 section 7.3.1: for a key that it knows, the CA gives its account.
    const { contact, externalAccount, tell } = settings;
    const url = account.url ??
      await api.createAccount(contact, externalAccount);
    if (account.url === undefined) {
      await store.set(this.#names.account, toJson({ ...account, url }));
      tell({ type: "account", url, termsOfService: api.termsOfService });
    }
    api.useAccount(url);
    return this.#api = api;
  }

  /** The key of the account; of several machines that make one, one counts. */
  async #account(): Promise<Account> {
    const { store } = this.#settings;
    const kept = await readJson(store, this.#names.account, isAccount);
    // An account that the CA does not know any more is made anew.
    if (kept !== undefined && this.#failures > 0) return { jwk: kept.jwk };
    if (kept !== undefined) return kept;
    const made = { jwk: (await AccountKey.generate()).jwk };
    const isOurs = await setIfSame(
      store,
      this.#names.account,
      undefined,
      toJson(made),
    );
    if (isOurs) return made;
    const theirs = await readJson(store, this.#names.account, isAccount);
    if (theirs !== undefined) return theirs;
    throw new AcmeError(
      `Cannot read "${this.#names.account}" in the store: expected an account`,
    );
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`${thrown}`);
}

interface Account {
  readonly jwk: JsonWebKey;
  readonly url?: string;
}

function isAccount(value: unknown): value is Account {
  return typeof value === "object" && value !== null && "jwk" in value &&
    hasTexts(value.jwk, "kty", "crv", "x", "y", "d") &&
    (!("url" in value) || typeof value.url === "string");
}

function isKept(value: unknown): value is Kept {
  return hasTexts(value, "cert", "key");
}

/** Waits, and keeps the lock meanwhile. */
function keeper(
  lock: Lock,
  { clock }: ManagedSettings,
  signal: AbortSignal,
): (ms: number) => Promise<void> {
  let kept = clock.now();
  return async (ms) => {
    if (clock.now() - kept > LEASE / 4) {
      kept = clock.now();
      if (!await lock.keep()) {
        throw new AcmeError("Cannot go on: another machine orders meanwhile");
      }
    }
    await clock.sleep(ms, signal);
  };
}

/** The keys in the store. */
interface Names {
  readonly account: string;
  readonly certificate: string;
  readonly order: string;
  readonly lock: string;
}

/** Several certificates of several authorities may share a store. */
function namesOf(
  { directory, identifiers, profile }: ManagedSettings,
): Names {
  const { host } = new URL(directory);
  const values = identifiers.map(({ value }) => value).sort();
  const id = digest([directory, ...values, profile ?? ""]).slice(0, 16);
  const what = `${identifiers[0]?.value}-${id}`;
  return {
    account: `account-${host}-${digest([directory]).slice(0, 16)}`,
    certificate: `certificate-${what}`,
    order: `order-${what}`,
    lock: `lock-${what}`,
  };
}

function digest(parts: readonly string[]): string {
  return toHex(sha256.digest(new TextEncoder().encode(JSON.stringify(parts))));
}

/** From 0 to 1: the same for a certificate on all machines. */
function fraction(id: string): number {
  return parseInt(digest([id]).slice(0, 8), 16) / 2 ** 32;
}

/** How long another machine has that orders, in milliseconds. */
const BUSY_WAIT = 5_000;
/** How often the store is looked at, in milliseconds. */
const LOOK_AGAIN = 10 * 60_000;
