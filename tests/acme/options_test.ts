import { assertEquals, assertThrows } from "@std/assert";
import { type AcmeOptions, readAcmeOptions } from "../../acme/options.ts";

const GOOD: AcmeOptions = {
  directory: "https://ca.example/directory",
  domains: ["a.example"],
  termsOfServiceAgreed: true,
  store: "/nowhere",
};

Deno.test("acme() reads names and addresses in their canonical form", () => {
  const { identifiers, contact } = readAcmeOptions({
    ...GOOD,
    domains: [
      "A.Example.",
      "a.example",
      "bücher.example",
      "2001:DB8::0:1",
      "192.0.2.1",
    ],
    email: "admin@a.example",
  });
  assertEquals(identifiers, [
    { type: "dns", value: "a.example" },
    { type: "dns", value: "xn--bcher-kva.example" },
    { type: "ip", value: "2001:db8::1" },
    { type: "ip", value: "192.0.2.1" },
  ]);
  assertEquals(contact, ["mailto:admin@a.example"]);
});

const bad: [string, object, RegExp][] = [
  [
    "plain http",
    { directory: "http://ca.example" },
    /https URL for "directory"/,
  ],
  ["no URL", { directory: "ca" }, /https URL for "directory"/],
  ["no domain", { domains: [] }, /"domains" is empty/],
  ["a wildcard", { domains: ["*.a.example"] }, /wildcard.*RFC 8737/],
  ["no name", { domains: ["a b"] }, /"a b" in "domains" is not a DNS name/],
  [
    "terms that are not agreed to",
    { termsOfServiceAgreed: undefined },
    /terms of service/,
  ],
  ["terms that are refused", { termsOfServiceAgreed: false }, /must be true/],
  ["no store", { store: undefined }, /"store" is missing/],
  ["a store without compareAndSet()", { store: new Map() }, /compareAndSet/],
  [
    "an address with a header",
    { email: "a@b.example?cc=c" },
    /"email" must be an address/,
  ],
  ["an unknown option", { renew: true }, /no option "renew"/],
  [
    "an account without its key",
    { externalAccount: { keyId: "1" } },
    /keyId, hmacKey/,
  ],
];
for (const [what, change, message] of bad) {
  Deno.test(`acme() refuses ${what}`, () => {
    const options = { ...GOOD, ...change } as AcmeOptions;
    const error = assertThrows(() => readAcmeOptions(options), TypeError);
    assertEquals(message.test(error.message), true, error.message);
  });
}
