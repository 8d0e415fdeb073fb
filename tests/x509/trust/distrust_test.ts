/**
 * Keys that nobody may trust, and roots that are trusted up to a day.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { concat } from "@std/bytes";
import { sha256 } from "../../../crypto/primitives/hash.ts";
import { client, server as tlsServer } from "../../../mod.ts";
import { Certificate } from "../../../x509/certificate/certificate.ts";
import { sequence } from "../../../x509/asn1/der.ts";
import { checkDistrust } from "../../../x509/trust/distrust.ts";
import { TlsCertificateError } from "../../../x509/certificate/errors.ts";
import type {
  IssuedCertificate,
  IssueOptions,
} from "../../../x509/issue/issue.ts";
import {
  certificateScheme,
  signStructure,
} from "../../../x509/issue/issue_signature.ts";
import { distrustedKeys } from "../../../x509/trust/trust_data.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { verifyChain } from "../../../x509/path/verify.ts";
import {
  authority,
  certificateOf,
  certificatesOf,
  codes,
  server,
  verify,
} from "../_authority.ts";
import { vectors } from "../../vectors/_folder.ts";

const { url: FOLDER, missing } = vectors("distrusted/");
const files = missing === undefined ? listed(FOLDER) : [];

/** A test over the published keys, where they are at hand. */
function keysTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (${missing})`,
    ignore: missing !== undefined,
    fn,
  });
}

keysTest(
  "distrustedKeys has every published key, and verifyChain() refuses each as a leaf",
  async () => {
    assertEquals(files.length, 8);
    assertEquals(distrustedKeys.size, 8);
    const root = await authority("Root");
    for (const file of files) {
      const spki = await spkiOf(file);
      const leaf = await withKey(spki, root, { names: ["example.com"] });
      const verdict = await verifyChain({
        chain: [leaf],
        trust: TrustStore.of(certificateOf(root)),
        name: "example.com",
      });
      assertEquals(codes(verdict), ["certificate_distrusted"], file);
      const [error] = verdict.errors;
      assert(error);
      assertEquals(error.certificate, leaf);
      assertEquals(error.alert, "certificate_unknown");
      assertStringIncludes(error.message, "on the list of distrusted keys");
      // The leaf itself in the store makes it no better.
      const trusted = await verifyChain({
        chain: [leaf],
        trust: TrustStore.of(leaf),
        name: "example.com",
      });
      assertEquals(codes(trusted), ["certificate_distrusted"]);
    }
  },
);

Deno.test("verifyChain() refuses a distrusted key of an intermediate, of an anchor and after a dead end", async () => {
  const root = await authority("Root");
  const elsewhere = await authority("Elsewhere");
  const stolen = await authority("Stolen", root);
  const leaf = await server(stolen);
  await withDistrusted(stolen, async () => {
    const anchors = { root: [root], itself: [stolen], none: [elsewhere] };
    for (const [name, trusted] of Object.entries(anchors)) {
      const verdict = await verify([leaf, stolen], trusted);
      assertEquals(
        codes(verdict),
        name === "none"
          ? ["unknown_issuer", "certificate_distrusted"]
          : ["certificate_distrusted"],
        name,
      );
      const error = verdict.errors.at(-1);
      assertEquals(error?.certificate, certificateOf(stolen));
    }
  });
});

Deno.test("verifyChain() finds the path around a distrusted key", async () => {
  const root = await authority("Root");
  const good = await authority("Good");
  const cross = await authority("Middle", root);
  const other = await authority("Middle", good, { key: cross.key });
  const leaf = await server(cross);
  await withDistrusted(root, async () => {
    assertEquals(codes(await verify([leaf, cross], [root])), [
      "certificate_distrusted",
    ]);
    const around = await verify([leaf, cross, other], [root, good]);
    assertEquals(around.status, "verified");
  });
});

keysTest(
  "a connection refuses a distrusted key unless verify accepts it",
  async () => {
    const spki = await spkiOf(files[0] ?? "");
    const root = await authority("Root");
    const issued = await server(root);
    const leaf = certificateOf(issued);
    const anchor = await withKey(spki, root, { ca: true, subject: "Stolen" });
    const connect = async (verify?: () => boolean) => {
      const [up, down] = [new TransformStream(), new TransformStream()];
      const there = tlsServer(
        { readable: up.readable, writable: down.writable },
        { certificates: [{ chain: [leaf, anchor], key: issued.identity.key }] },
      );
      const here = client(
        { readable: down.readable, writable: up.writable },
        {
          serverName: "example.com",
          trust: TrustStore.of(anchor),
          ...verify && { verify },
        },
      );
      const handshakes = await Promise.allSettled([
        here.handshake(),
        there.handshake(),
      ]);
      here.abort();
      there.abort();
      if (handshakes[0].status === "rejected") throw handshakes[0].reason;
    };
    await assertRejects(() => connect(), TlsCertificateError);
    await connect(() => true);
  },
);

Deno.test("checkDistrust() refuses leaves from after the date of their root, and no others", async () => {
  const root = await authority("Root");
  const issuedAt = (notBefore: string, issuer = root, ca = false) =>
    ca
      ? authority("Intermediate", issuer, { notBefore: new Date(notBefore) })
      : server(issuer, { notBefore: new Date(notBefore) });
  const dates = {
    distrustAfter: (anchor: Certificate) =>
      anchor === certificateOf(root)
        ? new Date("2026-04-15T23:59:59Z")
        : undefined,
  };
  const check = async (leaf: Promise<IssuedCertificate>) =>
    checkDistrust(certificatesOf(await leaf, root), dates);
  assertEquals(await check(issuedAt("2026-04-15T23:59:59Z")), []);
  const [late, ...others] = await check(issuedAt("2026-04-16T00:00:00Z"));
  assertEquals(others, []);
  assertEquals(late?.code, "certificate_distrusted");
  assertStringIncludes(late?.message ?? "", "2026-04-15T23:59:59");
  // As NSS does: a newer intermediate may serve an older leaf.
  const middle = await issuedAt("2026-05-01T00:00:00Z", root, true);
  const old = await issuedAt("2026-01-01T00:00:00Z", middle);
  assertEquals(checkDistrust(certificatesOf(old, middle, root), dates), []);
  // No anchor, no date; another anchor, none either.
  const young = certificatesOf(await issuedAt("2026-05-01T00:00:00Z"), root);
  assertEquals(checkDistrust(young, undefined), []);
  assertEquals(checkDistrust(young.toReversed(), dates), []);
});

Deno.test("TrustStore.mozilla() has dates of distrust, which with() keeps and other stores lack", async () => {
  const store = await TrustStore.mozilla().load();
  const dated = store.certificates.filter((root) => store.distrustAfter(root));
  assert(dated.length > 0);
  const [first] = dated;
  assert(first);
  const more = store.with(certificateOf(await authority("Mine")));
  assertEquals(more.distrustAfter(first), store.distrustAfter(first));
  const own = TrustStore.of(first);
  assertEquals(own.distrustAfter(first), undefined);
  assertEquals(
    own.with(store).distrustAfter(first),
    store.distrustAfter(first),
  );
  assertEquals(
    store.with(own).distrustAfter(first),
    store.distrustAfter(first),
  );
});

Deno.test("TrustStore.distrustAfter() gives dates that nobody shares", async () => {
  const store = await TrustStore.mozilla().load();
  const root = store.certificates.find((root) => store.distrustAfter(root));
  assert(root !== undefined);
  const before = store.distrustAfter(root)?.getTime();
  store.distrustAfter(root)?.setUTCFullYear(9999);
  assertEquals(store.distrustAfter(root)?.getTime(), before);
});

Deno.test("verifyChain() refuses what a root issued behind its store's date of distrust", async () => {
  const root = await authority("Dated");
  const leaf = await server(root);
  const trust = TrustStore.of(certificateOf(root));
  const day = 86_400_000;
  const issued = certificateOf(leaf).notBefore.getTime();
  for (
    const [time, expected] of [
      [issued + day, []],
      [issued - day, ["certificate_distrusted"]],
    ] as const
  ) {
    Object.defineProperty(trust, "distrustAfter", {
      value: () => new Date(time),
      configurable: true,
    });
    assertEquals(codes(await verify([leaf], [root], { trust })), [
      ...expected,
    ]);
  }
});

Deno.test("a good chain has no word of distrust", async () => {
  const root = await authority("Root");
  const verdict = await verify([await server(root)], [root]);
  assertEquals(verdict.status, "verified");
});

/** Has the key of a certificate on the list for a while. */
async function withDistrusted(
  issued: IssuedCertificate,
  use: () => Promise<void>,
): Promise<void> {
  const { spki } = certificateOf(issued).publicKey;
  const digest = sha256.digest(spki).toHex();
  // The list is read-only but for its tests.
  const list = distrustedKeys as Set<string>;
  list.add(digest);
  try {
    await use();
  } finally {
    list.delete(digest);
  }
}

/** A certificate of somebody else's key, signed by our issuer. */
async function withKey(
  spki: Uint8Array,
  issuer: IssuedCertificate,
  options: IssueOptions,
): Promise<Certificate> {
  const own = await (options.ca
    ? authority("x", issuer, {
      keyType: "P-384",
      ...options,
    })
    : server(issuer, { keyType: "P-384", ...options }));
  const { tbsCertificate, publicKey } = certificateOf(own);
  assertEquals(publicKey.spki.length, spki.length);
  const at = publicKey.spki.byteOffset - tbsCertificate.byteOffset;
  const tbs = concat([
    tbsCertificate.subarray(0, at),
    spki,
    tbsCertificate.subarray(at + spki.length),
  ]);
  const { key } = issuer.identity;
  return Certificate.parse(
    await signStructure(tbs, key, certificateScheme(key)),
  );
}

/** The files have what is inside the SEQUENCE. */
async function spkiOf(file: string): Promise<Uint8Array> {
  return sequence(await Deno.readFile(new URL(file, FOLDER)));
}

function listed(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".spki.der"));
}
