/**
 * Chromium with our server: it takes compressed certificates (RFC 8879), and sends
 * GREASE ECH (RFC 9849 section 6.2). It learns of configurations by the DNS alone,
 * for which its headless shell has no setting; the whole browser has.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeBase64 } from "../../encoding.ts";
import { echConfig } from "../../ech/mod.ts";
import { serve } from "../../mod.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { missing } from "./_peers/peer.ts";

const CHROMIUM = "chromium-headless-shell";

const chromiumMissing = missing(CHROMIUM, ["--version"], /Chrom/);

if (chromiumMissing !== undefined) absent("Chromium", chromiumMissing);
else {
  Deno.test(
    "Chromium → own, with a compressed certificate and GREASE ECH",
    UNSANITIZED,
    () => attempt(visit),
  );
}

async function visit(): Promise<void> {
  const { cert, key, identity } = await issueCertificate({
    names: ["127.0.0.1"],
  });
  const { pem } = await echConfig({ publicName: "public.example" });
  const sent: string[] = [];
  await using server = serve({
    port: 0,
    hostname: "127.0.0.1",
    cert,
    key,
    certificateCompression: ["brotli"],
    ech: { keys: pem },
    onListen: () => {},
    onEvent: (event) => {
      if (event.type === "message" && event.direction === "write") {
        sent.push(event.name);
      }
    },
  }, (_, { tls }) => new Response(`ech is ${tls.ech}`));
  const spki = identity.key.publicKey.spki.slice();
  const pin = await crypto.subtle.digest("SHA-256", spki);
  const folder = await Deno.makeTempDir();
  try {
    const { stdout, stderr } = await new Deno.Command(CHROMIUM, {
      args: [
        "--no-sandbox",
        `--user-data-dir=${folder}`,
        `--ignore-certificate-errors-spki-list=${
          encodeBase64(new Uint8Array(pin))
        }`,
        "--dump-dom",
        `https://127.0.0.1:${server.addr.port}/`,
      ],
      stdin: "null",
    }).output();
    const page = new TextDecoder().decode(stdout);
    const errors = new TextDecoder().decode(stderr);
    assertStringIncludes(page, "ech is rejected", errors);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert(sent.includes("compressed_certificate"), sent.join());
  assertEquals(sent.includes("certificate"), false);
}
