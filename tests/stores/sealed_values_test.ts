import { assertEquals, assertThrows } from "@std/assert";
import { encodeBase64 } from "../../encoding.ts";
import { SealedValues } from "../../stores/sealed_values.ts";

const secret = crypto.getRandomValues(new Uint8Array(32));
const other = crypto.getRandomValues(new Uint8Array(40));
const value = Uint8Array.of(1, 2, 3);

Deno.test("a sealed value opens under its secret, name and purpose alone", async () => {
  const here = new SealedValues([secret], "a");
  const sealed = await here.seal(value, "name");
  const there = new SealedValues([encodeBase64(secret)], "a");
  assertEquals(await there.open(sealed, "name"), value);
  assertEquals(await there.open(sealed, "other name"), undefined);
  const ofOthers = [
    new SealedValues([other], "a"),
    new SealedValues([secret], "b"),
  ];
  for (const each of ofOthers) {
    assertEquals(await each.open(sealed, "name"), undefined);
  }
});

Deno.test("a sealed value that was changed or cut does not open", async () => {
  const values = new SealedValues([secret], "a");
  const sealed = await values.seal(value, "name");
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assertEquals(await values.open(changed, "name"), undefined);
    assertEquals(await values.open(sealed.slice(0, at), "name"), undefined);
  }
});

Deno.test("the value itself is not in what is sealed, nor twice the same", async () => {
  const values = new SealedValues([secret], "a");
  const zeros = new Uint8Array(64);
  const [one, two] = [
    await values.seal(zeros, "name"),
    await values.seal(zeros, "name"),
  ];
  assertEquals(one.length, 64 + 12 + 16);
  assertEquals(encodeBase64(one).includes("A".repeat(20)), false);
  assertEquals(encodeBase64(one) === encodeBase64(two), false);
});

Deno.test("a secret is replaced in two steps", async () => {
  const old = new SealedValues([secret], "a");
  const both = new SealedValues([other, secret], "a");
  const sealed = await both.seal(
    await both.open(
      await old.seal(value, "name"),
      "name",
    ) ?? new Uint8Array(),
    "name",
  );
  assertEquals(
    await new SealedValues([other], "a").open(sealed, "name"),
    value,
  );
});

for (
  const [what, secrets] of [
    ["31 bytes", [new Uint8Array(31)]],
    ["text that is no base64", [
      "not base64 at all, although it is long enough",
    ]],
    ["an empty text", [""]],
    ["none", []],
  ] as const
) {
  Deno.test(`a secret of ${what} is refused`, () => {
    assertThrows(() => new SealedValues(secrets, "a"), TypeError, `"secret"`);
  });
}
