/**
 * This module, in the shape of a peer.
 *
 * @module
 */

import {
  connect,
  listen,
  SessionCache,
  type TlsConn,
  type TlsListener,
} from "../../../mod.ts";
import * as legacy from "../../../legacy.ts";
import { TrustStore } from "../../../x509/mod.ts";
import type {
  Abilities,
  ClientPeer,
  End,
  Listening,
  Report,
  ServerPeer,
  Settings,
} from "./peer.ts";
import { CERTIFICATES, EXPORTER, GROUPS, VERSIONS } from "./peer.ts";
import { SUITES } from "./suites.ts";

const abilities: Abilities = {
  versions: VERSIONS,
  cipherSuites: SUITES,
  groups: GROUPS,
  certificates: CERTIFICATES,
  reports: [
    "version",
    "cipherSuite",
    "group",
    "alpnProtocol",
    "serverName",
    "resumed",
    "extendedMasterSecret",
    "peerName",
    "ocspResponse",
    "timestamps",
    "exported",
    "exportedWithContext",
    "tlsUnique",
    "tlsServerEndPoint",
    "tlsExporter",
  ],
  features: [
    "alpn",
    "alpn refusal",
    "sni",
    "client certificate",
    "client certificate refusal",
    "resumption",
    "session IDs",
    "key update",
    "key update request",
    "half close",
    "close notify",
    "end report",
    "choice of groups",
    "ocsp",
    "ocsp choice",
    "ocsp verdict",
    "ocsp required",
    "timestamps",
    "timestamps required",
  ],
  bulk: 8 << 20,
};

/** Above this, data goes by the streams; below it, by `read` and `write`. */
const BY_STREAM = 65_536;

/** This module in both roles. */
export const own: ClientPeer & ServerPeer & {
  listen(settings: Settings): Promise<OwnListening>;
} = {
  name: "@x/tls",
  client: abilities,
  server: abilities,
  async connect(port, settings) {
    const sessionCache = new SessionCache(8);
    const open = () =>
      connect({
        hostname: "127.0.0.1",
        port,
        ...common(settings),
        ...settings.serverName !== undefined &&
          { serverName: settings.serverName },
        ...settings.resume === true && { sessionCache },
        ...settings.requestStaple === false && { requestOcsp: false },
        ...settings.options,
      });
    if (settings.resume === true) {
      const first = new OwnEnd(await open());
      // The tickets come before the first byte of data.
      await first.send(new Uint8Array([0x80, 0x0a]));
      await first.receive(1);
      await first.close();
    }
    return new OwnEnd(await open());
  },
  listen(settings) {
    const { clientAuth, tickets, anonymous, ...rest } = settings;
    const { identity: _, ...nameless } = rest;
    const sessions = new Map<string, Uint8Array>();
    const errors: unknown[] = [];
    const listener = listen({
      hostname: "127.0.0.1",
      port: 0,
      ...common(anonymous === true ? nameless : rest),
      ...settings.staple !== undefined &&
        { ocspResponse: settings.staple.der },
      ...settings.timestamps !== undefined &&
        { signedCertificateTimestamps: settings.timestamps.list },
      ...tickets === false && {
        tickets: 0,
        sessionStore: {
          get: (key: string) => sessions.get(key),
          set: (key: string, value: Uint8Array) =>
            void sessions.set(key, value),
          delete: (key: string) => void sessions.delete(key),
        },
      },
      ...clientAuth !== undefined && {
        clientAuth: clientAuth === "request" ? "verify-if-given" : clientAuth,
      },
      ...settings.options,
      onHandshakeError: (error: unknown) => {
        errors.push(error);
      },
    });
    return Promise.resolve(new OwnListening(listener, errors));
  },
};

/** The weakest ones have no name, only a value. */
function suiteValue(name: string): string | legacy.CipherSuiteValue {
  const value: unknown = Reflect.get(legacy, name);
  // Whatever has a suite's name there is a suite.
  return value === undefined ? name : value as legacy.CipherSuiteValue;
}

function common(settings: Settings) {
  const { versions, cipherSuites, groups, alpnProtocols, identity, trust } =
    settings;
  return {
    ...versions !== undefined &&
      { minVersion: versions[0], maxVersion: versions[1] },
    ...cipherSuites !== undefined &&
      {
        cipherSuites: cipherSuites.map(suiteValue),
        unsafelyAllowAnonymous: cipherSuites.some((name) =>
          name.includes("_anon_")
        ),
      },
    ...groups !== undefined && { groups: [...groups] },
    ...alpnProtocols !== undefined && { alpnProtocols: [...alpnProtocols] },
    ...identity !== undefined && { cert: identity.cert, key: identity.key },
    ...trust !== undefined && { trust: TrustStore.of(trust.pem) },
  };
}

