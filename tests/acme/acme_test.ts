import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect } from "../../mod.ts";
import { type Certificate, issueCertificate } from "../../x509/mod.ts";
import { TestClock } from "./_clock.ts";
import { AccountKey } from "../../acme/account_key.ts";
import { hasPebble } from "./_pebble.ts";
import { AcmeServer, type Setup } from "./_server.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function withPebble(
  name: string,
  setup: Setup,
  run: (server: AcmeServer) => Promise<void>,
): void {
  const isHere = hasPebble();
  Deno.test({
    name: isHere ? name : `${name} (no pebble)`,
    ignore: !isHere,
    fn: async () => {
      await using server = await AcmeServer.start(setup);
      await run(server);
    },
  });
}

/** What the listener shows for a name. */
async function shown(
  { port }: AcmeServer,
  serverName: string | false,
): Promise<Certificate> {
  await using conn = await connect({
    hostname: "127.0.0.1",
    port,
    serverName,
    verify: () => true,
  });
  return conn.info.peerCertificates[0] as Certificate;
}

withPebble("acme() obtains a certificate for names and addresses", {
  options: {
    domains: ["a.example", "B.Example", "127.0.0.1"],
    email: "admin@a.example",
    profile: "default",
  },
  pebble: { refusedNonces: 20 },
}, async (server) => {
  await assertRejects(() => shown(server, "a.example"));
  await server.certificates.ready;
  const certificate = await shown(server, "b.example");
  assertEquals(
    new Set(certificate.subjectAltName.map(({ value }) => value)),
    new Set(["a.example", "b.example", "127.0.0.1"]),
  );
  assertEquals((await shown(server, false)).raw, certificate.raw);
  await assertRejects(() => shown(server, "c.example"));
  // The CA's own connections never get to the program.
  assert(server.accepted.every((protocol) => protocol === undefined));
  await server.event("scheduled");
  assertEquals(server.events.map(({ type }) => type), [
    "account",
    "order",
    "challenge",
    "validated",
    "challenge",
    "validated",
    "challenge",
    "validated",
    "issued",
    "scheduled",
  ]);
});

withPebble("acme() uses what is in the store, and asks for nothing", {
  options: { profile: "default" },
}, async (server) => {
  await server.event("scheduled");
  await server.certificates.close();
  const { raw } = await shown(server, "a.example");
  const asked: string[] = [];
  const again = server.manage({
    options: {
      profile: "default",
      fetch: (url, init) => {
        asked.push(`${init.method ?? "GET"} ${new URL(url).pathname}`);
        return server.pebble.fetch(url, init);
      },
    },
  });
  await again.ready;
  await server.event("scheduled", 2);
  assertEquals(again.sni("a.example")?.chain[0]?.raw, raw);
  // The directory, and when to renew (RFC 9773).
  assertEquals(asked.length, 2);
  assert(asked.every((each) => each.startsWith("GET ")), `${asked}`);
});

