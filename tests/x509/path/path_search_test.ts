/**
 * Which path verifyChain() finds where there are several, and what it says where
 * there is none.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { oid, sequence, tlv } from "../../../x509/asn1/der.ts";
import { ExtensionOid } from "../../../x509/asn1/oids.ts";
import {
  authority,
  certificateOf,
  codes,
  server,
  subjects,
  verify,
} from "../_authority.ts";
import { intermediate, leaf, now, past, root, valid } from "../_verify.ts";

Deno.test("verifyChain() accepts the others in any order, with useless and repeated ones", async () => {
  const low = await authority("Low", intermediate);
  const below = await server(low);
  const stranger = await authority("Stranger");
  const verdict = await verify(
    [below, root, stranger, below, intermediate, low, intermediate, leaf],
    [stranger, root],
  );
  assertEquals(verdict.status, "verified");
  assertEquals(subjects(verdict), [
    "example.com",
    "Low",
    "Intermediate",
    "Root",
  ]);
});

Deno.test("verifyChain() says that an intermediate was not sent", async () => {
  const verdict = await verify([leaf], [root]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertEquals(subjects(verdict), ["example.com"]);
  const message = verdict.errors[0]?.message ?? "";
  assertStringIncludes(message, 'signed by "CN=Intermediate"');
  assertStringIncludes(message, "neither sent nor is in the trust store");
  assertStringIncludes(message, "The peer should send this intermediate");
  assertEquals(verdict.errors[0]?.alert, "unknown_ca");
});

Deno.test("verifyChain() says where the missing intermediate is", async () => {
  const url = "http://ca.example.com/intermediate.crt";
  // RFC 5280 section 4.2.2.1: an OCSP responder's address is no certificate's.
  const value = sequence(
    accessDescription("1.3.6.1.5.5.7.48.1", 0x86, "http://ocsp.example.com/"),
    accessDescription("1.3.6.1.5.5.7.48.2", 0x81, "ca@example.com"),
    accessDescription("1.3.6.1.5.5.7.48.2", 0x86, url),
  );
  const extensions = [{ oid: ExtensionOid.authorityInfoAccess, value }];
  const issued = await server(intermediate, { extensions });
  const verdict = await verify([issued], [root]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", `it is at ${url}`);
});

/** An AccessDescription whose location is a GeneralName of that tag. */
function accessDescription(
  method: string,
  tag: number,
  location: string,
): Uint8Array {
  return sequence(oid(method), tlv(tag, new TextEncoder().encode(location)));
}

Deno.test("verifyChain() says that the anchor is not in the store", async () => {
  const stranger = await authority("Stranger");
  const sent = await verify([leaf, intermediate, root], [stranger]);
  assertEquals(codes(sent), ["unknown_issuer"]);
  assertEquals(subjects(sent), ["example.com", "Intermediate", "Root"]);
  assertEquals(sent.errors[0]?.certificate, certificateOf(root));
  assertStringIncludes(
    sent.errors[0]?.message ?? "",
    "it is self-signed and not in the trust store, which holds 1 certificate",
  );
  const notSent = await verify([leaf, intermediate], [stranger]);
  assertEquals(notSent.errors[0]?.certificate, certificateOf(intermediate));
  assertStringIncludes(
    notSent.errors[0]?.message ?? "",
    'signed by "CN=Root", whose certificate was neither sent nor is in the trust store',
  );
  assertStringIncludes(notSent.errors[0]?.message ?? "", '"caCerts"');
  const [missing] = notSent.errors;
  assertEquals(
    missing?.hint,
    'If it is the authority\'s root, give it in "caCerts", or a store with it as "trust". If it is one more intermediate, the peer should send it',
  );
  const url = "http://ca.example.com/root.crt";
  const value = sequence(accessDescription("1.3.6.1.5.5.7.48.2", 0x86, url));
  const located = await authority("Located", root, {
    extensions: [{ oid: ExtensionOid.authorityInfoAccess, value }],
  });
  const below = await server(located);
  const further = await verify([below, located], [stranger]);
  assertEquals(further.errors[0]?.hint, `${missing?.hint}: it is at ${url}`);
});

