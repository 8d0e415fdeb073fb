import { assert, assertEquals, assertThrows } from "@std/assert";
import { clientContextOf } from "../../../connection/options/client_contexts.ts";
import { createContext, setDefaultContext } from "../../../mod.ts";
import { issueCertificate, TrustStore } from "../../../x509/mod.ts";

const { cert, key } = await issueCertificate({ names: ["a.test"], ca: true });

Deno.test("clientContextOf() gives one context for options that are written out again", () => {
  const one = of({ caCerts: [cert], minVersion: "TLSv1.3" });
  const other = of({ minVersion: "TLSv1.3", caCerts: [`${cert}`] });
  assert(one.context === other.context);
});

Deno.test("clientContextOf() leaves to each connection what is its own", () => {
  const shared = { caCerts: [cert], securityLevel: 2 };
  const one = of({ ...shared, serverName: "a.test", port: 1 });
  const other = of({ ...shared, serverName: "b.test", readTimeout: 7 });
  assert(one.context === other.context);
  assertEquals(one.own, { serverName: "a.test", port: 1 });
  assertEquals(other.own, { serverName: "b.test", readTimeout: 7 });
});

Deno.test("clientContextOf() tells different options apart", () => {
  const alpnProtocols = ["h2"];
  const first = of({ alpnProtocols });
  alpnProtocols.push("http/1.1");
  const trust = [TrustStore.of(cert), TrustStore.of(cert)];
  const contexts = [
    first,
    of({ alpnProtocols }),
    of({ alpnProtocols: ["http/1.1", "h2"] }),
    of({ alpnProtocols: [] }),
    of({}),
    ...trust.map((store) => of({ trust: store })),
  ].map(({ context }) => context);
  assertEquals(new Set(contexts).size, contexts.length);
  assertEquals(first.context.alpnProtocols, ["h2"]);
});

Deno.test("clientContextOf() keeps a context by the list that it was made of", () => {
  let reads = 0;
  const alpnProtocols = Object.defineProperty([""], 0, {
    get: () => `${++reads}`,
  });
  of({ alpnProtocols });
  for (let at = reads; at > 0; at--) {
    const { context } = of({ alpnProtocols: [`${at}`] });
    assertEquals(context.alpnProtocols, [`${at}`]);
  }
});

Deno.test("clientContextOf() keeps neither functions, bytes nor keys", () => {
  const verify = () => {};
  const bytes = new Uint8Array(32);
  for (
    const options of [
      { verify },
      { caCerts: [new TextEncoder().encode(cert)] },
      { cert, key },
      { psk: { identity: "a", key: bytes } },
      { caCerts: [cert], key, cert },
    ]
  ) assert(of(options).context !== of(options).context);
});

Deno.test("clientContextOf() goes by the default context, and keeps none of it", () => {
  const options = { caCerts: [cert], maxFragmentSize: 512 };
  const kept = of(options).context;
  const before = setDefaultContext(createContext({ minVersion: "TLSv1.3" }));
  try {
    assert(of(options).context !== kept);
    assertEquals(of(options).context.settings.minVersion, 0x0304);
  } finally {
    setDefaultContext(before);
  }
  assert(of(options).context === kept);
});

Deno.test("clientContextOf() keeps few, those that were used last", () => {
  const sized = (maxFragmentSize: number) => of({ maxFragmentSize }).context;
  const [one, two] = [sized(101), sized(102)];
  for (let count = 0; count < 7; count++) {
    assert(sized(101) === one);
    sized(103 + count);
  }
  assert(sized(101) === one);
  assert(sized(102) !== two);
});

Deno.test("clientContextOf() refuses what the options contradict, each time", () => {
  for (let count = 0; count < 2; count++) {
    assertThrows(
      () => of({ versions: ["TLSv1.3"], minVersion: "TLSv1.2" }),
      TypeError,
      "minVersion",
    );
  }
});

function of(options: object) {
  return clientContextOf(options, "connect()");
}
