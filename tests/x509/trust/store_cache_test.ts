/**
 * Stores that are kept by the content of their list.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { TlsError } from "../../../errors.ts";
import { cachedStore } from "../../../x509/trust/store_cache.ts";
import { mozillaList } from "../../../x509/trust/trust_data.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { authority, certificateOf } from "../_authority.ts";

const [one, two] = [await authority("One"), await authority("Two")];
const der = certificateOf(one).raw;

Deno.test("cachedStore() gives the store of an equal list", () => {
  const store = cachedStore([one.cert, der]);
  assertStrictEquals(cachedStore([`${one.cert}`, der.slice()]), store);
  for (
    const other of [[one.cert], [der, one.cert], [one.cert, two.cert], [
      one.cert + two.cert,
    ]]
  ) assertEquals(cachedStore(other) === store, false);
});

Deno.test("cachedStore() does not follow a buffer that changes", () => {
  const buffer = der.slice();
  const store = cachedStore([buffer]);
  buffer.fill(0);
  assertEquals(store.size, 1);
  assertEquals(store.certificates[0]?.subject, "CN=One");
  assertThrows(() => cachedStore([buffer]), TlsError);
});

Deno.test("cachedStore() keeps a bounded number, the latest ones", () => {
  const first = cachedStore([one.cert]);
  for (let count = 0; count < 31; count++) {
    cachedStore([two.cert + "\n".repeat(count)]);
  }
  assertStrictEquals(cachedStore([one.cert]), first);
  for (let count = 0; count < 32; count++) {
    cachedStore([two.cert + "\n".repeat(100 + count)]);
  }
  assertEquals(cachedStore([one.cert]) === first, false);
  // One that is too long would drive out all others.
  const long = one.cert + "\n".repeat(2 ** 20);
  const other = cachedStore([one.cert, two.cert]);
  assertEquals(cachedStore([long]) === cachedStore([long]), false);
  assertStrictEquals(cachedStore([one.cert, two.cert]), other);
});

Deno.test("cachedStore() keeps a bounded number of characters", () => {
  const list = (item: string) => [item + "\n".repeat(200_000)];
  const first = cachedStore(list(one.cert));
  assertStrictEquals(cachedStore(list(one.cert)), first);
  const second = cachedStore(list(two.cert));
  assertStrictEquals(cachedStore(list(one.cert)), first);
  cachedStore(list(one.cert + two.cert));
  // The one that was not used for the longest time has given way.
  assertStrictEquals(cachedStore(list(one.cert)), first);
  assertEquals(cachedStore(list(two.cert)) === second, false);
});

Deno.test("cachedStore() keeps a list that has as many characters as there may be", () => {
  // Its key says its length as well, in twelve characters.
  const [whole, longer] = [2 ** 19 - 12, 2 ** 19 - 11]
    .map((length) => [one.cert.padEnd(length, "\n")]);
  assert(whole !== undefined && longer !== undefined);
  assertStrictEquals(cachedStore(whole), cachedStore(whole));
  assertEquals(cachedStore(longer) === cachedStore(longer), false);
});

Deno.test("mozillaList names the subjects of the roots that have a date", async () => {
  const store = await TrustStore.mozilla().load();
  const dated = store.certificates.filter((root) =>
    store.distrustAfter(root) !== undefined
  );
  assertEquals(
    dated.map(({ subjectName }) => subjectName.key),
    [...mozillaList.dated],
  );
});

Deno.test("TrustStore with() finds what each of its stores has, once", async () => {
  const mozilla = await TrustStore.mozilla().load();
  const [root] = mozilla.certificates;
  if (root === undefined) throw new TypeError("no root");
  const store = mozilla.with(one.cert).with(root.raw, TrustStore.of(two.cert));
  for (const certificate of [root, certificateOf(one), certificateOf(two)]) {
    assertEquals(store.has(certificate), true);
    assertEquals(store.findBySubject(certificate.subjectName).length, 1);
    assertEquals(store.findByKey(certificate.publicKey.spki).length, 1);
  }
  assertEquals(store.size, mozillaList.size + 2);
});