Deno.test("verifyChain() says that a self-signed leaf is not in the store", async () => {
  const own = await server();
  const verdict = await verify([own], [root]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", "it is self-signed");
  assertStringIncludes(
    verdict.errors[0]?.hint ?? "",
    "if it is what you expect",
  );
  const sent = await verify([leaf, intermediate, root], [await authority("A")]);
  assertStringIncludes(
    sent.errors[0]?.hint ?? "",
    "if you trust that authority",
  );
});

Deno.test("verifyChain() distinguishes authorities with the same name and another key", async () => {
  const namesake = await authority("Intermediate");
  const verdict = await verify([leaf], [namesake]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertStringIncludes(
    verdict.errors[0]?.message ?? "",
    'signed by "CN=Intermediate" with another key than the certificate of that name has in the trust store',
  );
});

Deno.test("verifyChain() distinguishes them without key identifiers, by the root that was sent", async () => {
  const extensions = [
    { oid: ExtensionOid.authorityKeyIdentifier, value: sequence() },
  ];
  const renewed = await authority("Intermediate");
  const old = await authority("Intermediate");
  const issued = await server(renewed, { extensions });
  const verdict = await verify([issued, renewed], [old]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertEquals(verdict.errors[0]?.certificate, certificateOf(renewed));
  // Alone, it might as well be forged.
  assertEquals(codes(await verify([issued], [old])), ["bad_signature"]);
});

Deno.test("verifyChain() accepts any certificate of the store as the anchor", async () => {
  const intermediateAnchor = await verify([leaf], [intermediate]);
  assertEquals(codes(intermediateAnchor), []);
  assertEquals(subjects(intermediateAnchor), ["example.com", "Intermediate"]);

  const leafAnchor = await verify([leaf], [leaf]);
  assertEquals(codes(leafAnchor), []);
  assertEquals(subjects(leafAnchor), ["example.com"]);

  const own = await server();
  assertEquals(codes(await verify([own], [own])), []);
  const wrongName = await verify([own], [own], { name: "example.org" });
  assertEquals(codes(wrongName), ["hostname_mismatch"]);
  const old = await server(undefined, past);
  assertEquals(codes(await verify([old], [old], { now })), [
    "certificate_expired",
  ]);
});

Deno.test("verifyChain() finds another path where the first one fails", async () => {
  // "Chain of pain": the new root is self-signed and cross-signed by an old one.
  const oldRoot = await authority("Old root", undefined, past);
  const newRoot = await authority("New root", undefined, valid);
  const crossSigned = await authority("New root", oldRoot, {
    key: newRoot.key,
    ...valid,
  });
  const issued = await server(newRoot, valid);
  const either = await verify([issued, crossSigned], [oldRoot, newRoot], {
    now,
  });
  assertEquals(codes(either), []);
  assertEquals(subjects(either), ["example.com", "New root"]);
  const onlyOld = await verify([issued, crossSigned], [oldRoot], { now });
  assertEquals(codes(onlyOld), ["certificate_expired"]);
  assertEquals(onlyOld.errors[0]?.certificate, certificateOf(oldRoot));
});

Deno.test("verifyChain() prefers the newer of two issuers of one name and key", async () => {
  const older = await authority("Twice", root, {
    notBefore: new Date(Date.now() - 20 * 86_400_000),
  });
  const newer = await authority("Twice", root, {
    key: older.key,
    notBefore: new Date(Date.now() - 10 * 86_400_000),
  });
  const below = await server(older);
  for (const order of [[older, newer], [newer, older]]) {
    const { status, path } = await verify([below, ...order], [root], {
      now: new Date(),
    });
    assertEquals(status, "verified");
    assertEquals(path[1]?.notBefore, certificateOf(newer).notBefore);
  }
});

Deno.test("verifyChain() tries the same name and key under other constraints", async () => {
  const top = await authority("Top", undefined, valid);
  const forbidding = await authority("CA", top, {
    ...valid,
    nameConstraints: { excluded: ["example.com"] },
  });
  const { key } = forbidding;
  const expired = await authority("CA", top, { key, ...past });
  const short = await authority("CA", top, {
    key,
    ...valid,
    keyUsage: ["cRLSign"],
  });
  const good = await authority("CA", top, { key, ...valid });
  const issued = await server(good, valid);
  for (
    const others of [
      [forbidding, expired, short, good],
      [good, short, expired, forbidding],
      [short, good, forbidding, expired],
    ]
  ) {
    const verdict = await verify([issued, ...others], [top], { now });
    assertEquals(codes(verdict), []);
    assertEquals(verdict.path[1], certificateOf(good));
  }
  // The best of the bad ones is the one that is only too old.
  const bad = await verify([issued, forbidding, expired, short], [top], {
    now,
  });
  assertEquals(codes(bad), ["certificate_expired"]);
});

Deno.test("verifyChain() tries the same name with other keys, despite key identifiers", async () => {
  const first = await authority("CA", root);
  const second = await authority("CA", root);
  const wrong = sequence(Uint8Array.of(
    0x80,
    20,
    ...certificateOf(first).extensionValues.subjectKeyIdentifier ?? [],
  ));
  const extensions = [{
    oid: ExtensionOid.authorityKeyIdentifier,
    value: wrong,
  }];
  const issued = await server(second, { extensions });
  const verdict = await verify([issued, first, second], [root]);
  assertEquals(codes(verdict), []);
  assertEquals(verdict.path[1], certificateOf(second));
});

Deno.test("verifyChain() compares names without regard to case and spaces (RFC 5280 section 7.1)", async () => {
  const ca = await authority("Some  CA");
  const same = await authority("some ca", undefined, { key: ca.key });
  assertEquals(codes(await verify([await server(ca)], [same])), []);
});

Deno.test("verifyChain() goes round no circles", async () => {
  const a = await authority("A");
  const b = await authority("B");
  const aByB = await authority("A", b, { key: a.key });
  const bByA = await authority("B", a, { key: b.key });
  const issued = await server(a);
  const lost = await verify([issued, aByB, bByA], [root]);
  assertEquals(codes(lost), ["unknown_issuer"]);
  assertEquals(codes(await verify([issued, aByB, bByA], [b])), []);
  assertEquals(
    subjects(await verify([issued, aByB, bByA], [b])),
    ["example.com", "A", "B"],
  );
});

Deno.test("verifyChain() ties nothing together by empty names", async () => {
  const nameless = await authority("", undefined, { subject: {} });
  const issued = await server(nameless);
  const verdict = await verify([issued], [nameless]);
  assertEquals(codes(verdict), ["unknown_issuer"]);
  assertStringIncludes(verdict.errors[0]?.message ?? "", "name its issuer");
});