const renewed = new TestClock();
withPebble(
  "acme() renews in the window of the CA, the old one serves until then",
  {
    clock: renewed,
    options: { profile: "default" },
  },
  async (server) => {
    await server.certificates.ready;
    const { renewAt } = await server.event("scheduled");
    const first = await shown(server, "a.example");
    const lifetime = first.notAfter.getTime() - first.notBefore.getTime();
    assert(renewAt.getTime() > first.notBefore.getTime() + lifetime / 2);
    assert(renewAt < first.notAfter);
    while (renewed.now() < renewAt.getTime() - HOUR) {
      renewed.advance(HOUR * 6);
      await Promise.resolve();
    }
    assertEquals((await shown(server, "a.example")).raw, first.raw);
    while (server.events.filter(({ type }) => type === "issued").length < 2) {
      renewed.advance(HOUR);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const second = await shown(server, "a.example");
    assert(second.serialNumber !== first.serialNumber);
    assert(second.publicKey.spki.toHex() !== first.publicKey.spki.toHex());
  },
);

const delayed = new TestClock();
withPebble("acme() says why a name could not be proven, and tries again", {
  clock: delayed,
  options: { domains: ["blocked.example"] },
}, async (server) => {
  const { error, nextAttempt } = await server.event("failed");
  assertMatch(error.message, /rejectedIdentifier.*blocked\.example/);
  const wait = nextAttempt.getTime() - delayed.now();
  assert(wait > 40_000 && wait <= 60_000, `${wait}`);
  delayed.advance(60_000);
  const again = await server.event("failed", 2);
  const longer = again.nextAttempt.getTime() - delayed.now();
  assert(longer > 80_000 && longer <= 120_000, `${longer}`);
});

const asked = new TestClock();
withPebble("acme() renews at once what the CA revoked (RFC 9773 section 4.2)", {
  clock: asked,
  options: { profile: "default" },
}, async (server) => {
  await server.event("scheduled");
  const first = await shown(server, "a.example");
  await revoke(server, first);
  // The CA is asked every six hours, or when it says.
  asked.advance(6 * HOUR + 1);
  const { serialNumber } = await server.event("issued", 2);
  assert(serialNumber !== first.serialNumber);
  assertEquals((await shown(server, "a.example")).serialNumber, serialNumber);
});

const limited = new TestClock();
let refusals = 0;
withPebble("acme() waits as long as the CA asks for (RFC 8555 section 6.6)", {
  clock: limited,
  options: { profile: "default" },
  through: async (url, next) => {
    if (!url.endsWith("/order-plz") || refusals++ > 0) return await next();
    return Response.json({
      type: "urn:ietf:params:acme:error:rateLimited",
      detail: "too many\u001b[2Jcertificates",
    }, { status: 429, headers: { "retry-after": "259200" } });
  },
}, async (server) => {
  const { error, nextAttempt } = await server.event("failed");
  assertEquals(
    error.message.replace(/127\.0\.0\.1:\d+/, "CA"),
    "The CA at CA refused: rateLimited: too many\\x1b[2Jcertificates",
  );
  const wait = nextAttempt.getTime() - limited.now();
  assert(wait > 3 * DAY - HOUR && wait <= 3 * DAY, `${wait}`);
  limited.advance(2 * DAY);
  assertEquals(server.events.length, 2);
  limited.advance(DAY);
  await server.event("issued");
});

const down = new TestClock();
let isDown = true;
withPebble("acme() outlives a CA that is down for hours", {
  clock: down,
  options: { profile: "default" },
  through: (_url, next) => {
    if (isDown) throw new TypeError("connection refused");
    return next();
  },
}, async (server) => {
  const begun = down.now();
  for (let nth = 1; down.now() < begun + 5 * HOUR; nth++) {
    const { error, nextAttempt } = await server.event("failed", nth);
    assertMatch(error.message, /Cannot reach the CA at .*connection refused/);
    await waits(down, nth);
    down.advance(nextAttempt.getTime() - down.now() + 1000);
  }
  isDown = false;
  const { length } = server.events;
  assert(length >= 8 && length <= 11, `${length} attempts in five hours`);
  while (!server.events.some(({ type }) => type === "issued")) {
    down.advance(HOUR);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await shown(server, "a.example");
});

withPebble("acme() on two machines has one order between them", {
  options: { profile: "default" },
}, async (server) => {
  const other = server.manage({ options: { profile: "default" } });
  await Promise.all([server.certificates.ready, other.ready]);
  assertEquals(
    other.sni("a.example")?.chain[0]?.raw,
    server.certificates.sni("a.example")?.chain[0]?.raw,
  );
  const count = (type: string) =>
    server.events.filter((event) => event.type === type).length;
  assertEquals([count("account"), count("order"), count("issued")], [1, 1, 1]);
});

withPebble("acme() goes on with the order of a process that was killed", {
  options: { domains: ["other.example"] },
}, async (server) => {
  const script = new URL("./_killed.ts", import.meta.url).pathname;
  await server.certificates.ready;
  await Deno.writeTextFile(`${server.store}/ca.pem`, server.pebble.caCert);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, server.pebble.directory, server.store],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  // It says so when the order is in the store.
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "ready");
  child.kill("SIGKILL");
  await reader.cancel();
  await child.status;
  const clock = new TestClock();
  const again = server.manage({ clock, options: { profile: "default" } });
  server.answer(again);
  // The lock of the dead runs out (two minutes).
  while (
    !server.events.some((event) => event.type === "order" && event.resumed)
  ) {
    clock.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await again.ready;
  assertEquals(
    (await shown(server, "a.example")).subjectAltName,
    [{ type: "dns", value: "a.example" }],
  );
});

/** Waits until the clock has been asked for the nth long wait. */
async function waits(clock: TestClock, nth: number): Promise<void> {
  while (clock.waits.length < nth) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Has the CA revoke a certificate (RFC 8555 section 7.6). */
async function revoke(
  { pebble, store }: AcmeServer,
  certificate: Certificate,
): Promise<void> {
  const name = [...Deno.readDirSync(store)]
    .find(({ name }) => name.startsWith("account-"))?.name;
  const account = JSON.parse(await Deno.readTextFile(`${store}/${name}`));
  const key = await AccountKey.import(account.jwk);
  const directory = await (await pebble.fetch(pebble.directory, {})).json();
  const { headers } = await pebble.fetch(directory.newNonce, {
    method: "HEAD",
  });
  const url = directory.revokeCert;
  const encoded = certificate.raw.toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  const nonce = headers.get("replay-nonce") ?? "";
  const response = await pebble.fetch(url, {
    method: "POST",
    body: await key.sign({ certificate: encoded }, {
      url,
      nonce,
      account: account.url,
    }),
    headers: { "content-type": "application/jose+json" },
  });
  assertEquals(response.status, 200, await response.text());
}

const restored = new TestClock();
withPebble(
  "acme() keeps its certificate when the store goes back to an older one",
  {
    clock: restored,
    options: { profile: "default" },
  },
  async (server) => {
    await server.event("scheduled");
    const current = await shown(server, "a.example");
    const [entry] = (await Array.fromAsync(Deno.readDir(server.store)))
      .filter(({ name }) => name.startsWith("certificate-"));
    assert(entry !== undefined);
    const path = `${server.store}/${entry.name}`;
    const text = await Deno.readTextFile(path);
    const { cert, key } = await issueCertificate({
      names: ["a.example"],
      notBefore: new Date(restored.now() - DAY),
      notAfter: new Date(restored.now() + 365 * DAY),
    });
    await Deno.writeTextFile(path, JSON.stringify({ cert, key }));
    // The store is looked at every ten minutes, and gets the newer one again.
    for (let nth = 1; await Deno.readTextFile(path) !== text; nth++) {
      // Time passes only where it is waited for: days would bring another one.
      await waits(restored, nth);
      restored.advance(HOUR / 6);
    }
    assertEquals((await shown(server, "a.example")).raw, current.raw);
    assertEquals(server.events.filter(({ type }) => type === "loaded"), []);
  },
);
