/**
 * Encrypted ClientHello with Go's `crypto/tls`, both ways.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { connect, listen, TlsEchRejectedError } from "../../mod.ts";
import { echConfig, type EchConfigFile } from "../../ech/mod.ts";
import { readEchPem } from "../../handshake/ech/pem.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";
import { buildGo } from "./_peers/build.ts";
import { goMissing } from "./_peers/go.ts";
import { temporaryFolder } from "./_peers/material.ts";
import { absent, UNSANITIZED } from "./_peers/matrix.ts";

const PUBLIC = "public.example";
const SECRET = "secret.example";

/** What the program says of its connection. */
interface Report {
  readonly port?: number;
  readonly accepted?: boolean;
  readonly serverName?: string;
  readonly error?: string;
  /** ECHConfigList, in hexadecimal. */
  readonly retry?: string;
}

if (goMissing !== undefined) {
  absent("Go, Encrypted ClientHello", goMissing);
} else {
  for (const curve of ["x25519", "secp256r1"] as const) {
    for (const groups of [undefined, "secp384r1"]) {
      const title = `${curve}${groups ? ", after a retry" : ""}`;
      const way = { curve, groups };

      test(`our client, ${title}`, async () => {
        const file = await echConfig({ publicName: PUBLIC, curve });
        const { conn, reports } = await dialGo(file, file.configList, way);
        assertEquals(conn.info.ech, "accepted");
        assertEquals(conn.info.helloRetryRequest, groups !== undefined);
        await conn.write(HELLO);
        assertEquals(await conn.read(new Uint8Array(5)), 5);
        await conn.close();
        assertEquals((await reports).at(-1), {
          accepted: true,
          serverName: SECRET,
        });
      });

      test(`our client with another key, ${title}`, async () => {
        const file = await echConfig({ publicName: PUBLIC, curve });
        const old = await echConfig({ publicName: PUBLIC, curve });
        const { error, reports } = await dialGo(file, old.configList, way)
          .then(({ reports }) => ({ error: undefined, reports }))
          .catch((error) => ({ error, reports: undefined }));
        assertEquals(reports, undefined);
        assert(error instanceof TlsEchRejectedError, String(error));
        assertEquals(error.retryConfigs, file.configList);
      });

      test(`our server, ${title}`, async () => {
        const file = await echConfig({ publicName: PUBLIC, curve });
        const { report, infos } = await serveGo(file, file.configList, way);
        assertEquals(report, { accepted: true, serverName: SECRET });
        assertEquals(infos, ["accepted secret.example"]);
      });

      test(`our server with another key, ${title}`, async () => {
        const file = await echConfig({ publicName: PUBLIC, curve });
        const old = await echConfig({ publicName: PUBLIC, curve });
        const { report, infos } = await serveGo(file, old.configList, way);
        assertEquals(report?.retry, file.configList.toHex());
        assertEquals(infos, ["rejected public.example"]);
      });
    }
  }

  test("our client with GREASE ECH", async () => {
    const file = await echConfig({ publicName: PUBLIC });
    const { conn } = await dialGo(file, undefined, {});
    assertEquals(conn.info.ech, "grease");
    assertEquals(conn.info.serverName, SECRET);
    await conn.close();
  });
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: `Go, Encrypted ClientHello: ${name}`,
    ...UNSANITIZED,
    fn,
  });
}

interface Way {
  readonly groups?: string | undefined;
}

/** Our client and Go's server. */
async function dialGo(
  { pem, configList }: EchConfigFile,
  forClient: Uint8Array | undefined,
  { groups = "" }: Way,
) {
  const { ca, files } = await material();
  const key = readEchPem(pem).privateKey?.bytes ?? HELLO;
  const lines = await run({
    role: "server",
    certs: files.join(),
    config: configList.subarray(2).toHex(),
    key: key.toHex(),
    groups,
  });
  const { value: first } = await lines.next();
  try {
    const conn = await connect({
      hostname: "127.0.0.1",
      port: first?.port ?? 0,
      serverName: SECRET,
      trust: TrustStore.of(ca),
      ech: forClient === undefined ? "grease" : { configList: forClient },
    });
    return { conn, reports: Array.fromAsync(lines) };
  } catch (error) {
    await Array.fromAsync(lines);
    throw error;
  }
}

/** Our server and Go's client. */
async function serveGo(
  { pem }: EchConfigFile,
  forClient: Uint8Array,
  { groups }: Way,
) {
  const { identities, caFile } = await material();
  const listener = listen({
    port: 0,
    hostname: "127.0.0.1",
    certificates: identities,
    groups: groups === undefined ? undefined : [groups],
    ech: { keys: pem },
  });
  const { addr } = listener;
  const lines = await run({
    role: "client",
    ca: caFile,
    servername: SECRET,
    list: forClient.toHex(),
    port: addr.transport === "tcp" ? String(addr.port) : "",
  });
  const conn = await listener.accept();
  const infos = [`${conn.info.ech} ${conn.info.serverName}`];
  await conn.write(HELLO).catch(() => {});
  const reports = await Array.fromAsync(lines);
  conn.abort();
  listener.close();
  return { report: reports.at(-1), infos };
}

let binary: Promise<string> | undefined;

/** Starts the program, and gives what it says. */
async function run(
  options: Record<string, string>,
): Promise<AsyncGenerator<Report, undefined>> {
  const command = new Deno.Command(
    await (binary ??= buildGo("ech-go", "./ech")),
    {
      args: Object.entries(options).map(([name, value]) => `${name}=${value}`),
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    },
  );
  return reportsOf(command.spawn());
}

async function* reportsOf(
  spawned: Deno.ChildProcess,
): AsyncGenerator<Report, undefined> {
  await using child = spawned;
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}

let made: ReturnType<typeof makeMaterial> | undefined;

function material() {
  return made ??= makeMaterial();
}

async function makeMaterial() {
  const issuer = await issueCertificate({ ca: true, names: ["Test CA"] });
  const files: string[] = [];
  const identities = [];
  for (const name of [PUBLIC, SECRET]) {
    const { cert, key, identity } = await issueCertificate({
      names: [name],
      issuer,
    });
    const file = `${temporaryFolder()}/ech-${name}.pem`;
    await Deno.writeTextFile(file, cert + key);
    files.push(file);
    identities.push(identity);
  }
  const caFile = `${temporaryFolder()}/ech-ca.pem`;
  await Deno.writeTextFile(caFile, issuer.cert);
  return { ca: issuer.cert, caFile, files, identities };
}

const HELLO = new TextEncoder().encode("hello");
