/** Whether a leaf's key may do what it does in a handshake. */

import { assertEquals } from "@std/assert";
import { keyUsages } from "../../../x509/certificate/extension_values.ts";
import type { IssuedCertificate } from "../../../x509/issue/issue.ts";
import { keyUsageError } from "../../../x509/certificate/key_usage.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import { TrustStore } from "../../../x509/trust/trust_store.ts";
import { connected } from "../../_pair.ts";
import {
  authority,
  certificateOf,
  server,
  withoutExtensions,
} from "../_authority.ts";

const root = await authority("Root");

/** RFC 5280 section 4.2.1.3: without the extension any use is allowed. */
async function withoutKeyUsage(keyType: string): Promise<IssuedCertificate> {
  const issued = await server(root, { keyType, names: ["localhost"] });
  return await withoutExtensions(issued, root, ExtensionOid.keyUsage);
}

Deno.test("keyUsageError() requires the use in a keyUsage that is there", async () => {
  const leaf = certificateOf(
    await server(root, { keyUsage: ["digitalSignature", "keyAgreement"] }),
  );
  for (const usage of keyUsages) {
    const allowed = usage === "digitalSignature" || usage === "keyAgreement";
    const error = keyUsageError(leaf, usage, [leaf]);
    assertEquals(error?.code, allowed ? undefined : "wrong_key_usage", usage);
  }
});

Deno.test("keyUsageError() allows any use without keyUsage", async () => {
  const leaf = certificateOf(await withoutKeyUsage("P-256"));
  assertEquals(leaf.extension(ExtensionOid.keyUsage), undefined);
  for (const usage of keyUsages) {
    assertEquals(keyUsageError(leaf, usage, [leaf]), undefined, usage);
  }
});

for (
  const [version, cipherSuite, keyType] of [
    ["TLSv1.3", "TLS_AES_128_GCM_SHA256", "P-256"],
    ["TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "P-256"],
    ["TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa-2048"],
    ["TLSv1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256", "rsa-2048"],
  ] as const
) {
  Deno.test(`both ends accept certificates without keyUsage, with ${cipherSuite}`, async () => {
    const { cert, key } = await withoutKeyUsage(keyType);
    const trust = TrustStore.of(root.cert);
    const both = {
      cert,
      key,
      trust,
      maxVersion: version,
      cipherSuites: [cipherSuite],
    };
    const client = { ...both, ...await clientIdentity(keyType) };
    await using ends = await connected(client, {
      ...both,
      clientAuth: "require",
    });
    assertEquals(ends.client.info.version, version);
    assertEquals(ends.client.info.authorization, { status: "verified" });
    assertEquals(ends.server.info.authorization, { status: "verified" });
  });
}

/** The same for a client. */
async function clientIdentity(
  keyType: string,
): Promise<{ cert: string; key: string }> {
  const issued = await server(root, {
    keyType,
    extendedKeyUsage: ["clientAuth"],
  });
  const { cert, key } = await withoutExtensions(
    issued,
    root,
    ExtensionOid.keyUsage,
  );
  return { cert, key };
}
