/**
 * What is kept of the answers of servers, for how long, and how many of them.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TlsError } from "../../../errors.ts";
import {
  type FetchCache,
  type FetchedKind,
  Fetcher,
  type FetchOptions,
  httpUrls,
} from "../../../x509/fetch/cache.ts";
import { fileServer } from "../_http.ts";

const NOW = new Date("2030-06-15T12:00:00Z");
const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;

const later = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);

/** Answers are numbers of milliseconds from now until which they are current. */
function kind(
  until: (value: number) => Date | undefined = later,
): FetchedKind<number> & { parsed: number } {
  return {
    maxBytes: 100,
    parsed: 0,
    parse(bytes) {
      this.parsed++;
      const value = Number(new TextDecoder().decode(bytes));
      if (Number.isNaN(value)) throw new TlsError("malformed_crl", "no number");
      if (value < 0) throw new RangeError("a bug");
      return value;
    },
    until,
  };
}

function fetcher(
  of: FetchedKind<number> = kind(),
  options: FetchOptions = {},
): Fetcher<number> {
  return new Fetcher(
    "numbers",
    { allowPrivateAddresses: true, ...options },
    of,
  );
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("Fetcher keeps an answer until it is no longer current", async () => {
  await using http = fileServer({ "/a": bytes("1000") });
  const get = fetcher();
  const asked = async (now: Date) => {
    assertEquals(await get.get(`${http.url}/a`, now), 1000);
    return http.requests.length;
  };
  assertEquals(await asked(NOW), 1);
  assertEquals(await asked(later(999)), 1);
  assertEquals(await asked(later(1000)), 2);
  // What is not current when it comes is not kept.
  assertEquals(await asked(later(1000)), 3);
});

Deno.test("Fetcher keeps for an hour what names no end, and for a week at most", async () => {
  await using http = fileServer({ "/a": bytes(String(9 * WEEK)) });
  for (
    const [of, length] of [
      [kind(() => undefined), HOUR],
      [kind(), WEEK],
    ] as const
  ) {
    const ends: Date[] = [];
    const cache: FetchCache = {
      get: () => undefined,
      set(_key, _bytes, until) {
        ends.push(until);
      },
    };
    await fetcher(of, { cache }).get(`${http.url}/a`, NOW);
    assertEquals(ends, [later(length)]);
  }
});

Deno.test("Fetcher keeps the 64 answers that were asked for last", async () => {
  await using http = fileServer({ "*": () => bytes("5000") });
  const get = fetcher();
  const asked = async (at: number) => {
    http.requests.length = 0;
    await get.get(`${http.url}/${at}`, NOW);
    return http.requests.length;
  };
  for (let at = 0; at < 64; at++) assertEquals(await asked(at), 1);
  assertEquals(await asked(0), 0);
  assertEquals(await asked(64), 1);
  // Number 1 has made room, not number 0, which was asked for since.
  assertEquals(await asked(0), 0);
  assertEquals(await asked(2), 0);
  assertEquals(await asked(1), 1);
});

Deno.test("Fetcher lets a URL be for a minute that failed, and remembers a bounded number", async () => {
  const files: Record<string, Uint8Array> = {};
  await using http = fileServer(files);
  const get = fetcher();
  const failed = async (path: string, now: Date) => {
    http.requests.length = 0;
    const error = await assertRejects(
      () => get.get(`${http.url}${path}`, now),
      TlsError,
    );
    assertEquals(error.code, "fetch_failed");
    return http.requests.length;
  };
  assertEquals(await failed("/a", NOW), 1);
  assertEquals(await failed("/a", later(59_999)), 0);
  assertEquals(await failed("/a", later(60_000)), 1);
  // What cannot be used counts as failed too.
  files["/text"] = bytes("text");
  assertEquals(await failed("/text", NOW), 1);
  assertEquals(await failed("/text", NOW), 0);
  for (let at = 0; at < 61; at++) await failed(`/${at}`, NOW);
  assertEquals(await failed("/text", NOW), 0);
  await failed("/61", NOW);
  await failed("/62", NOW);
  assertEquals(await failed("/text", NOW), 1);
});

Deno.test("Fetcher does not remember what is a fault of our own", async () => {
  const files = { "/a": bytes("-1") };
  await using http = fileServer(files);
  const get = fetcher();
  const url = `${http.url}/a`;
  await assertRejects(() => get.get(url, NOW), RangeError, "a bug");
  await assertRejects(() => get.get(url, NOW), RangeError, "a bug");
  assertEquals(http.requests.length, 2);
  const cache = { get: () => bytes("-1"), set: () => {} };
  await assertRejects(
    () => fetcher(kind(), { cache }).get(url, NOW),
    RangeError,
    "a bug",
  );
});

Deno.test("Fetcher reads the same bytes once, and asks once for several", async () => {
  await using http = fileServer({ "*": () => bytes("5000") });
  const of = kind();
  const get = fetcher(of);
  const url = `${http.url}/a`;
  const values = await Promise.all([1, 2, 3].map(() => get.get(url, NOW)));
  assertEquals(values, [5000, 5000, 5000]);
  assertEquals(await get.get(url, NOW), 5000);
  assertEquals([http.requests.length, of.parsed], [1, 1]);
  // One that has ended is not waited for again.
  assertEquals(await get.get(url, later(6000)), 5000);
  assertEquals(http.requests.length, 2);
  // Of several under one key, the first answer is that of all.
  assertEquals(await get.get(`${http.url}/b`, NOW, {}, url), 5000);
  assertEquals(http.requests.length, 2);
});

Deno.test("Fetcher takes no more bytes than its kind, or the caller, allows", async () => {
  await using http = fileServer({
    "/100": bytes("1".padStart(100, "0")),
    "/101": bytes("1".padStart(101, "0")),
  });
  assertEquals(await fetcher().get(`${http.url}/100`, NOW), 1);
  await assertRejects(() => fetcher().get(`${http.url}/101`, NOW), TlsError);
  const wide = fetcher(kind(), { maxBytes: 101 });
  assertEquals(await wide.get(`${http.url}/101`, NOW), 1);
});

Deno.test("Fetcher wants a cache with both methods, and limits that are whole numbers", () => {
  const both = { get: () => undefined, set: () => {} };
  fetcher(kind(), { cache: both, timeout: 1, maxBytes: 2 ** 31 - 1 });
  const wrong: unknown[] = [
    null,
    7,
    "cache",
    {},
    { get: both.get },
    { set: both.set },
    { ...both, get: 1 },
    { ...both, set: 1 },
  ];
  for (const cache of wrong) {
    assertThrows(
      () => fetcher(kind(), { cache: cache as FetchCache }),
      TypeError,
      "with the methods get and set",
    );
  }
  for (const limit of [0, 2 ** 31, 0.5]) {
    assertThrows(
      () => fetcher(kind(), { maxBytes: limit }),
      RangeError,
      `from 1 to 2147483647, got ${limit}`,
    );
  }
});

Deno.test("httpUrls() gives the URLs of http alone", () => {
  const names = [
    ["uri", "http://a.example/"],
    ["uri", "HTTP://b.example/"],
    ["uri", "https://c.example/"],
    ["uri", "ldap://d.example/http://"],
    ["dns", "http://e.example/"],
  ].map(([type = "", value = ""]) => ({ type, value }));
  assertEquals(httpUrls(names), ["http://a.example/", "HTTP://b.example/"]);
});
