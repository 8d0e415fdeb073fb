import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  boolean,
  integer,
  octetString,
  oid,
  sequence,
} from "../../../x509/asn1/der.ts";
import type {
  ExtensionInput,
  IssuedCertificate,
  IssueOptions,
} from "../../../x509/issue/issue.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import {
  authority,
  certificateOf,
  codes,
  rsaKey,
  server,
  verify,
  withoutExtensions,
} from "../_authority.ts";

const root = await authority("Root");

/** What a strict verification says of a leaf; a lenient one accepts it. */
async function refused(options: IssueOptions): Promise<string> {
  const issued = await server(root, options);
  assertEquals(codes(await verify([issued], [root])), [], "lenient");
  const verdict = await verify([issued], [root], { strict: true });
  assertEquals(new Set(codes(verdict)), new Set(["not_strict"]));
  return verdict.errors.map(({ message }) => message).join("\n");
}

function extension(
  name: keyof typeof ExtensionOid,
  value: Uint8Array,
  critical = false,
): { extensions: ExtensionInput[] } {
  return { extensions: [{ oid: ExtensionOid[name], value, critical }] };
}

Deno.test("verifyChain() with strict accepts what keeps the rules", async () => {
  const intermediate = await authority("Intermediate", root);
  const chain = [await server(intermediate), intermediate];
  assertEquals(codes(await verify(chain, [root], { strict: true })), []);
});

Deno.test("verifyChain() with strict holds rules of RFC 5280 for authorities", async () => {
  const purposes = sequence(oid("1.3.6.1.5.5.7.3.1"));
  const cases: [IssueOptions, string][] = [
    [{ serialNumber: Uint8Array.of(0) }, "serialNumber"],
    [{ serialNumber: new Uint8Array(21).fill(1) }, "longer than 20 octets"],
    [extension("authorityKeyIdentifier", sequence()), "has no keyIdentifier"],
    [
      extension(
        "authorityKeyIdentifier",
        sequence(Uint8Array.of(0x80, 1, 1)),
      ),
      "is not its issuer's subjectKeyIdentifier",
    ],
    [
      extension("subjectKeyIdentifier", octetString(Uint8Array.of(1)), true),
      "subjectKeyIdentifier is critical",
    ],
    [extension("extKeyUsage", purposes, true), "extKeyUsage is critical"],
    [
      extension("inhibitAnyPolicy", integer(0)),
      "inhibitAnyPolicy is not critical",
    ],
    [
      { keyUsage: ["digitalSignature", "keyCertSign"] },
      "keyCertSign and it is not a CA",
    ],
    [
      { names: ["example.com", "my_host.example.com"] },
      '"my_host.example.com" is not a DNS name in preferred syntax',
    ],
  ];
  for (const [options, fact] of cases) {
    assertStringIncludes(await refused(options), fact);
  }
});

Deno.test("verifyChain() with strict holds the Baseline Requirements for servers", async () => {
  const cases: [IssueOptions, string][] = [
    [{ extendedKeyUsage: [] }, "it has no extKeyUsage"],
    [{ extendedKeyUsage: ["anyExtendedKeyUsage"] }, "anyExtendedKeyUsage"],
    [{ subject: "EXAMPLE.com" }, 'common name "EXAMPLE.com" is not in'],
    [
      { key: await rsaKey(2056 - 4) },
      "2052 bits is not a whole number of bytes",
    ],
    [extension("basicConstraints", sequence(boolean(true)), true), "is a CA"],
  ];
  for (const [options, fact] of cases) {
    assertStringIncludes(await refused(options), fact);
  }
  // They are about servers.
  const client = await server(root, { extendedKeyUsage: [] });
  assertEquals(
    codes(await verify([client], [root], { strict: true, usage: "client" })),
    [],
  );
});

