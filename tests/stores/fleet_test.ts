import { assert, assertEquals } from "@std/assert";
import { connect, SessionCache } from "../../mod.ts";
import {
  issueCertificate,
  type IssuedCertificate,
  TrustStore,
} from "../../x509/mod.ts";
import { PeerProcess } from "../interop/_peers/process.ts";
import { driverTests } from "../node/_drivers.ts";
import { missingOf, startProgram } from "../node/_programs.ts";

const CLIENTS = 4;

/** Connections of all clients together; `TLS_FLEET=2000` for the load in full. */
const COUNT = Number(Deno.env.get("TLS_FLEET") ?? 720);
const BATCHES = [60, 20, 20, 20, 40, 20];
const PER_BATCH = COUNT / CLIENTS /
  BATCHES.reduce((sum, batch) => sum + batch);
const HALF_A_DAY = 43_200;

driverTests({
  server: "Redis",
  missing: missingOf("redis-server"),
  tests: {
    async "machines resume each other's sessions, whatever happens to the store and to them"() {
      await using redis = await startProgram({
        command: ({ folder, port }) => [
          ...["redis-server", "--port", String(port), "--bind", "127.0.0.1"],
          ...["--dir", folder, "--save", ""],
        ],
      });
      const ca = await issueCertificate({ names: ["Test CA"], ca: true });
      await Deno.writeTextFile(`${redis.folder}/ca.pem`, ca.cert);
      const server = await issueCertificate({
        names: ["localhost"],
        issuer: ca,
      });
      await Deno.writeTextFile(`${redis.folder}/cert.pem`, server.cert);
      await Deno.writeTextFile(`${redis.folder}/key.pem`, server.key);

      await using machines = new Machines(redis);
      await Promise.all([machines.start(), machines.start()]);
      await Promise.all([machines.start(), machines.start()]);
      const clients = await clientsOf(ca, redis.otherPort);

      let moved = 0;
      const visit = async (batch: number) => {
        const counted = await connections(
          clients,
          Math.ceil(batch * PER_BATCH),
        );
        moved += counted.moved;
        return counted;
      };

      const first = await visit(60);
      assertEquals(first.full, CLIENTS, "a full handshake a client");
      assertEquals(first.machines.size, 4);

      // Half a day later there is another key; none of the old is gone.
      await machines.advance(HALF_A_DAY - 300);
      assertEquals((await visit(20)).full, 0);
      await machines.advance(300);
      assertEquals((await visit(20)).full, 0);

      Deno.kill(redis.pid, "SIGSTOP");
      await machines.advance(60);
      const paused = await visit(20);
      Deno.kill(redis.pid, "SIGCONT");
      assertEquals(paused.full, 0);
      assert(machines.text.includes("no answer within 300 ms"));

      // One is gone all at once; one that joins has the keys.
      machines.running.shift()?.kill();
      await machines.start();
      const joined = await visit(40);
      assertEquals(joined.full, 0);
      assert(joined.machines.has("5") && !joined.machines.has("1"));

      Deno.kill(redis.pid, "SIGKILL");
      await machines.advance(60);
      assertEquals((await visit(20)).full, 0);
      assertEquals(machines.text.includes("handshake:"), false, machines.text);
      // The kernel spreads them: most came to another machine than before.
      assert(moved > COUNT / 2, `${moved} of ${COUNT} at another machine`);
    },
  },
});

/** Machines at one port. */
class Machines implements AsyncDisposable {
  readonly running: PeerProcess[] = [];
  readonly #all: PeerProcess[] = [];
  readonly #redis: { port: number; otherPort: number; folder: string };

  constructor(redis: { port: number; otherPort: number; folder: string }) {
    this.#redis = redis;
  }

  async start(): Promise<void> {
    const { port, otherPort, folder } = this.#redis;
    const program = new URL("./_fleet_machine.ts", import.meta.url).pathname;
    const machine = new PeerProcess(Deno.execPath(), [
      ...[
        "run",
        "-A",
        "--unstable-net",
        "--no-check",
        program,
        String(otherPort),
        String(port),
      ],
      ...[String(this.#all.length + 1), folder],
    ]);
    this.#all.push(machine);
    this.running.push(machine);
    await machine.said(/^ready$/gm);
  }

  /** Sets all clocks forward; each looks into the store then. */
  async advance(seconds: number): Promise<void> {
    await Promise.all(this.running.map(async (machine) => {
      const said = machine.matches(/^at /gm).length;
      await machine.write(`${seconds}\n`);
      await machine.said(/^at /gm, said);
    }));
  }

  get text(): string {
    return this.#all.map((machine) => machine.text).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((each) => each[Symbol.asyncDispose]()));
  }
}

type Client = () => Promise<{ resumed: boolean; machine: string }>;

/** Clients, each with a certificate and a cache of its own. */
async function clientsOf(
  ca: IssuedCertificate,
  port: number,
): Promise<Client[]> {
  const trust = TrustStore.of(ca.cert);
  const ofClient = async (_: unknown, at: number): Promise<Client> => {
    const name = `client${at}.test`;
    const identity = await issueCertificate({ names: [name], issuer: ca });
    const sessionCache = new SessionCache();
    return async () => {
      await using conn = await connect({
        port,
        serverName: "localhost",
        trust,
        cert: identity.cert,
        key: identity.key,
        sessionCache,
      });
      const answer = await new Response(conn.readable).text();
      const [machine = "", whom] = answer.split(" ");
      assertEquals(whom, name, "resumed as somebody else");
      return { resumed: conn.info.resumed, machine };
    };
  };
  return await Promise.all(Array.from({ length: CLIENTS }, ofClient));
}

/**
 * Connects `count` times from each client; counts what was not resumed, and what
 * was at another machine than the connection before.
 */
async function connections(
  clients: readonly Client[],
  count: number,
): Promise<{ full: number; moved: number; machines: Set<string> }> {
  const machines = new Set<string>();
  let full = 0;
  let moved = 0;
  await Promise.all(clients.map(async (client) => {
    let last: string | undefined;
    for (let nth = 0; nth < count; nth++) {
      const { resumed, machine } = await client();
      if (!resumed) full++;
      else if (last !== undefined && machine !== last) moved++;
      last = machine;
      machines.add(machine);
    }
  }));
  return { full, moved, machines };
}
