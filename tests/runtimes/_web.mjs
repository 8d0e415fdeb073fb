/**
 * What is checked where there is neither Deno nor Node.js: the matrix, and what
 * such a runtime cannot do. Gives an outcome for each check.
 */

import {
  connect,
  createFetch,
  keyLogFile,
  listCipherSuites,
  listen,
  listGroups,
  listSignatureSchemes,
  serve,
} from "@x/tls";
import { loadKeyPair, TrustStore } from "@x/tls/x509";
import { matrix } from "./_matrix.mjs";

/** Runs everything; `dials` says whether `connect()` is possible. */
export async function checkAll(dials) {
  const outcomes = [];
  const check = async (name, run) => {
    try {
      await run();
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, error: String(error?.stack ?? error) });
    }
  };
  // WebCrypto and noble decrypt nothing with PKCS #1 v1.5.
  await matrix(check, false);
  const refusals = {
    ...dials ? {} : {
      "connect()": [
        () => connect({ hostname: "a.test", port: 443 }),
        "give client() a duplex that reaches the server",
      ],
    },
    "listen()": [
      () => listen({ port: 0, cert: "", key: "" }),
      "give server() a duplex for each client",
    ],
    "serve()": [
      () => serve({ port: 0, cert: "", key: "" }, () => {}),
      "give server() a duplex",
    ],
    "keyLogFile()": [() => keyLogFile("keys.log"), "keyLog takes a function"],
    "loadKeyPair()": [
      () => loadKeyPair("cert.pem", "key.pem"),
      "parseKeyPair() takes what they hold",
    ],
    "TrustStore.fromFile()": [
      () => TrustStore.fromFile("ca.pem"),
      "TrustStore.of() takes what they hold",
    ],
    "createFetch()": [
      () => createFetch()("https://a.test/"),
      "use its own fetch()",
    ],
  };
  for (const [name, [run, advice]] of Object.entries(refusals)) {
    await check(`${name} says what to do instead`, async () => {
      const error = await (async () => await run())().then(
        () => undefined,
        (error) => error,
      );
      if (!(error instanceof TypeError) || !said(error).includes(advice)) {
        throw new Error(`"${said(error)}" does not say "${advice}"`);
      }
    });
  }
  await check("lists say what does the work here", async () => {
    const options = { implementations: true };
    const [suites, groups, schemes] = await Promise.all([
      listCipherSuites(options),
      listGroups(options),
      listSignatureSchemes(options),
    ]);
    const parts = [...suites, ...groups, ...schemes]
      .flatMap(({ implementations }) => implementations);
    if (parts.some(({ by }) => by === "node:crypto")) {
      throw new Error("there is no node:crypto");
    }
    const cannot = parts.filter(({ by }) => by === undefined)
      .map(({ part }) => part);
    if (!cannot.includes("RSA decryption, by servers")) {
      throw new Error("something decrypts with RSA");
    }
    const [aes] = suites.find(({ name }) => name.startsWith("TLS_AES_128_GCM"))
      .implementations;
    if (aes.by !== "WebCrypto") throw new Error(`AES-GCM is ${aes.by}'s`);
  });
  await check("the default store has Mozilla's roots", async () => {
    const store = await TrustStore.default();
    if (store.certificates.length < 50) throw new Error("there are too few");
  });
  return [...outcomes, { name: "end" }];
}

function said(error) {
  return `${error?.message} ${error?.cause?.message ?? ""}`;
}