// BR 7.1.6.1 and 7.1.2.10.5: a CA asserts by anyPolicy that it keeps the rules.
Deno.test("verifyChain() with strict takes a path whose CA has anyPolicy for a public one", async () => {
  const anyPolicy = extension(
    "certificatePolicies",
    sequence(sequence(oid("2.5.29.32.0"))),
  );
  for (
    const [ofCa, expected] of [
      [{}, false],
      [anyPolicy, true],
    ] as const
  ) {
    const ca = await authority("Middle", root, ofCa);
    const chain = [await server(ca), ca];
    const verdict = await verify(chain, [root], { strict: true });
    assertEquals(codes(verdict).includes("not_strict"), expected);
  }
});

Deno.test("verifyChain() with strict requires version 3 and one common name (BR 7.1.1, 7.1.4.3)", async () => {
  const ca = await authority("Old", root);
  // A CA of version 1 is one where the caller trusts it.
  const old = await withoutExtensions(ca, root, "all");
  const cases: [IssuedCertificate[], IssuedCertificate[], string][] = [
    [[await server(ca)], [old], "of version 1 and not 3"],
    [
      [
        await server(root, {
          names: ["example.com", "b.example"],
          subject: "CN=example.com,CN=b.example",
        }),
      ],
      [root],
      "several common names",
    ],
  ];
  for (const [chain, anchors, fact] of cases) {
    assertEquals(codes(await verify(chain, anchors)), [], fact);
    const verdict = await verify(chain, anchors, { strict: true });
    assertEquals(new Set(codes(verdict)), new Set(["not_strict"]));
    assertStringIncludes(
      verdict.errors.map(({ message }) => message).join(),
      fact,
    );
  }
});

Deno.test("verifyChain() with strict requires keyUsage in CAs and roots (RFC 5280 section 4.2.1.3, BR 7.1.2.1.2)", async () => {
  const ca = await withoutExtensions(
    await authority("CA", root),
    root,
    ExtensionOid.keyUsage,
  );
  const chain = [await server(ca), ca];
  assertEquals(codes(await verify(chain, [root])), []);
  const verdict = await verify(chain, [root], { strict: true });
  assertEquals(codes(verdict), ["not_strict"]);
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    "a CA without keyUsage",
  );
  const bare = await withoutExtensions(root, root, ExtensionOid.keyUsage);
  const own = await verify([await server(bare)], [bare], { strict: true });
  assertEquals(codes(own), ["not_strict"]);
  assertStringIncludes(
    own.errors[0]?.message ?? "",
    "a root without keyUsage",
  );
});

// The date of version 3 is one of issue, and the rules of its time are few.
Deno.test("verifyChain() with strict takes dates from 1995 on for those of issue", async () => {
  const notAfter = new Date("2049-01-01");
  const ancient = await authority("Ancient", undefined, {
    notBefore: new Date("1949-01-01"),
    notAfter,
  });
  for (
    const [date, expected] of [
      ["1994-12-31T23:59:59Z", ["not_strict"]],
      ["1995-01-01T00:00:00Z", []],
    ] as const
  ) {
    const leaf = await server(ancient, {
      notBefore: new Date(date),
      notAfter,
      serialNumber: Uint8Array.of(0),
    });
    const verdict = await verify([leaf], [ancient], { strict: true });
    assertEquals(codes(verdict), [...expected], date);
  }
});

Deno.test("verifyChain() with strict holds the rules for CAs", async () => {
  const cases: [IssueOptions, string][] = [
    [
      extension("basicConstraints", sequence(boolean(true))),
      "basicConstraints are not critical",
    ],
    [{ extendedKeyUsage: ["serverAuth"] }, "a root with extKeyUsage"],
  ];
  for (const [options, fact] of cases) {
    const ca = await authority("CA", undefined, options);
    const chain = [await server(ca)];
    assertEquals(codes(await verify(chain, [ca])), []);
    const verdict = await verify(chain, [ca], { strict: true });
    assertEquals(codes(verdict), ["not_strict"]);
    assertEquals(verdict.errors[0]?.certificate, certificateOf(ca));
    assertStringIncludes(verdict.errors[0]?.message ?? "", fact);
  }
});
