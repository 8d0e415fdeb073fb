/**
 * A certificate authority in memory, which says what a test has it say.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { AcmeCertificates } from "../../acme/acme.ts";
import {
  type AcmeEvent,
  type AcmeOptions,
  readAcmeOptions,
} from "../../acme/options.ts";
import type { SharedStore } from "../../acme/store.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { TestClock } from "./_clock.ts";

type Reply = (signal: AbortSignal) => Response | Promise<Response>;

/** A CA, and one `acme()` that asks it. It checks no signature. */
export class FakeCa implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly store = new MemoryStore();
  readonly events: AcmeEvent[] = [];
  readonly asked: { path: string; init: RequestInit }[] = [];
  /** What is said by path, instead of what is right. */
  readonly replies: Record<string, Reply> = {};
  readonly #right: Record<string, Reply> = {
    "/": () => Response.json(this.directory),
    "/nonce": () => new Response(),
    "/account": () => located("account/1"),
    "/order": () => located("order/1"),
    "/order/1": () => this.#order(),
    "/authorization": () => Response.json({ status: "valid" }),
    "/finalize": () => Response.json({}),
    "/certificate": () => this.#certificate(),
    "/renewal": () => new Response(null, { status: 404 }),
  };
  readonly #running: AcmeCertificates[] = [];
  #isFinal = false;
  /** The directory. */
  readonly directory: Record<string, unknown> = {
    newNonce: "https://ca.test/nonce",
    newAccount: "https://ca.test/account",
    newOrder: "https://ca.test/order",
  };

  /** Starts to obtain a certificate for a.test. */
  start(options: Partial<AcmeOptions> = {}): AcmeCertificates {
    const settings = readAcmeOptions({
      directory: "https://ca.test/",
      domains: ["a.test"],
      termsOfServiceAgreed: true,
      store: this.store,
      fetch: (url, init) => this.#fetch(url, init),
      onEvent: (event) => void this.events.push(event),
      ...options,
    });
    const certificates = new AcmeCertificates({
      ...settings,
      clock: this.clock,
    });
    this.#running.push(certificates);
    return certificates;
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.asked.filter((each) => each.path === path).length;
  }

  /** The events of one type. */
  of<T extends AcmeEvent["type"]>(type: T): Extract<AcmeEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<
      AcmeEvent,
      { type: T }
    >[];
  }

  /** Waits until there is nothing to do for a while, the nth time. */
  async idle(nth = 1): Promise<void> {
    while (this.clock.waits.length < nth) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { pathname } = new URL(url);
    const path = pathname.startsWith("/renewal/") ? "/renewal" : pathname;
    if (this.count(path) >= MAX_ASKED) throw new Error(`asked on: ${path}`);
    this.asked.push({ path, init });
    if (path === "/order") this.#isFinal = false;
    if (path === "/finalize") this.#isFinal = true;
    const reply = this.replies[path] ?? this.#right[path];
    if (reply === undefined) throw new Error(`no such path: ${path}`);
    const response = await reply(init.signal as AbortSignal);
    response.headers.set("replay-nonce", "nonce");
    return response;
  }

  #order(): Response {
    return Response.json({
      status: this.#isFinal ? "valid" : "pending",
      authorizations: ["https://ca.test/authorization"],
      finalize: "https://ca.test/finalize",
      certificate: "https://ca.test/certificate",
      ...this.#isFinal ? {} : this.#whenProven(),
    });
  }

  /** Ready at the second look, when authorizations were looked at. */
  #whenProven(): { status?: string } {
    const proven = this.count("/authorization") >= this.count("/order");
    return proven ? { status: "ready" } : {};
  }

  async #certificate(): Promise<Response> {
    const order = this.store.find("order-") as { key: string };
    const ca = await authority;
    const { cert } = await issueCertificate({
      names: ["a.test"],
      key: order.key,
      issuer: ca,
      notBefore: new Date(this.clock.now() - 3_600_000),
      notAfter: new Date(this.clock.now() + 90 * 86_400_000),
    });
    return new Response(cert);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((each) => each.close()));
  }
}

/** A store in memory. */
export class MemoryStore implements SharedStore {
  readonly values = new Map<string, Uint8Array>();

  get(key: string): Uint8Array | undefined {
    return this.values.get(key);
  }

  set(key: string, value: Uint8Array): void {
    this.values.set(key, value);
  }

  delete(key: string): void {
    this.values.delete(key);
  }

  compareAndSet(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): boolean {
    const is = this.values.get(key);
    const isExpected = is === undefined || expected === undefined
      ? is === expected
      : equals(is, expected);
    if (isExpected) this.values.set(key, value);
    return isExpected;
  }

  /** The JSON of the value whose key begins so. */
  find(prefix: string): unknown {
    for (const [key, value] of this.values) {
      if (key.startsWith(prefix)) {
        return JSON.parse(new TextDecoder().decode(value));
      }
    }
    return undefined;
  }
}

/** An answer that says where something is. */
export function located(path: string): Response {
  return new Response("{}", {
    status: 201,
    headers: { location: `https://ca.test/${path}` },
  });
}

/** A refusal. */
export function problem(document: unknown, status = 400): Response {
  return Response.json(document, { status });
}

const authority = issueCertificate({ names: ["Test CA"], ca: true });

/** A program that asks for the same without end fails instead. */
const MAX_ASKED = 40;
