/**
 * Bytes that users give are their own again when the call has returned: each
 * option that takes bytes works as well if these change then, as parts of a pool
 * of Node's `Buffer` do.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { connect } from "../../connection/connect.ts";
import { listen } from "../../connection/listen.ts";
import type { TlsListener } from "../../connection/listener.ts";
import { createContext } from "../../connection/options/create_context.ts";
import type {
  ClientOptions,
  ServerOptions,
} from "../../connection/options/options.ts";
import { client, server } from "../../connection/wrap.ts";
import { toHex } from "../../encoding.ts";
import { TlsError } from "../../errors.ts";
import { Session } from "../../handshake/session/session.ts";
import { weakGroups } from "../../legacy.ts";
import { Lender } from "../_lender.ts";
import {
  authority,
  certificate,
  clientOptions,
  connected,
  crossed,
  pair,
  pattern,
  readBytes,
  utf8,
} from "../_pair.ts";
import { modulesIn, ROOT } from "../_tools/_graph.ts";
import {
  earlyPair,
  earlySession,
  REQUEST,
  shakeEarly,
} from "../handshake/_early_data.ts";
import { delegate, issued } from "../handshake/_delegation.ts";
import { GROUP_5 } from "../handshake/_dh_params.ts";
import { resumes, sessionsOf } from "../handshake/_resumption.ts";
import { current, facing, secretly } from "../handshake/ech/_ends.ts";
import { certBag, derOf, keyBag, plainPfx } from "../x509/_pfx.ts";
import { certificateOf, entry, makeCrl } from "../x509/_revocation.ts";

const { cert, key, identity } = await certificate();
const root = await authority;
const spki = identity.key.publicKey.spki;
const tls12 = { maxVersion: "TLSv1.2" } as const;

/** Handshakes between ends whose options came in bytes that are gone by now. */
async function meeting(
  lender: Lender,
  forClient: ClientOptions,
  forServer: ServerOptions = {},
) {
  const ends = await pair(forClient, forServer);
  lender.reuse();
  await Promise.all([ends.client.handshake(), ends.server.handshake()]);
  await ends.client.write(utf8("up"));
  assertEquals(await readBytes(ends.server, 2), utf8("up"));
  await ends.server.write(utf8("down"));
  assertEquals(await readBytes(ends.client, 4), utf8("down"));
  await ends[Symbol.asyncDispose]();
  return { client: ends.client.info, server: ends.server.info };
}

/** The code of the error of a handshake. */
function codeOf(handshake: Promise<unknown>): Promise<string> {
  return handshake.then(() => "none", (error) => {
    if (error instanceof TlsError) return error.code;
    throw error;
  });
}

/** The version that a client of a listener gets, if it accepts its certificate. */
async function served(listener: TlsListener): Promise<unknown> {
  const accepting = listener.accept();
  accepting.then((conn) => conn.abort(), () => {});
  try {
    const conn = await connect({
      hostname: "127.0.0.1",
      serverName: "localhost",
      port: (listener.addr as Deno.NetAddr).port,
      caCerts: [root.cert],
    });
    conn.abort();
    return conn.info.version;
  } finally {
    listener.close();
  }
}

type Use = (lender: Lender) => Promise<unknown>;

