import { assert, assertEquals, assertRejects } from "@std/assert";
import { type PeerVerdict, TlsCertificateError } from "../../mod.ts";
import {
  Certificate,
  formatPem,
  TrustStore,
  verifyHostname,
} from "../../x509/mod.ts";
import { authority, certificate, pair } from "../_pair.ts";

/** The recipes of the documentation of `verify`, as they stand there. */
function trustOnFirstUse(known: Map<string, string>) {
  return ({ chain, serverName = "" }: PeerVerdict) => {
    const shown = chain[0]?.fingerprint("SHA-256");
    if (shown === undefined) return false; // a raw public key, or nothing
    if (!known.has(serverName)) known.set(serverName, shown);
    return known.get(serverName) === shown;
  };
}

function pinKey(spki: Uint8Array) {
  return ({ status, path }: PeerVerdict) =>
    status === "verified" &&
    path.some(({ publicKey }) => publicKey.spki.toHex() === spki.toHex());
}

function alsoFor(name: string) {
  return ({ chain: [leaf], errors }: PeerVerdict) => {
    if (errors.some(({ code }) => code !== "hostname_mismatch")) return false;
    if (leaf) verifyHostname(leaf, name); // throws, which refuses
    return true;
  };
}

function knownExpired(fingerprint: string) {
  return ({ chain, errors }: PeerVerdict) =>
    errors.every(({ code }) => code === "certificate_expired") &&
    chain[0]?.fingerprint("SHA-256") === fingerprint;
}

/** Connects to a server with a certificate; gives how the client sees it. */
async function outcome(
  verify: (verdict: PeerVerdict) => boolean,
  leaf: { cert: string; key: string },
  serverName = "localhost",
): Promise<string> {
  await using ends = await pair(
    { verify, serverName },
    { cert: leaf.cert, key: leaf.key },
  );
  const [info] = await Promise.all([
    ends.client.handshake(),
    ends.server.handshake(),
  ]);
  return info.authorization.status;
}

async function refuses(connecting: Promise<string>): Promise<void> {
  const error = await assertRejects(() => connecting, TlsCertificateError);
  assertEquals(error.code, "certificate_refused");
  assertEquals(error.stage, "handshake");
}

Deno.test("verify trusts on first use, whatever the issuer", async () => {
  const known = new Map<string, string>();
  const [first, second] = [
    await certificate({ names: ["first.example"] }),
    await certificate({ names: ["second.example"] }),
  ];
  const verify = trustOnFirstUse(known);
  assertEquals(await outcome(verify, first), "unverified");
  assertEquals(await outcome(verify, first), "unverified");
  await refuses(outcome(verify, second));
});

Deno.test("verify pins the key of a certificate of the path", async () => {
  const leaf = await certificate();
  const [{ publicKey } = { publicKey: { spki: new Uint8Array() } }] =
    leaf.identity.chain;
  assertEquals(await outcome(pinKey(publicKey.spki), leaf), "verified");
  await refuses(outcome(pinKey(new Uint8Array(3)), leaf));
});

Deno.test("verify accepts another name, and only that", async () => {
  const leaf = await certificate({ names: ["other.example"] });
  assertEquals(await outcome(alsoFor("other.example"), leaf), "unverified");
  await refuses(outcome(alsoFor("third.example"), leaf));
});

Deno.test("verify accepts one known expired certificate", async () => {
  const expired = {
    names: ["localhost"],
    notBefore: new Date(Date.now() - 30 * 86_400_000),
    notAfter: new Date(Date.now() - 86_400_000),
  };
  const leaf = await certificate(expired);
  const [shown] = leaf.identity.chain;
  assert(shown !== undefined);
  const verify = knownExpired(shown.fingerprint("SHA-256"));
  assertEquals(await outcome(verify, leaf), "unverified");
  const another = await certificate({ ...expired, keyType: "P-384" });
  await refuses(outcome(verify, another));
});

Deno.test("verify accepts by true alone, not by what else is returned", async () => {
  const leaf = await certificate();
  for (const answer of [new Error("no"), {}, [], "false", 1, null, 0, ""]) {
    const verify = () => answer as unknown as boolean;
    await refuses(outcome(verify, leaf));
  }
});

Deno.test("caCerts may be PEM text, PEM bytes or DER", async () => {
  const { cert } = await authority;
  const [{ raw = new Uint8Array() } = {}] = Certificate.fromPem(cert);
  for (const caCert of [cert, new TextEncoder().encode(cert), raw]) {
    await using ends = await pair({ caCerts: [caCert], trust: undefined });
    const [{ authorization }] = await Promise.all([
      ends.client.handshake(),
      ends.server.handshake(),
    ]);
    assertEquals(authorization.status, "verified");
  }
});

Deno.test("caCerts leave out what cannot be read of a bundle, and keep the rest", async () => {
  const { cert } = await authority;
  const bundle = formatPem("CERTIFICATE", Uint8Array.of(0x30, 0)) + cert;
  await using ends = await pair({ caCerts: [bundle], trust: undefined });
  const [{ authorization }] = await Promise.all([
    ends.client.handshake(),
    ends.server.handshake(),
  ]);
  assertEquals(authorization.status, "verified");
});

Deno.test("caCerts and trust honour what a TRUSTED CERTIFICATE is refused for", async () => {
  const refused = await refusedFor("serverAuth");
  for (
    const trusting of [
      { caCerts: [refused], trust: undefined },
      // The settings hold even where the certificate is there without them.
      { caCerts: [(await authority).cert, refused], trust: undefined },
      { trust: TrustStore.of(refused) },
    ]
  ) {
    await using ends = await pair(trusting);
    ends.server.handshake();
    const error = await assertRejects(
      () => ends.client.handshake(),
      TlsCertificateError,
    );
    assertEquals(error.code, "unknown_issuer");
  }
  const caCerts = [await refusedFor("clientAuth")];
  await using ends = await pair({ caCerts, trust: undefined });
  await Promise.all([ends.client.handshake(), ends.server.handshake()]);
});

/** The authority with OpenSSL's settings: refused for one purpose. */
async function refusedFor(purpose: "serverAuth" | "clientAuth") {
  const [{ raw = new Uint8Array() } = {}] = Certificate.fromPem(
    (await authority).cert,
  );
  const last = purpose === "serverAuth" ? 1 : 2;
  const id = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, last];
  const settings = [0x30, 12, 0xa0, 10, ...id];
  return formatPem("TRUSTED CERTIFICATE", Uint8Array.of(...raw, ...settings));
}
