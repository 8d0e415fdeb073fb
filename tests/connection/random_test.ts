/**
 * The option `random`: the same random bytes make the same handshake, byte by
 * byte.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { sha256 } from "../../crypto/primitives/hash.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { toHex } from "../../encoding.ts";
import { type Session, SessionCache } from "../../handshake/session/session.ts";
import { listGroups } from "../../mod.ts";
import type { IssuedCertificate } from "../../x509/issue/issue.ts";
import {
  certificate,
  connected,
  crossed,
  pipe,
  readBytes,
  utf8,
} from "../_pair.ts";

/** SHA-256 of a name and a counter: random enough, and always the same. */
function generator(name: string): (length: number) => Uint8Array {
  let count = 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = sha256.digest(utf8(`${name} ${count++}`));
      bytes.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return bytes;
  };
}

/** What both ends send, in a handshake and a little data. */
interface Run {
  readonly sent: string;
  readonly received: string;
  readonly session: Session | undefined;
  readonly resumed: boolean;
  readonly suite: string | undefined;
}

/** Runs a connection with the same bytes and the same time as each other. */
async function run(
  forClient: ClientOptions,
  forServer: ServerOptions,
  name = "some",
): Promise<Run> {
  const [sent, received]: [Uint8Array[], Uint8Array[]] = [[], []];
  const recording = (into: Uint8Array[]) =>
    pipe({
      transform(chunk, controller) {
        into.push(chunk.slice());
        controller.enqueue(chunk);
      },
    });
  const now = () => 1_800_000_000_000;
  await using ends = await connected(
    {
      now,
      random: generator(`${name} client`),
      sessionCache: new SessionCache(),
      unsafelyIgnoreCertificateErrors: true,
      ...forClient,
    },
    { now, random: generator(`${name} server`), ...forServer },
    crossed({ toServer: recording(sent), toClient: recording(received) }),
  );
  await ends.client.write(utf8("question"));
  await readBytes(ends.server, 8);
  await ends.server.write(utf8("answer"));
  await readBytes(ends.client, 6);
  const { session, info } = ends.client;
  return {
    sent: sent.map(toHex).join(""),
    received: received.map(toHex).join(""),
    session,
    resumed: info.resumed,
    suite: info.cipherSuite,
  };
}

async function assertRepeats(
  forClient: ClientOptions,
  forServer: ServerOptions,
): Promise<Run> {
  const one = await run(forClient, forServer);
  const other = await run(forClient, forServer);
  assert(one.sent.length > 200 && one.received.length > 200);
  assertEquals(other.sent, one.sent);
  assertEquals(other.received, one.received);
  const third = await run(forClient, forServer, "other");
  assertNotEquals(third.sent, one.sent);
  assertNotEquals(third.received, one.received);
  return one;
}

/** EdDSA and RSASSA-PKCS1-v1_5 are not random. */
const ed25519 = identityOf(certificate({ keyType: "ed25519" }));
const rsa = identityOf(certificate({ keyType: "rsa" }));

async function identityOf(issued: Promise<IssuedCertificate>) {
  const { cert, key } = await issued;
  return { cert, key };
}

const names = listGroups().map(({ name }) => name);

for (const group of names.filter((name) => !/^ffdhe[468]/.test(name))) {
  Deno.test(`random repeats a handshake of TLS 1.3 with ${group}`, async () => {
    const groups = [group];
    await assertRepeats({ groups }, { groups, ...await ed25519 });
  });
}

Deno.test("random repeats a handshake with all key shares, after a HelloRetryRequest", async () => {
  await assertRepeats(
    { keyShares: ["X25519MLKEM768", "x25519"] },
    { groups: ["secp256r1"], ...await ed25519 },
  );
});

Deno.test("random repeats a handshake with GREASE ECH", async () => {
  await assertRepeats({ ech: "grease" }, await ed25519);
});

Deno.test("random repeats a resumed handshake of either version", async () => {
  const ticketKeys = [new Uint8Array(48).fill(5)];
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    const server = { ticketKeys, ...await ed25519 };
    const { session } = await assertRepeats({ maxVersion }, server);
    assert(session !== undefined);
    const again = await assertRepeats({ maxVersion, session }, server);
    assertEquals(again.resumed, true);
  }
});

for (const group of ["x25519", "x448", "secp256r1", "secp384r1", "secp521r1"]) {
  Deno.test(`random repeats a handshake of TLS 1.2 with ${group}`, async () => {
    const groups = [group];
    const maxVersion = "TLSv1.2";
    await assertRepeats(
      { groups, maxVersion },
      { groups, ...await ed25519 },
    );
  });
}

const suites = [
  "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
] as const;

for (const suite of suites) {
  Deno.test(`random repeats a handshake with ${suite}`, async () => {
    const both = {
      cipherSuites: [suite],
      // PSS has a random salt.
      signatureSchemes: ["rsa_pkcs1_sha256"],
      maxVersion: "TLSv1.2",
    } as const;
    const { suite: negotiated } = await assertRepeats(
      both,
      { ...both, ...await rsa },
    );
    assertEquals(negotiated, suite);
  });
}

Deno.test("random repeats a client's handshake with a random signature up to it", async () => {
  const one = await run({}, await rsa);
  const other = await run({}, await rsa);
  // The ClientHello is the same; the salt of the server's RSASSA-PSS is not.
  assertEquals(other.sent.slice(0, 1000), one.sent.slice(0, 1000));
  assertNotEquals(other.received, one.received);
});

Deno.test("random is asked for key shares, and connect() waits with them for its turn", async () => {
  const lengths: number[] = [];
  const bytes = generator("x");
  await using ends = await connected({
    groups: ["x25519"],
    grease: false,
    random: (length) => {
      lengths.push(length);
      return bytes(length);
    },
  });
  assertEquals(ends.client.info.group, "x25519");
  // The key, random, legacy_session_id.
  assertEquals(lengths, [32, 32, 32]);
});
