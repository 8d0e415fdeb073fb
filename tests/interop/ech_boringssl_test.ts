/**
 * Encrypted ClientHello of BoringSSL's client, which is Chromium's, with our
 * server. The libcurl in curl_cffi's package for Python takes configurations by
 * an option, where a browser takes them by the DNS alone.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeBase64 } from "../../encoding.ts";
import { echConfig } from "../../ech/mod.ts";
import { serve } from "../../mod.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { writeFile } from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { ownFile } from "./_peers/path.ts";
import { missing } from "./_peers/peer.ts";
import { python } from "./_peers/python.ts";

const PUBLIC = "public.example";
const SECRET = "secret.example";

const without = missing(python, [
  "-c",
  "from curl_cffi import Curl; print(Curl().version())",
], /BoringSSL/);

if (without !== undefined) absent("Encrypted ClientHello, BoringSSL", without);
else {
  // It has no other KEM: of secp256r1 it sends the name in the clear.
  test("a configuration of x25519", async () => {
    const file = await echConfig({ publicName: PUBLIC });
    const { page } = await visit(file.pem, listOf(file));
    assertEquals(page, `accepted for ${SECRET}`);
  });

  test("a second ClientHello", async () => {
    const file = await echConfig({ publicName: PUBLIC });
    const { page } = await visit(file.pem, listOf(file), ["secp384r1"]);
    assertEquals(page, `accepted for ${SECRET}, again`);
  });

  test("another key", async () => {
    const file = await echConfig({ publicName: PUBLIC });
    const old = await echConfig({ publicName: PUBLIC });
    const { page, alerts } = await visit(file.pem, listOf(old));
    assertStringIncludes(page, "ECH: rejected");
    assertEquals(alerts, ["ech_required"]);
  });

  test("GREASE", async () => {
    const file = await echConfig({ publicName: PUBLIC });
    const { page } = await visit(file.pem, "grease");
    assertEquals(page, `rejected for ${SECRET}`);
  });
}

function listOf({ configList }: { configList: Uint8Array }): string {
  return `ecl:${encodeBase64(configList)}`;
}

/** What the client shows, and the alerts that it sent. */
async function visit(
  keys: string,
  ech: string,
  groups?: readonly string[],
): Promise<{ page: string; alerts: string[] }> {
  const { ca, identities } = await (material ??= makeMaterial());
  const alerts: string[] = [];
  await using server = serve({
    port: 0,
    hostname: "127.0.0.1",
    certificates: identities,
    ech: { keys },
    ...groups !== undefined && { groups: [...groups] },
    onListen: () => {},
    onEvent(event) {
      if (event.type === "alert" && event.direction === "read") {
        alerts.push(event.alert);
      }
    },
  }, (_, { tls }) => {
    const again = tls.helloRetryRequest ? ", again" : "";
    return new Response(`${tls.ech} for ${tls.serverName}${again}`);
  });
  const { stdout, stderr } = await new Deno.Command(python, {
    args: [
      ...[ownFile("boringssl_client.py"), `name=${SECRET}`, `ca=${ca}`],
      ...[`port=${server.addr.port}`, `ech=${ech}`],
    ],
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const page = new TextDecoder().decode(stdout).trim();
  return { page, alerts: alerts.filter((name) => name !== "close_notify") };
}

let material: ReturnType<typeof makeMaterial> | undefined;

async function makeMaterial() {
  const issuer = await issueCertificate({ ca: true, names: ["Test CA"] });
  const issued = await Promise.all(
    [SECRET, PUBLIC].map((name) => issueCertificate({ names: [name], issuer })),
  );
  return {
    ca: writeFile("boringssl-ca.pem", issuer.cert),
    identities: issued.map(({ identity }) => identity),
  };
}

function test(name: string, run: () => Promise<void>): void {
  Deno.test(
    `BoringSSL → @x/tls: Encrypted ClientHello, ${name}`,
    UNSANITIZED,
    () => attempt(run),
  );
}