/** By option, and what is particular; the results do not depend on chance. */
const uses: Readonly<Record<string, Use>> = {
  "alpnProtocols": async (lender) => {
    const { client, server } = await meeting(lender, {
      alpnProtocols: [lender.lend(utf8("a/1")), lender.lend(utf8("b/2"))],
    }, { alpnProtocols: ["none", lender.lend(utf8("b/2"))] });
    return [client.alpnProtocol, server.alpnProtocol];
  },
  "onAlpn": async (lender) => {
    const { client } = await meeting(
      lender,
      { alpnProtocols: ["a/1", "b/2"] },
      {
        onAlpn: () => Promise.resolve(lender.answer(utf8("b/2"))),
      },
    );
    return client.alpnProtocol;
  },
  "cert and key: DER": async (lender) =>
    (await meeting(lender, {}, {
      cert: lender.lend(derOf(cert)),
      key: lender.lend(derOf(key)),
    })).client.version,
  "cert and key: PEM": async (lender) =>
    (await meeting(lender, {}, {
      cert: lender.lend(utf8(cert)),
      key: lender.lend(utf8(key)),
    })).client.version,
  "passphrase": async (lender) => {
    const path = new URL("../x509/testdata/keys/", import.meta.url);
    const read = (name: string) => Deno.readTextFile(new URL(name, path));
    return (await meeting(lender, { unsafelyIgnoreCertificateErrors: true }, {
      cert: await read("ec.cert.pem"),
      key: lender.lend(utf8(await read("ec.pbes2.pem"))),
      passphrase: lender.lend(utf8("secret")),
    })).client.version;
  },
  "pfx": async (lender) =>
    (await meeting(lender, {}, {
      cert: undefined,
      key: undefined,
      pfx: lender.lend(
        plainPfx([keyBag(derOf(key)), certBag(derOf(cert))]),
      ),
    })).client.version,
  "certificates: a delegated credential": async (lender) =>
    (await meeting(lender, { delegatedCredentials: true }, {
      cert: undefined,
      key: undefined,
      certificates: [{
        cert: lender.lend(derOf(issued.cert)),
        key: lender.lend(derOf(key)),
        delegatedCredential: lender.lend(await credential),
      }],
    })).client.delegatedCredentialNotAfter !== undefined,
  "certificates and trustedPublicKeys": async (lender) =>
    (await meeting(lender, {
      peerCertificateTypes: ["RawPublicKey"],
      trustedPublicKeys: [lender.lend(spki)],
      trust: undefined,
    }, {
      cert: undefined,
      key: undefined,
      certificates: [{ rawPublicKey: true, key: lender.lend(derOf(key)) }],
    })).client.authorization.status,
  "onCertificateRequest": async (lender) =>
    (await meeting(lender, {
      onCertificateRequest: () =>
        Promise.resolve({
          cert: lender.answer(derOf(cert)),
          key: lender.answer(derOf(key)),
        }),
    }, { clientAuth: "require" })).server.authorization.status,
  "caCerts": async (lender) =>
    (await meeting(lender, {
      trust: undefined,
      caCerts: [lender.lend(derOf(root.cert)), lender.lend(utf8(root.cert))],
    })).client.authorization.status,
  "certificateAuthorities": async (lender) => {
    const names: string[] = [];
    await meeting(lender, {
      onCertificateRequest: ({ certificateAuthorities }) => {
        names.push(...certificateAuthorities.map(toHex));
        return null;
      },
    }, {
      clientAuth: "request",
      certificateAuthorities: [
        lender.lend(derOf(cert)),
        lender.lend(derOf(root.cert)),
      ],
    });
    return names;
  },
  "crls": async (lender) =>
    await codeOf(meeting(lender, { crls: [lender.lend(await revoking)] })),
  "ocspResponse": async (lender) =>
    (await meeting(lender, {}, { ocspResponse: lender.lend(pattern(500)) }))
      .client.ocspResponse,
  "onOcspRequest": async (lender) =>
    (await meeting(lender, {}, {
      onOcspRequest: () => Promise.resolve(lender.answer(pattern(500))),
    })).client.ocspResponse,
  "signedCertificateTimestamps": async (lender) =>
    (await meeting(lender, {}, {
      signedCertificateTimestamps: [1, 2].map((seed) =>
        lender.lend(pattern(100, seed))
      ),
    })).client.signedCertificateTimestamps,
  "dhParams": async (lender) => {
    const { cert, key } = await certificate({ keyType: "rsa-2048" });
    const common = {
      ...tls12,
      cipherSuites: ["TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"],
      legacy: [weakGroups],
    };
    return (await meeting(lender, { ...common, minDhSize: 1536 }, {
      ...common,
      cert,
      key,
      dhParams: lender.lend(derOf(GROUP_5)),
    })).client.group;
  },
  "psk": async (lender) => {
    const { client, server } = await meeting(lender, {
      psk: {
        identity: lender.lend(utf8("me")),
        key: lender.lend(pattern(32)),
        import: { context: lender.lend(utf8("both")) },
      },
    }, {
      psk: () =>
        Promise.resolve({
          key: lender.answer(pattern(32)),
          import: { context: lender.answer(utf8("both")) },
        }),
    });
    return [client.authorization.status, server.pskIdentity];
  },
  "psk: functions of both sides": async (lender) => {
    const { client, server } = await meeting(lender, {
      psk: () =>
        Promise.resolve([{
          identity: lender.answer(utf8("me")),
          key: lender.answer(pattern(32)),
        }]),
    }, { psk: () => Promise.resolve({ key: lender.answer(pattern(32)) }) });
    return [client.authorization.status, server.pskIdentity];
  },
  "psk: TLS 1.2": async (lender) => {
    const common = {
      ...tls12,
      cipherSuites: ["TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"],
    };
    const { client, server } = await meeting(lender, {
      ...common,
      psk: () =>
        Promise.resolve({
          identity: lender.answer(utf8("me")),
          key: lender.answer(pattern(32)),
        }),
    }, {
      ...common,
      psk: () => Promise.resolve({ key: lender.answer(pattern(32)) }),
    });
    return [client.authorization.status, server.pskIdentity];
  },
  "earlyData": async (lender) => {
    await using ends = await earlyPair({
      session: await earlySession(),
      earlyData: lender.lend(REQUEST),
    });
    lender.reuse();
    return await shakeEarly(ends);
  },
  "earlyData: a function": async (lender) => {
    await using ends = await earlyPair({
      session: await earlySession(),
      earlyData: () => lender.answer(REQUEST),
    });
    return await shakeEarly(ends);
  },
  "initialData": async (lender) => {
    const { forClient, forServer } = crossed();
    const here = client(forClient, await clientOptions());
    const working = here.handshake();
    const reader = forServer.readable.getReader();
    const { value = new Uint8Array() } = await reader.read();
    reader.releaseLock();
    const initialData = lender.lend(value);
    const there = server(forServer, { cert, key, initialData });
    lender.reuse();
    await Promise.all([working, there.handshake()]);
    await Promise.all([here.close(), there.close()]);
    return value.length > 100;
  },
  "ticketKeys": async (lender) => {
    const [session] = await sessionsOf({}, {
      ticketKeys: [lender.answer(pattern(48, 9))],
    });
    return await resumes({ session }, { ticketKeys: [pattern(48, 9)] });
  },
  "ticketKeys: a source": async (lender) => {
    const [session] = await sessionsOf({}, {
      ticketKeys: { current: () => [lender.answer(pattern(32, 8))] },
    });
    return await resumes({ session }, { ticketKeys: [pattern(32, 8)] });
  },
  "sessionIdContext": async (lender) => {
    const [session] = await sessionsOf({}, {
      sessionIdContext: lender.answer(utf8("one")),
    });
    return await resumes({ session }, { sessionIdContext: "one" });
  },
  "sessionStore": async (lender) => {
    const kept = new Map<string, Uint8Array>();
    const sessionStore = {
      get: (id: string) => {
        const found = kept.get(id);
        return Promise.resolve(found && lender.answer(found));
      },
      set: (id: string, session: Uint8Array) => {
        kept.set(id, new Uint8Array(session));
        session.fill(0);
      },
      delete: (id: string) => kept.delete(id),
    };
    const common = { sessionStore, ticketKeys: undefined, tickets: 0 };
    const [session] = await sessionsOf(tls12, common);
    return await resumes({ ...tls12, session }, common);
  },
  "Session.import()": async (lender) => {
    const [made] = await sessionsOf();
    assert(made !== undefined);
    const session = Session.import(lender.lend(made.export()));
    lender.reuse();
    return [await resumes({ session }), made.export().length];
  },
  "ech: a list, and a key in bytes": async (lender) =>
    (await meeting(
      lender,
      secretly({ ...current, configList: lender.lend(current.configList) }),
      facing({ ech: { keys: lender.lend(utf8(current.pem)) } }),
    )).server.ech,
  "ech: keys in objects": async (lender) =>
    (await meeting(
      lender,
      secretly(),
      facing({ ech: { keys: [{ pem: lender.lend(utf8(current.pem)) }] } }),
    )).server.ech,
  "write()": async (lender) => {
    const ends = await connected();
    for (const length of [1, 5000, 20_000]) {
      await ends.client.write(lender.lend(pattern(length)));
      lender.reuse();
    }
    const got = await readBytes(ends.server, 25_001);
    await ends[Symbol.asyncDispose]();
    return got;
  },
  "writable": async (lender) => {
    const ends = await connected();
    const writer = ends.client.writable.getWriter();
    await writer.write(lender.lend(pattern(20_000)));
    lender.reuse();
    writer.releaseLock();
    const got = await readBytes(ends.server, 20_000);
    await ends[Symbol.asyncDispose]();
    return got;
  },
  "exportKeyingMaterial()": async (lender) => {
    const ends = await connected();
    const context = utf8("context");
    const made = ends.client.exportKeyingMaterial(
      "EXPORTER-x",
      lender.lend(context),
      32,
    );
    lender.reuse();
    const other = ends.server.exportKeyingMaterial("EXPORTER-x", context, 32);
    await ends[Symbol.asyncDispose]();
    return toHex(made) === toHex(other);
  },
  "setTicketKeys()": (lender) => {
    const listener = listen({ hostname: "127.0.0.1", port: 0, cert, key });
    listener.setTicketKeys([lender.lend(pattern(48))]);
    lender.reuse();
    const keys = listener.getTicketKeys().map(toHex);
    // They are the user's own, too.
    listener.getTicketKeys()[0]?.fill(0);
    const again = listener.getTicketKeys().map(toHex);
    listener.close();
    return Promise.resolve([keys, again]);
  },
  "sni: a table, and a context made of another": async (lender) => {
    const made = createContext({
      cert: root.cert,
      key: root.key,
      sni: {
        localhost: {
          cert: lender.lend(derOf(cert)),
          key: lender.lend(derOf(key)),
        },
      },
    });
    lender.reuse();
    return await served(
      listen({
        hostname: "127.0.0.1",
        port: 0,
        context: made.with({ minVersion: "TLSv1.3" }),
      }),
    );
  },
  "addContext()": async (lender) => {
    const options = { cert: root.cert, key: root.key };
    const listener = listen({ hostname: "127.0.0.1", port: 0, ...options });
    const added = listener.addContext("localhost", {
      cert: lender.lend(derOf(cert)),
      key: lender.lend(derOf(key)),
    });
    lender.reuse();
    await added;
    // Names apply to the new context, too.
    await listener.setContext({ ...options, minVersion: "TLSv1.3" });
    return await served(listener);
  },
  "connect() and listen()": async (lender) => {
    const listener = listen({
      hostname: "127.0.0.1",
      port: 0,
      cert: lender.lend(derOf(cert)),
      key: lender.lend(derOf(key)),
      alpnProtocols: [lender.lend(utf8("a/1"))],
    });
    const dialling = connect({
      hostname: "127.0.0.1",
      serverName: "localhost",
      port: (listener.addr as Deno.NetAddr).port,
      caCerts: [lender.lend(derOf(root.cert))],
      alpnProtocols: [lender.lend(utf8("a/1"))],
    });
    lender.reuse();
    const [here, there] = await Promise.all([dialling, listener.accept()]);
    const { alpnProtocol } = here.info;
    await Promise.all([here.close(), there.close()]);
    listener.close();
    return alpnProtocol;
  },
};

