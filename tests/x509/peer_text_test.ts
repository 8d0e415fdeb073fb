/**
 * Whatever a certificate, list or response says reaches no message raw.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { Crl } from "../../x509/status/crl.ts";
import {
  boolean,
  explicit,
  oid,
  sequence,
  set,
  tlv,
  utf8String,
} from "../../x509/asn1/der.ts";
import { verifyHostname } from "../../x509/certificate/hostname.ts";
import { attributeTypes, ExtensionOid } from "../../x509/asn1/oids.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  verifyChain,
  type VerifyChainOptions,
} from "../../x509/path/verify.ts";
import { authority } from "./_authority.ts";
import { certificateDer, extension } from "./_certificate.ts";
import { makeCrl } from "./_revocation.ts";

/** Clears a screen, forges a line, turns text round, hides a character. */
const HOSTILE = "\x1b[2J\r\nFORGED \u202e\u200b\0\x9b";
const RAW = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** What of it ASCII has. */
const ASCII = "\x1b[2J\r\nFORGED \0\x7f";
const ESCAPED = "\\x1b[2J\\x0d\\x0aFORGED ";

const bytes = (text: string) => new TextEncoder().encode(text);

function name(mark: string, type = "2.5.4.3"): Uint8Array {
  return sequence(
    set(sequence(oid(type), utf8String(`${mark}${HOSTILE}`))),
  );
}

/** A certificate with hostile text wherever there is text. */
function hostile(
  mark: string,
  extensions: Uint8Array[] = [],
  issuer = mark,
  subject = name(mark),
): Certificate {
  return Certificate.parse(certificateDer({
    subject,
    issuer: name(issuer),
    extensions: extensions.length > 0 ? extensions : undefined,
  }));
}

const ca = (more: Uint8Array[] = []) =>
  hostile("ca", [
    extension(ExtensionOid.basicConstraints, sequence(boolean(true)), true),
    ...more,
  ]);

/** GeneralName of each kind that has text. */
const names: Record<string, Uint8Array> = {
  dns: tlv(0x82, bytes(`dns${ASCII}`)),
  email: tlv(0x81, bytes(`email${ASCII}@example.com`)),
  uri: tlv(0x86, bytes(`http://uri${ASCII}/`)),
  directoryName: explicit(4, name("directory")),
  otherName: tlv(
    0xa0,
    oid("1.3.6.1.4.1.311.20.2.3"),
    explicit(0, utf8String(`other${HOSTILE}`)),
  ),
};

async function messages(
  options: Partial<VerifyChainOptions> & { chain: Certificate[] },
): Promise<string[]> {
  const [leaf] = options.chain as [Certificate];
  const verdict = await verifyChain({
    trust: TrustStore.of(leaf),
    name: "example.com",
    now: leaf.notBefore,
    ...options,
  });
  const all = [...verdict.errors, ...verdict.warnings];
  return all.flatMap(({ message, hint = "", stack = "" }) => [
    message,
    hint,
    // Its own line ends are between the frames.
    stack.split("\n    at ")[0] ?? "",
  ]);
}

function assertEscaped(texts: readonly string[], mark: string): void {
  for (const text of texts) assert(!RAW.test(text), JSON.stringify(text));
  const shown = texts.filter((text) => text.includes(mark + ESCAPED));
  assert(shown.length > 0, `${mark}: ${JSON.stringify(texts)}`);
}

for (const [type, short] of attributeTypes) {
  Deno.test(`messages escape ${short} of a subject`, async () => {
    const leaf = hostile("leaf", [], "nobody", name("leaf", type));
    const found = await messages({
      chain: [leaf],
      trust: TrustStore.of(ca()),
    });
    assertEscaped(found, "leaf");
    assertEscaped(found, "nobody");
  });
}

for (const [kind, general] of Object.entries(names)) {
  Deno.test(`messages escape ${kind} of subjectAltName`, async () => {
    const leaf = hostile("leaf", [extension("2.5.29.17", sequence(general))]);
    const mark = kind.replace("Name", "");
    assertEscaped(await messages({ chain: [leaf] }), mark);
    try {
      verifyHostname(leaf, "example.com");
      throw new Error("It matches");
    } catch (error) {
      assert(error instanceof Error);
      assertEscaped([error.message], mark);
    }
    // Without a subject it is what the certificate is called by.
    const nameless = hostile(
      "leaf",
      [extension("2.5.29.17", sequence(general), true)],
      "nobody",
      sequence(),
    );
    assertEscaped(
      await messages({ chain: [nameless], trust: TrustStore.of(ca()) }),
      mark,
    );
  });

  Deno.test(`messages escape ${kind} of nameConstraints`, async () => {
    const constraints = sequence(explicit(0, sequence(general)));
    const issuer = ca([extension("2.5.29.30", constraints, true)]);
    const leaf = hostile(
      "leaf",
      [extension("2.5.29.17", sequence(general))],
      "ca",
    );
    const excluded = await messages({
      chain: [leaf],
      trust: TrustStore.of(issuer),
    });
    assertEscaped(excluded, "leaf");
  });
}

Deno.test("messages escape where an issuer's certificate is", async () => {
  const access = sequence(sequence(
    oid("1.3.6.1.5.5.7.48.2"),
    tlv(0x86, bytes(`http://aia${ASCII}`)),
  ));
  const leaf = hostile(
    "leaf",
    [extension(ExtensionOid.authorityInfoAccess, access)],
    "nobody",
  );
  const found = await messages({ chain: [leaf], trust: TrustStore.of(ca()) });
  assertEscaped(found, "aia");
});

Deno.test("messages escape the issuers of paths, chains and lists", async () => {
  const issuer = ca();
  const leaf = hostile("leaf", [], "ca");
  // The signature of both is a string of zeros.
  const trust = TrustStore.of(issuer);
  assertEscaped(await messages({ chain: [leaf], trust }), "leaf");
  assertEscaped(
    await messages({ chain: [issuer, leaf], trust }),
    "ca",
  );
  const late = await messages({ chain: [leaf], trust, now: new Date(0) });
  assertEscaped(late, "leaf");
  const root = await authority("Root");
  const list = Crl.parse(
    await makeCrl(root, { issuerName: issuer.subjectName.raw }),
  );
  assertEscaped(
    await messages({ chain: [leaf], trust, crls: [list] }),
    "ca",
  );
});

Deno.test("messages escape what strict rules say", async () => {
  const leaf = hostile("leaf", [
    extension("2.5.29.17", sequence(...Object.values(names))),
    extension("2.5.29.15", tlv(0x03, Uint8Array.of(5, 0xa0))),
  ]);
  assertEscaped(await messages({ chain: [leaf], strict: true }), "leaf");
});

Deno.test("subjects and names are given as they are to programs", () => {
  const leaf = hostile("leaf");
  assertEquals(leaf.subjectName.get("CN"), `leaf${HOSTILE}`);
});

Deno.test("consoles show no certificate with text that they would obey", () => {
  const leaf = hostile("leaf", [
    extension("2.5.29.17", sequence(...Object.values(names))),
  ]);
  const shown = Deno.inspect({ leaf });
  assert(shown.includes("FORGED"));
  assert(!RAW.test(shown.replaceAll("\n", "")), JSON.stringify(shown));
});
