/**
 * The lists of a ClientHello and a CertificateRequest, which nobody has vouched
 * for yet, have room for thousands of entries: how often each entry is read
 * must not grow with the other lists, with our suites times our identities, or
 * with its own list. Reads are counted; no test asks for the time.
 */

import { assert, assertEquals } from "@std/assert";
import type { LocalIdentity } from "../../handshake/common/local_identity.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { signed } from "../../handshake/messages/message_kinds_tls12.ts";
import type { ClientHello } from "../../handshake/messages/client_hello.ts";
import { chooseAlpn, chooseGroup } from "../../handshake/common/negotiate.ts";
import { namedGroups } from "../../crypto/groups/named_groups.ts";
import { hostileClient, hostileServer, misreading } from "../_hostile_peer.ts";
import { certificate } from "../_pair.ts";

/**
 * Reads of one entry by all steps of a handshake together: about as often as
 * there are steps that look at the list, whatever its length.
 */
const MOST_READS = 6;

/** A list that counts how many of its entries are read. */
class Counted<T> {
  reads = 0;
  readonly list: T[];

  constructor(entries: readonly T[]) {
    this.list = new Proxy([...entries], {
      get: (target, name, receiver) => {
        if (typeof name === "string" && /^\d+$/.test(name)) this.reads++;
        return Reflect.get(target, name, receiver);
      },
    });
  }

  assertReadLinearly(name: string): void {
    const most = MOST_READS * this.list.length;
    assert(this.reads > 0, `${name} is not read`);
    assert(this.reads <= most, `${name}: ${this.reads} reads, ${most} allowed`);
  }
}

/** Unknown values, all different, and then those that the peer sent. */
function padded(sent: readonly number[], count = 20_000): Counted<number> {
  const fill = Array.from({ length: count }, (_, at) => 0x3000 + at)
    .filter((value) => !sent.includes(value));
  return new Counted([...fill, ...sent]);
}

type Alteration = (
  hello: ClientHello,
) => { hello: ClientHello; counted: Record<string, Counted<unknown>> };

const alterations: Record<string, Alteration> = {
  cipher_suites(hello) {
    const counted = padded(hello.cipherSuites);
    return {
      hello: { ...hello, cipherSuites: counted.list },
      counted: { cipherSuites: counted },
    };
  },
  "the same cipher suite again and again"(hello) {
    const counted = new Counted(
      Array.from({ length: 2000 }, () => hello.cipherSuites).flat(),
    );
    return {
      hello: { ...hello, cipherSuites: counted.list },
      counted: { cipherSuites: counted },
    };
  },
  supported_groups(hello) {
    const groups = padded(hello.extensions.supported_groups ?? []);
    const extensions = { ...hello.extensions, supported_groups: groups.list };
    return { hello: { ...hello, extensions }, counted: { groups } };
  },
  signature_algorithms(hello) {
    const schemes = padded(hello.extensions.signature_algorithms ?? []);
    const extensions = {
      ...hello.extensions,
      signature_algorithms: schemes.list,
    };
    return { hello: { ...hello, extensions }, counted: { schemes } };
  },
  "key_share and supported_groups"(hello) {
    const { supported_groups = [], key_share = [] } = hello.extensions;
    const groups = padded(supported_groups, 15_000);
    const shares = new Counted([
      ...Array.from(
        { length: 7000 },
        (_, at) => ({ group: 0x3000 + at, keyExchange: Uint8Array.of(1) }),
      ),
      ...key_share,
    ]);
    const extensions = {
      ...hello.extensions,
      supported_groups: groups.list,
      key_share: shares.list,
    };
    return { hello: { ...hello, extensions }, counted: { groups, shares } };
  },
};

async function identities(): Promise<{ certificates: LocalIdentity[] }> {
  const made = await Promise.all(
    (["P-256", "rsa-2048", "P-384", "ed25519"] as const).map((keyType) =>
      certificate({ keyType })
    ),
  );
  return { certificates: made.map(({ identity }) => identity) };
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  for (const [name, alter] of Object.entries(alterations)) {
    if (version === "TLSv1.2" && name.startsWith("key_share")) continue;
    Deno.test(`server reads ${name} of ClientHello a few times in ${version}, however long`, async () => {
      const counted: Record<string, Counted<unknown>> = {};
      const options = {
        maxVersion: version,
        ...version === "TLSv1.2" ? { cipherSuites: "ALL:@SECLEVEL=1" } : {},
      };
      const { peer, conn, flow } = await hostileServer(
        misreading(tls13.clientHello, (hello) => {
          const altered = alter(hello);
          Object.assign(counted, altered.counted);
          return altered.hello;
        }),
        {
          client: { ...options, grease: false },
          server: { ...options, ...await identities() },
        },
      );
      using _ = peer;
      await Promise.all([conn.handshake(), flow()]);
      assertEquals(conn.info.version, version);
      for (const [list, each] of Object.entries(counted)) {
        each.assertReadLinearly(list);
      }
    });
  }
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`client reads the schemes of CertificateRequest a few times in ${version}`, async () => {
    let schemes: Counted<number> | undefined;
    const mischief = version === "TLSv1.2"
      ? misreading(signed.certificateRequest, (request) => {
        schemes = padded(request.supportedSignatureAlgorithms);
        return { ...request, supportedSignatureAlgorithms: schemes.list };
      })
      : misreading(tls13.certificateRequest, (request) => {
        schemes = padded(request.extensions.signature_algorithms ?? []);
        return {
          ...request,
          extensions: {
            ...request.extensions,
            signature_algorithms: schemes.list,
          },
        };
      });
    const { peer, conn, flow } = await hostileClient(mischief, {
      client: { maxVersion: version, ...await identities() },
      server: { clientAuth: "require" },
    });
    using _ = peer;
    await Promise.all([conn.handshake(), flow()]);
    assertEquals(conn.info.peerCertificates.length > 0, true);
    assert(schemes !== undefined);
    schemes.assertReadLinearly("schemes");
  });
}

Deno.test("chooseAlpn() and chooseGroup() read the peer's list once", () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `p${at}`);
  const offered = new Counted([...names, "h2"]);
  const ours = Array.from({ length: 30 }, (_, at) => `o${at}`);
  assertEquals(chooseAlpn([...ours, "h2"], offered.list), "h2");
  offered.assertReadLinearly("ALPN");
  const groups = padded([0x0101]);
  assertEquals(chooseGroup(namedGroups, groups.list)?.name, "ffdhe3072");
  groups.assertReadLinearly("groups");
});
