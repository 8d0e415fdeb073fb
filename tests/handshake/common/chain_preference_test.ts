import { assertEquals } from "@std/assert";
import {
  byChainWishes,
  type ChainWishes,
} from "../../../handshake/common/chain_preference.ts";
import type { LocalIdentity } from "../../../handshake/common/local_identity.ts";
import { SignatureScheme } from "../../../registry.ts";
import { issueCertificate } from "../../../x509/issue/issue.ts";
import { authority, certificate } from "../../_pair.ts";

const alone = await issueCertificate({ names: ["localhost"] });
const ofRsa = await issueCertificate({
  ca: true,
  names: ["RSA CA"],
  keyType: "rsa-2048",
});
const identities: Record<string, LocalIdentity> = {
  ofEcdsa: (await certificate()).identity,
  ofRsa: (await issueCertificate({ names: ["localhost"], issuer: ofRsa }))
    .identity,
  alone: alone.identity,
};
const { ecdsa_secp256r1_sha256, rsa_pkcs1_sha256 } = SignatureScheme;
const ecdsaCa = (await authority).identity.chain[0]?.subjectName.raw ??
  new Uint8Array();

function order(wishes: ChainWishes): string[] {
  const ordered = byChainWishes(Object.values(identities), wishes);
  return ordered.map((identity) =>
    Object.keys(identities).find((name) => identities[name] === identity) ?? ""
  );
}

// RFC 9846 section 4.5.1.2: "All certificates provided by the sender MUST be
// signed by a signature algorithm advertised by the peer, if it is able to
// provide such a chain". "Certificates that are self-signed [...] MAY be signed
// with any algorithm."
for (
  const [name, wishes, expected] of [
    [
      "keeps the order for a peer without wishes",
      { schemes: undefined, authorities: [] },
      ["ofEcdsa", "ofRsa", "alone"],
    ],
    [
      "has chains first whose schemes the peer has",
      { schemes: [rsa_pkcs1_sha256], authorities: [] },
      ["ofRsa", "alone", "ofEcdsa"],
    ],
    [
      "takes any of several schemes",
      { schemes: [rsa_pkcs1_sha256, ecdsa_secp256r1_sha256], authorities: [] },
      ["ofEcdsa", "ofRsa", "alone"],
    ],
    [
      "takes self-signed ones for as good, whatever the schemes",
      { schemes: [], authorities: [] },
      ["alone", "ofEcdsa", "ofRsa"],
    ],
    [
      "has schemes count for more than authorities",
      { schemes: [rsa_pkcs1_sha256], authorities: [ecdsaCa] },
      ["ofRsa", "alone", "ofEcdsa"],
    ],
  ] as const
) {
  Deno.test(`byChainWishes() ${name}`, () => {
    assertEquals(order(wishes), [...expected]);
  });
}

Deno.test("byChainWishes() has chains of the peer's authorities first", () => {
  const ofRsaAlone = identities.ofRsa?.chain.at(-1)?.issuerName.raw;
  if (ofRsaAlone === undefined) throw new TypeError("no chain");
  assertEquals(order({ schemes: undefined, authorities: [ofRsaAlone] }), [
    "ofRsa",
    "ofEcdsa",
    "alone",
  ]);
});
