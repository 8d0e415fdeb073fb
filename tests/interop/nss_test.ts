/**
 * NSS's `tstclnt` with our server: Encrypted ClientHello and delegated credentials.
 * Of its server there is nothing: `selfserv` 3.87 reads no X25519 key in PKCS#8
 * (RFC 8410), and makes none that it takes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { echConfig } from "../../ech/mod.ts";
import { listen, type ServerOptions } from "../../mod.ts";
import { issueCertificate, issueDelegatedCredential } from "../../x509/mod.ts";
import { temporaryFolder } from "./_peers/material.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { missing } from "./_peers/peer.ts";
import { PeerProcess } from "./_peers/process.ts";

const PUBLIC = "public.example";
const SECRET = "secret.example";

/** tstclnt says how to use it, and fails. */
const nssMissing = missing("sh", ["-c", "tstclnt -h 2>&1 | cat"], /Usage/);

if (nssMissing !== undefined) absent("NSS", nssMissing);
else {
  for (const groups of [undefined, ["secp384r1"]]) {
    const title = groups === undefined ? "" : ", after a retry";

    test(`Encrypted ClientHello${title}`, async () => {
      const { pem, svcParam } = await echConfig({ publicName: PUBLIC });
      const server = { ...await certificates(), groups, ech: { keys: pem } };
      assertEquals(
        (await visit(server, ["-N", svcParam])).info,
        `accepted ${SECRET} ${groups !== undefined}`,
      );
    });

    test(`Encrypted ClientHello with another key${title}`, async () => {
      const { pem } = await echConfig({ publicName: PUBLIC });
      const { svcParam } = await echConfig({ publicName: PUBLIC });
      const server = { ...await certificates(), groups, ech: { keys: pem } };
      // -o: tstclnt looks for the name inside in the certificate, not for the
      // public one.
      const { info, text } = await visit(server, ["-N", svcParam, "-o"]);
      assertEquals(info, `rejected ${PUBLIC} ${groups !== undefined}`);
      // It has got the configurations.
      assertEquals(text.includes("SSL_ERROR_ECH_RETRY_WITH_ECH"), true, text);
    });
  }

  test("GREASE ECH", async () => {
    const { pem } = await echConfig({ publicName: PUBLIC });
    const server = { ...await certificates(), ech: { keys: pem } };
    assertEquals(
      (await visit(server, ["-i", "100"])).info,
      `rejected ${SECRET} false`,
    );
  });

  for (const keyType of ["P-256", "P-384"] as const) {
    test(`a delegated credential for a key of ${keyType}`, async () => {
      const { cert, key, identity } = await delegating();
      const credential = await issueDelegatedCredential({ cert, key, keyType });
      const { key: credentialKey, delegatedCredential } = credential;
      const server: ServerOptions = {
        certificates: [
          { cert, key: credentialKey, delegatedCredential },
          identity,
        ],
      };
      const taken = await visit(server, ["-B"]);
      assertEquals(taken.text.includes(DELEGATED), true, taken.text);
      const plain = await visit(server, []);
      assertEquals(plain.text.includes(DELEGATED), false, plain.text);
    });
  }
}

const DELEGATED = "Received a Delegated Credential";

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`NSS, ${name}`, UNSANITIZED, () => attempt(run));
}

/** What our server knew, and all that tstclnt said. */
async function visit(
  options: ServerOptions,
  more: readonly string[],
): Promise<{ info: string; text: string }> {
  const listener = listen({ hostname: "127.0.0.1", port: 0, ...options });
  const { addr } = listener;
  const port = addr.transport === "tcp" ? addr.port : 0;
  try {
    await using client = new PeerProcess("tstclnt", [
      ...["-4", "-h", "localhost", "-a", SECRET, "-p", `${port}`, "-v"],
      ...["-d", `sql:${await database()}`, "-V", "tls1.3:tls1.3"],
      "-Q", // it leaves after the handshake
      ...more,
    ]);
    const conn = await listener.accept();
    const { ech, serverName, helloRetryRequest } = conn.info;
    // It fails where the client leaves by ech_required.
    await conn.write(new TextEncoder().encode("hello\n")).catch(() => {});
    await conn.close().catch(() => {});
    await client.exit();
    const info = `${ech} ${serverName} ${helloRetryRequest}`;
    return { info, text: client.text };
  } finally {
    listener.close();
  }
}

let issuer: ReturnType<typeof issueCertificate> | undefined;

function authority() {
  return issuer ??= issueCertificate({ ca: true, names: ["Test CA"] });
}

let made: Promise<string> | undefined;

/** NSS's database with our authority. */
function database(): Promise<string> {
  return made ??= makeDatabase();
}

async function makeDatabase(): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: temporaryFolder() });
  const file = `${folder}/ca.pem`;
  await Deno.writeTextFile(file, (await authority()).cert);
  for (
    const args of [
      ["-N", "--empty-password"],
      ["-A", "-n", "Test CA", "-t", "C,,", "-i", file],
    ]
  ) {
    const { success } = await new Deno.Command("certutil", {
      args: ["-d", `sql:${folder}`, ...args],
    }).output();
    assertEquals(success, true);
  }
  return folder;
}

async function certificates(): Promise<Pick<ServerOptions, "certificates">> {
  const issuer = await authority();
  const identityOf = async (name: string) =>
    (await issueCertificate({ names: [name], issuer })).identity;
  return { certificates: [await identityOf(PUBLIC), await identityOf(SECRET)] };
}

/** A certificate with DelegationUsage. */
async function delegating() {
  return await issueCertificate({
    names: [SECRET],
    issuer: await authority(),
    extensions: [
      { oid: "1.3.6.1.4.1.44363.44", value: Uint8Array.of(5, 0) },
    ],
  });
}
