/**
 * Bytes that users give to functions about certificates are their own again when
 * the call has returned, though its promise has not settled.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { echConfig, echConfigs } from "../../ech/mod.ts";
import { toHex } from "../../encoding.ts";
import {
  Certificate,
  Crl,
  formatPem,
  issueCertificate,
  issueDelegatedCredential,
  OcspResponse,
  parseKeyPair,
  parsePem,
  parsePfx,
  PrivateKey,
  TrustStore,
  verifyChain,
} from "../../x509/mod.ts";
import { Lender } from "../_lender.ts";
import { authority, certificate, pattern, utf8 } from "../_pair.ts";
import { certBag, derOf, keyBag, plainPfx } from "./_pfx.ts";
import {
  certId,
  certificateOf,
  makeCrl,
  makeOcspResponse,
  single,
} from "./_revocation.ts";
import { issued } from "../handshake/_delegation.ts";
import { timestampOf } from "./_timestamp.ts";

const { cert, key, identity } = await certificate();
const root = await authority;
const der = derOf(cert);
const pkcs8 = derOf(key);
const keys = new URL("testdata/keys/", import.meta.url);
const file = (name: string) => Deno.readFile(new URL(name, keys));

/** Calls; uses the bytes for something else before the promise settles. */
async function settled<T>(lender: Lender, made: Promise<T>): Promise<T> {
  lender.reuse();
  return await made;
}

