/**
 * The context that others begin with.
 *
 * @module
 */

import {
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { weakKeys } from "../../../legacy.ts";
import {
  type ContextOptions,
  createContext,
  setDefaultContext,
  type TlsContext,
} from "../../../mod.ts";
import { certificate, connected, pattern } from "../../_pair.ts";

/** Calls a function under a default context. */
async function under<T>(
  context: TlsContext,
  call: () => T | Promise<T>,
): Promise<T> {
  const before = setDefaultContext(context);
  try {
    return await call();
  } finally {
    assertStrictEquals(setDefaultContext(before), context);
  }
}

Deno.test("setDefaultContext() is the base of what follows, and options go before it", async () => {
  const old = createContext();
  const strict = createContext({ minVersion: "TLSv1.3" });
  await under(strict, async () => {
    assertStringIncludes(Deno.inspect(createContext()), `"TLSv1.3"`);
    assertStringIncludes(
      Deno.inspect(createContext({ minVersion: "TLSv1.2" })),
      `"TLSv1.2 to TLSv1.3"`,
    );
    assertStringIncludes(Deno.inspect(old), `"TLSv1.2 to TLSv1.3"`);
    assertStringIncludes(
      Deno.inspect(createContext({ context: old })),
      `"TLSv1.2 to TLSv1.3"`,
    );
    assertThrows(() => createContext({ maxVersion: "TLSv1.2" }), TypeError);
    await using ends = await connected();
    assertEquals(ends.server.info.version, "TLSv1.3");
  });
  assertStringIncludes(Deno.inspect(createContext()), `"TLSv1.2 to TLSv1.3"`);
});

Deno.test("setDefaultContext() with versions goes together with bounds of others, and the other way round", async () => {
  const shows = (options: ContextOptions, versions: string) =>
    assertStringIncludes(
      Deno.inspect(createContext(options)),
      `versions: "${versions}"`,
    );
  await under(createContext({ versions: ["TLSv1.3"] }), () => {
    shows({ minVersion: "TLSv1.2" }, "TLSv1.2 to TLSv1.3");
    // A bound that was not named stays that of the base.
    shows({ maxVersion: "TLSv1.3" }, "TLSv1.3");
    assertThrows(
      () => createContext({ maxVersion: "TLSv1.2" }),
      TypeError,
      "maxVersion",
    );
  });
  await under(createContext({ minVersion: "TLSv1.3" }), () => {
    shows({ versions: ["TLSv1.3", "TLSv1.2"] }, "TLSv1.2 to TLSv1.3");
    assertThrows(
      () => createContext({ versions: ["TLSv1.3"], minVersion: "TLSv1.3" }),
      TypeError,
      "in place of",
    );
  });
});

Deno.test("setDefaultContext() observes all connections, and lends no keys", async () => {
  const events: string[] = [];
  const context = createContext({ onEvent: ({ type }) => events.push(type) });
  await under(context, async () => {
    await using ends = await connected();
    await ends.client.handshake();
  });
  assertEquals(events.filter((type) => type === "handshake_done").length, 2);
});

Deno.test("setDefaultContext() refuses what weakens others, by name", async () => {
  const { cert, key } = await certificate();
  for (
    const [options, says] of [
      [{ unsafelyIgnoreCertificateErrors: true }, "unsafelyIgnore"],
      [{ unsafelyDisableHostnameVerification: true }, "unsafelyDisable"],
      [{ verify: () => true }, '"verify"'],
      [{ caCerts: [cert] }, '"caCerts"'],
      [{ cert, key }, '"cert"'],
      [{ keyLog: () => {} }, '"keyLog"'],
      [{ legacy: [weakKeys] }, '"legacy"'],
      [{ random: pattern }, '"random"'],
      [{ now: Date.now }, '"now"'],
      [{ minDhSize: 1024 }, '"minDhSize"'],
      [{ renegotiation: "freely" }, '"renegotiation"'],
      [{ handshakeTimeout: 0 }, '"handshakeTimeout"'],
      [{ minVersion: "TLSv1.1" }, "below TLSv1.2"],
      [{ versions: ["TLSv1.3", "TLSv1"] }, "below TLSv1.2"],
      [{ maxVersion: "TLSv1.2" }, "turns TLSv1.3 off"],
      [{ versions: ["TLSv1.2"] }, "turns TLSv1.3 off"],
      [{
        cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
      }, "turns TLSv1.3 off"],
      [{ securityLevel: 1 }, "security level"],
      [{
        cipherSuites: [
          "TLS_AES_128_GCM_SHA256",
          "TLS_RSA_WITH_AES_128_GCM_SHA256",
        ],
      }, "TLS_RSA_WITH_AES_128_GCM_SHA256"],
    ] as const
  ) {
    assertThrows(
      () => setDefaultContext(createContext(options)),
      TypeError,
      says,
    );
  }
  for (const wrong of [null, {}, "TLSv1.3"]) {
    assertThrows(
      () => setDefaultContext(wrong as TlsContext),
      TypeError,
      "createContext()",
    );
  }
  assertStrictEquals(setDefaultContext(undefined), undefined);
});
