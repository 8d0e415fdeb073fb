import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ecdsaToDer } from "../../crypto/ecdsa_signature.ts";
import { sha256 } from "../../crypto/hash.ts";
import { SignatureScheme } from "../../registry.ts";
import { signedTimestampData } from "../../x509/sct.ts";
import {
  authority,
  certificateOf,
  codes,
  server,
  verify,
} from "./_authority.ts";

const root = await authority("Root");
const leaf = await server(root);

/** A log, and what it promised to the leaf. */
async function log(time = Date.now() - 60_000) {
  const name = "ECDSA";
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name, namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const key = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const timestamp = {
    version: 0,
    logId: sha256.digest(key),
    timestamp: time,
    extensions: new Uint8Array(),
    signatureScheme: SignatureScheme.ecdsa_secp256r1_sha256,
    signature: new Uint8Array(),
  };
  const data = signedTimestampData(timestamp, {
    type: "x509_entry",
    certificate: certificateOf(leaf).raw,
  });
  const signature = ecdsaToDer(
    new Uint8Array(
      await crypto.subtle.sign(
        { name, hash: "SHA-256" },
        privateKey,
        new Uint8Array(data),
      ),
    ),
  );
  const milliseconds = new DataView(new ArrayBuffer(8));
  milliseconds.setBigUint64(0, BigInt(time));
  const sct = [
    0,
    ...timestamp.logId,
    ...new Uint8Array(milliseconds.buffer),
    ...[0, 0, 4, 3, 0, signature.length],
    ...signature,
  ];
  const list = Uint8Array.of(0, sct.length + 2, 0, sct.length, ...sct);
  return { key, list };
}

Deno.test("verifyChain() with ctLogs wants a timestamp of a known log", async () => {
  const { key, list } = await log();
  const ctLogs = [{ key }];
  const seen = await verify([leaf], [root], {
    ctLogs,
    signedCertificateTimestamps: list,
  });
  assertEquals(codes(seen), []);
  const none = await verify([leaf], [root], { ctLogs });
  assertEquals(codes(none), ["sct_required"]);
  assertStringIncludes(
    none.errors[0]?.message ?? "",
    "it came without signed certificate timestamps",
  );
  const other = await verify([leaf], [root], {
    ctLogs: [{ key: (await log()).key }],
    signedCertificateTimestamps: list,
  });
  assertEquals(codes(other), ["sct_required"]);
  assertStringIncludes(other.errors[0]?.message ?? "", "counts: unknown log");
});

Deno.test("verifyChain() with ctLogs takes no timestamp of the future or of another certificate", async () => {
  const { key, list } = await log(Date.now() + 3_600_000);
  const early = await verify([leaf], [root], {
    ctLogs: [{ key }],
    signedCertificateTimestamps: list,
  });
  assertEquals(codes(early), ["sct_required"]);
  assertStringIncludes(early.errors[0]?.message ?? "", "in the future");
  const past = await log();
  const another = await verify([await server(root)], [root], {
    ctLogs: [{ key: past.key }],
    signedCertificateTimestamps: past.list,
  });
  assertStringIncludes(another.errors[0]?.message ?? "", "bad signature");
});

Deno.test("verifyChain() with ctLogs asks nothing of an anchor", async () => {
  const { key } = await log();
  const own = await server();
  assertEquals(codes(await verify([own], [own], { ctLogs: [{ key }] })), []);
});

Deno.test("verifyChain() throws for ctLogs without keys", async () => {
  const ctLogs = [{ key: new Uint8Array(3) }];
  await assertRejects(
    () => verify([leaf], [root], { ctLogs }),
    TypeError,
    "Cannot use ctLogs[0]",
  );
});
