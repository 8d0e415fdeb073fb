/**
 * Encrypted ClientHello of Chromium with our server. The browser learns of the
 * configuration as it does elsewhere: by the HTTPS record of the name (RFC
 * 9848), which it looks up by DNS over HTTPS with our own server.
 *
 * @module
 */

import { assertStringIncludes } from "@std/assert";
import { encodeBase64 } from "../../encoding.ts";
import { echConfig } from "../../ech/mod.ts";
import { serve } from "../../mod.ts";
import { issueCertificate } from "../../x509/mod.ts";
import { answerOf, dnsResponse, questionOf, typeOf } from "../ech/_dns.ts";
import { absent, attempt, UNSANITIZED } from "./_peers/matrix.ts";
import { missing } from "./_peers/peer.ts";

const CHROMIUM = "chromium";
const SECRET = "secret.example";
const PUBLIC = "public.example";
/** RFC 1035 section 4.1.1: there is no such name. */
const NXDOMAIN = 0x8183;
const ADDRESS = new Uint8Array([127, 0, 0, 1]);
const TYPE_A = 1;
const TYPE_HTTPS = 65;

const without = missing(CHROMIUM, ["--version"], /Chrom/);

if (without !== undefined) absent("Chromium, Encrypted ClientHello", without);
else {
  Deno.test(
    "Chromium → @x/tls: Encrypted ClientHello, by an HTTPS record",
    UNSANITIZED,
    () => attempt(visit),
  );
}

async function visit(): Promise<void> {
  const issued = await Promise.all(
    [SECRET, PUBLIC, "127.0.0.1"].map((name) =>
      issueCertificate({ names: [name] })
    ),
  );
  const identities = issued.map(({ identity }) => identity);
  const { pem, configList } = await echConfig({ publicName: PUBLIC });
  await using server = serve({
    port: 0,
    hostname: "127.0.0.1",
    certificates: identities,
    ech: { keys: pem },
    onListen: () => {},
  }, (_, { tls }) => new Response(`ech ${tls.ech}, name ${tls.serverName}`));
  const { port } = server.addr;
  await using resolver = serve({
    port: 0,
    hostname: "127.0.0.1",
    certificates: identities,
    onListen: () => {},
  }, async (request) => {
    const question = await messageOf(request);
    return dnsResponse(answer(question, port, configList));
  });
  const page = await open(
    `https://${SECRET}:${port}/`,
    `https://127.0.0.1:${resolver.addr.port}/dns-query{?dns}`,
    await Promise.all(identities.map(({ key }) => pinOf(key.publicKey.spki))),
  );
  assertStringIncludes(page, `ech accepted, name ${SECRET}`);
}

/** RFC 8484 section 4.1: a message in the body, or in the address. */
async function messageOf(request: Request): Promise<Uint8Array> {
  if (request.method === "POST") return await request.bytes();
  const text = new URL(request.url).searchParams.get("dns") ?? "";
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

/** Of all names that a browser asks for there is one alone. */
function answer(question: Uint8Array, port: number, configList: Uint8Array) {
  const name = questionOf(question);
  const type = typeOf(question);
  // RFC 9460 section 9.1: the port is in front of the name.
  if (type === TYPE_HTTPS && name === `_${port}._https.${SECRET}`) {
    const ech = encodeBase64(new Uint8Array(configList));
    // Section 2.5.2: "." would be the name with the port, which has no address.
    const value = `1 ${SECRET}. alpn=h2 ech=${ech}`;
    return answerOf([{ name, type: "HTTPS", value }], { name, type });
  }
  if (name !== SECRET) return answerOf([], { name, type, flags: NXDOMAIN });
  return answerOf(
    type === TYPE_A ? [{ name, type: "A", value: ADDRESS }] : [],
    { name, type },
  );
}

async function pinOf(spki: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(spki));
  return encodeBase64(new Uint8Array(hash));
}

/** What the browser shows of a page. */
async function open(
  url: string,
  templates: string,
  pins: readonly string[],
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/Local State`,
      JSON.stringify({ dns_over_https: { mode: "secure", templates } }),
    );
    const { stdout, stderr } = await new Deno.Command(CHROMIUM, {
      args: [
        ...["--headless=new", "--no-sandbox", "--disable-gpu"],
        ...["--no-first-run", "--disable-background-networking"],
        ...["--disable-component-update", "--disable-sync", "--disable-quic"],
        `--user-data-dir=${folder}`,
        `--ignore-certificate-errors-spki-list=${pins.join()}`,
        ...["--dump-dom", url],
      ],
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return `${text.decode(stdout)}\n${text.decode(stderr)}`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