for (const [name, use] of Object.entries(uses)) {
  Deno.test(`bytes may be changed after the call: ${name}`, async () => {
    const right = await use(new Lender(false));
    assert(right !== undefined && right !== false && right !== "none");
    assertEquals(await use(new Lender(true)), right);
  });
}

for (
  const [version, cipherSuites] of [
    ["TLSv1.3", ["TLS_AES_128_GCM_SHA256"]],
    ["TLSv1.2", ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"]],
    ["TLSv1.2", ["TLS_RSA_WITH_AES_128_CBC_SHA"]],
  ] as const
) {
  Deno.test(`option random may return the same Buffer each time: ${version} ${cipherSuites}`, async () => {
    const scratch = new Uint8Array(4096);
    const options = {
      minVersion: version,
      maxVersion: version,
      cipherSuites,
      groups: ["secp256r1"],
      random(length: number) {
        scratch.fill(0xa5);
        return crypto.getRandomValues(scratch.subarray(0, length));
      },
    };
    const { cert, key } = await certificate({ keyType: "rsa-2048" });
    const { client } = await meeting(new Lender(false), options, {
      ...options,
      cert,
      key,
    });
    assertEquals(client.version, version);
  });
}

Deno.test("each option that takes bytes has a use here", async () => {
  const named = new Set(
    Object.keys(uses).flatMap((name) => name.split(/[:,]| and /))
      .map((name) => name.trim()),
  );
  // Tested by themselves, or of types that other options have, too.
  for (const each of ["random", "sni", "onClientHello", "context"]) {
    named.add(each);
  }
  const options = await optionsWithBytes();
  assert(options.size > 20, `${[...options]}`);
  assertEquals([...options].filter((name) => !named.has(name)), []);
});

/** The options whose types have bytes in them, as their declarations say. */
async function optionsWithBytes(): Promise<Set<string>> {
  const paths = (await modulesIn(["connection/options", "x509/keys"]))
    .filter((path) => /(options|inputs|passphrase)\.ts$/.test(path));
  const texts = await Promise.all(
    paths.map((path) => Deno.readTextFile(new URL(path, ROOT))),
  );
  const declarations = texts.flatMap((text) =>
    text.replace(/\/\*\*[\s\S]*?\*\//g, "")
      .split(/^export (?=\w)/m)
      .map((part) => /^(?:interface|type) (\w+)([\s\S]*)/.exec(part) ?? [])
      .map(([, name = "", body = ""]) => ({ name, body }))
  );
  const withBytes = new Set(["Uint8Array"]);
  const has = (text: string) =>
    (text.match(/\w+/g) ?? []).some((word) => withBytes.has(word));
  for (let size = 0; size < withBytes.size;) {
    size = withBytes.size;
    for (const { name, body } of declarations) {
      if (!isOfOptions.test(name) && has(body)) withBytes.add(name);
    }
  }
  return new Set(
    declarations.filter(({ name }) => isOfOptions.test(name)).flatMap((
      { body },
    ) => [...body.matchAll(/^ {2}(?:readonly )?(\w+)\?:([\s\S]*?);$/gm)])
      .filter(([, , type = ""]) => has(type))
      .map(([, name = ""]) => name),
  );
}

/** The interfaces of which the members are options. */
const isOfOptions = /Options$/;

const credential = delegate({ by: issued });

const revoking = makeCrl(root, {
  entries: [entry(certificateOf(await certificate()))],
  thisUpdate: new Date(Date.now() - 86_400_000),
  nextUpdate: new Date(Date.now() + 86_400_000),
});