/** Our listener. */
export class OwnListening implements Listening {
  readonly #listener: TlsListener;
  readonly port: number;
  /** What went wrong in handshakes. */
  readonly errors: unknown[];

  /** Takes a listener on TCP. */
  constructor(listener: TlsListener, errors: unknown[]) {
    this.#listener = listener;
    this.errors = errors;
    if (!("port" in listener.addr)) throw new TypeError("Not a TCP listener");
    this.port = listener.addr.port;
  }

  /** The next connection whose handshake succeeded. */
  async accept(): Promise<End> {
    return new OwnEnd(await this.#listener.accept());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    return Promise.resolve();
  }
}

/** One of our connections. */
export class OwnEnd implements End {
  /** The connection itself. */
  readonly conn: TlsConn;
  #spare: Uint8Array = new Uint8Array();

  /** Takes a connection. */
  constructor(conn: TlsConn) {
    this.conn = conn;
  }

  async report(): Promise<Report> {
    await this.conn.handshake();
    const { info } = this.conn;
    const [leaf] = info.peerCertificates;
    return {
      ...info.version !== undefined && { version: info.version },
      ...info.cipherSuite !== undefined && { cipherSuite: info.cipherSuite },
      ...info.group !== undefined && { group: info.group },
      alpnProtocol: info.alpnProtocol ?? null,
      serverName: info.serverName ?? null,
      resumed: info.resumed,
      extendedMasterSecret: info.extendedMasterSecret,
      peerName: leaf?.subject.match(/CN=([^,]*)/)?.[1] ?? null,
      ocspResponse: info.ocspResponse?.toHex() ?? null,
      timestamps:
        info.signedCertificateTimestamps.map((sct) => sct.toHex()).join() ||
        null,
      ...this.#exported(),
    };
  }

  /** What it may not have it does not tell: a row that needs it fails. */
  #exported(): Report {
    const { conn } = this;
    const { label, length } = EXPORTER;
    const context = new TextEncoder().encode(EXPORTER.context);
    return Object.fromEntries(
      Object.entries({
        exported: () => conn.exportKeyingMaterial(label, undefined, length),
        exportedWithContext: () =>
          conn.exportKeyingMaterial(label, context, length),
        tlsUnique: () => conn.channelBinding("tls-unique"),
        tlsServerEndPoint: () => conn.channelBinding("tls-server-end-point"),
        tlsExporter: () => conn.channelBinding("tls-exporter"),
      }).flatMap(([name, make]) => {
        try {
          return [[name, make().toHex()]];
        } catch (error) {
          if (error instanceof TypeError) return [];
          throw error;
        }
      }),
    );
  }

  async send(data: Uint8Array): Promise<void> {
    if (data.length > BY_STREAM) {
      const writer = this.conn.writable.getWriter();
      for (let at = 0; at < data.length; at += BY_STREAM) {
        await writer.write(data.subarray(at, at + BY_STREAM));
      }
      writer.releaseLock();
      return;
    }
    for (let at = 0; at < data.length;) {
      at += await this.conn.write(data.subarray(at));
    }
  }

  async receive(length: number): Promise<Uint8Array> {
    const parts = [this.#spare];
    let size = this.#spare.length;
    const reader = length > BY_STREAM
      ? this.conn.readable.getReader()
      : undefined;
    while (size < length) {
      const part = reader === undefined
        ? await this.#read()
        : (await reader.read()).value;
      if (part === undefined) {
        throw new Error(`@x/tls: the data ended after ${size} bytes`);
      }
      // Programs that work line by line add what is no payload.
      const bytes = part.filter((byte) => byte >= 0x80);
      parts.push(bytes);
      size += bytes.length;
    }
    reader?.releaseLock();
    const joined = new Uint8Array(
      await new Blob(parts.map(copy)).arrayBuffer(),
    );
    this.#spare = joined.subarray(length);
    return joined.subarray(0, length);
  }

  async #read(): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(16_384);
    const count = await this.conn.read(buffer);
    return count === null ? undefined : buffer.subarray(0, count);
  }

  async updateKeys(requestPeer: boolean): Promise<void> {
    await this.conn.updateKeys({ requestPeer });
  }

  async closeWrite(): Promise<void> {
    await this.conn.closeWrite();
  }

  /**
   * Sends close_notify; a peer ends its side on a command, or when it is
   * killed.
   */
  async close(): Promise<void> {
    const closing = this.conn.close();
    await this.conn.closeWrite().catch(() => {});
    closing.catch(() => {});
  }

  async ended(): Promise<boolean> {
    try {
      while (await this.#read() !== undefined);
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.conn.abort();
  }
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