/** Each returns what depends on the bytes alone. */
const uses: Readonly<Record<string, (lender: Lender) => unknown>> = {
  "Certificate.parse()": (lender) => {
    const parsed = Certificate.parse(lender.lend(der));
    lender.reuse();
    return [toHex(parsed.raw), parsed.subject, parsed.fingerprint()];
  },
  "Crl.parse()": async (lender) => {
    const list = Crl.parse(lender.lend(await makeCrl(root)));
    lender.reuse();
    return [list.issuer, list.nextUpdate];
  },
  "OcspResponse.parse()": async (lender) => {
    const bytes = await response;
    const parsed = OcspResponse.parse(lender.lend(bytes));
    lender.reuse();
    return [parsed.status, toHex(parsed.raw), parsed.responses.length];
  },
  "parsePem() and formatPem()": (lender) => {
    const [block] = parsePem(lender.lend(utf8(cert)));
    const text = formatPem("CERTIFICATE", lender.lend(der));
    lender.reuse();
    return [toHex(block?.der ?? der), text];
  },
  "TrustStore.of()": (lender) => {
    const store = TrustStore.of(
      lender.lend(derOf(root.cert)),
      lender.lend(utf8(cert)),
    );
    lender.reuse();
    return store.certificates.map(({ subject }) => subject);
  },
  "TrustStore.fromPfx()": async (lender) => {
    const store = await settled(
      lender,
      TrustStore.fromPfx(
        lender.lend(plainPfx([certBag(der), certBag(derOf(root.cert))])),
        { passphrase: lender.lend(new Uint8Array()) },
      ),
    );
    return store.certificates.map(({ subject }) => subject);
  },
  "parsePfx(): plain": async (lender) => {
    const pfx = lender.lend(plainPfx([keyBag(pkcs8), certBag(der)]));
    const { chain, key } = await settled(lender, parsePfx(pfx));
    return [chain[0]?.subject, toHex(key.publicKey.spki)];
  },
  "parsePfx(): what the passphrase is asked for in the meantime": async (
    lender,
  ) => {
    const pfx = lender.lend(plainPfx([keyBag(pkcs8), certBag(der)]));
    const passphrase = async () => {
      await Promise.resolve();
      return lender.answer(utf8("secret"));
    };
    const made = parsePfx(pfx, { passphrase });
    return (await settled(lender, made)).chain[0]?.subject;
  },
  "parsePfx(): encrypted": async (lender) => {
    const given = [
      lender.lend(await file("ec.modern.pfx")),
      lender.lend(utf8("secret")),
    ] as const;
    const made = parsePfx(given[0], { passphrase: given[1] });
    return (await settled(lender, made)).chain[0]?.subject;
  },
  "PrivateKey.parse(): DER": async (lender) => {
    const made = PrivateKey.parse(lender.lend(pkcs8));
    return toHex((await settled(lender, made)).publicKey.spki);
  },
  "PrivateKey.parse(): encrypted, in DER": async (lender) => {
    const [block] = parsePem(await file("ec.pbes2.pem"));
    assert(block !== undefined);
    const made = PrivateKey.parse(lender.lend(block.der), {
      passphrase: lender.lend(utf8("secret")),
    });
    return toHex((await settled(lender, made)).publicKey.spki);
  },
  "PrivateKey.parse(): encrypted, in PEM": async (lender) => {
    const made = PrivateKey.parse(lender.lend(await file("ec.scrypt.pem")), {
      passphrase: lender.lend(utf8("secret")),
    });
    return toHex((await settled(lender, made)).publicKey.spki);
  },
  "PrivateKey.sign()": async (lender) => {
    const made = await issueCertificate({
      names: ["a.test"],
      keyType: "ed25519",
    });
    const key = await PrivateKey.parse(made.key);
    const data = pattern(500);
    const signature = await settled(
      lender,
      key.sign("ed25519", lender.lend(data)),
    );
    const publicKey = await crypto.subtle.importKey(
      "spki",
      new Uint8Array(key.publicKey.spki),
      "Ed25519",
      false,
      ["verify"],
    );
    return await crypto.subtle.verify(
      "Ed25519",
      publicKey,
      new Uint8Array(signature),
      data,
    );
  },
  "parseKeyPair()": async (lender) => {
    const made = parseKeyPair(lender.lend(der), lender.lend(pkcs8));
    const { chain, key } = await settled(lender, made);
    return [chain[0]?.subject, toHex(key.publicKey.spki)];
  },
  "issueCertificate()": async (lender) => {
    const made = issueCertificate({
      names: ["a.test"],
      extensions: [{ oid: "1.2.3.4", value: lender.lend(utf8("value")) }],
    });
    const { identity } = await settled(lender, made);
    return identity.chain[0]?.extensions.find(({ oid }) => oid === "1.2.3.4")
      ?.value;
  },
  "issueDelegatedCredential()": async (lender) => {
    const made = issueDelegatedCredential({
      cert: lender.lend(derOf(issued.cert)),
      key: lender.lend(derOf(issued.key)),
      credentialKey: lender.lend(pkcs8),
    });
    const { delegatedCredential } = await settled(lender, made);
    return toHex(delegatedCredential)
      .includes(toHex(identity.key.publicKey.spki));
  },
  "verifyChain()": async (lender) => {
    const { key, sct } = await timestamp;
    const made = verifyChain({
      chain: identity.chain,
      trust: TrustStore.of(root.cert),
      name: "localhost",
      ctLogs: [{ key: lender.lend(key), name: "log" }],
      signedCertificateTimestamps: [lender.lend(sct)],
    });
    const { status, errors } = await settled(lender, made);
    return [status, ...errors.map(({ code }) => code)];
  },
  "echConfigs()": async (lender) => {
    const { configList } = await config;
    const read = echConfigs(lender.lend(configList));
    lender.reuse();
    return read.map((
      { publicName, configId },
    ) => [publicName, configId]);
  },
};

for (const [name, use] of Object.entries(uses)) {
  Deno.test(`bytes may be changed after the call: ${name}`, async () => {
    const right = await use(new Lender(false));
    assert(right !== undefined && right !== false);
    assertEquals(await use(new Lender(true)), right);
  });
}

const response = makeOcspResponse({
  responder: root,
  singles: [
    single(
      await certId(certificateOf(await certificate()), certificateOf(root)),
    ),
  ],
});
const timestamp = timestampOf(certificateOf(await certificate()));
const config = echConfig({ publicName: "public.test" });
