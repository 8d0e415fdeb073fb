/**
 * Connections that fetch what a peer leaves out: `crls`, `ocsp`, `issuers`, and a
 * server that fetches its staple.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { oid, sequence, tlv } from "../../x509/asn1/der.ts";
import { fetchCrls } from "../../x509/fetch/fetch_crls.ts";
import { fetchIssuers } from "../../x509/fetch/fetch_issuers.ts";
import { fetchOcsp } from "../../x509/fetch/fetch_ocsp.ts";
import { issueCertificate } from "../../x509/issue/issue.ts";
import { authority, outcomes, pair, tlsError } from "../_pair.ts";
import { fileServer } from "../x509/_http.ts";
import {
  certId,
  certificateOf,
  entry,
  GOOD,
  makeCrl,
  makeOcspResponse,
  single,
} from "../x509/_revocation.ts";

const local = { allowPrivateAddresses: true };
const DAY = 86_400_000;
const current = {
  thisUpdate: new Date(Date.now() - DAY),
  nextUpdate: new Date(Date.now() + DAY),
};

Deno.test("connections fetch lists, responses and issuers if the options say so", async () => {
  const files: Record<string, Uint8Array> = {};
  await using http = fileServer(files);
  const sub = await issueCertificate({
    ca: true,
    subject: "Sub",
    issuer: await authority,
  });
  const leaf = await issueCertificate({
    names: ["localhost"],
    issuer: sub,
    crlUrls: [`${http.url}/sub.crl`],
    extensions: [{
      oid: "1.3.6.1.5.5.7.1.1",
      value: sequence(
        ...[["1", "ocsp"], ["2", "sub.cer"]].map(([method, path]) =>
          sequence(
            oid(`1.3.6.1.5.5.7.48.${method}`),
            tlv(0x86, new TextEncoder().encode(`${http.url}/${path}`)),
          )
        ),
      ),
    }],
  });
  const [certificate, issuer] = [leaf, sub].map(certificateOf);
  assert(certificate && issuer);
  files["/sub.cer"] = issuer.raw;
  files["/sub.crl"] = await makeCrl(sub, current);
  files["*"] = await makeOcspResponse({
    singles: [single(certId(certificate, issuer), GOOD, current)],
    responder: sub,
  });
  const { identity } = leaf;
  const lonely = { chain: identity.chain.slice(0, 1), key: identity.key };
  const bare = { cert: undefined, key: undefined };
  const forgetful = { ...bare, certificates: [lonely] };

  {
    await using ends = await pair({}, forgetful);
    assertEquals(
      tlsError((await outcomes(ends)).client).code,
      "unknown_issuer",
    );
  }
  assertEquals(http.requests, []);
  {
    await using ends = await pair({ issuers: fetchIssuers(local) }, forgetful);
    assertEquals((await outcomes(ends)).client, undefined);
    assertEquals(ends.client.info.verifiedChain.length, 3);
  }
  {
    await using ends = await pair({
      issuers: fetchIssuers(local),
      crls: fetchCrls(local),
      ocsp: fetchOcsp(local),
      requireOcsp: true,
    }, forgetful);
    assertEquals((await outcomes(ends)).client, undefined);
  }
  const full = { ...bare, certificates: [identity] };
  {
    await using ends = await pair({ requireOcsp: true }, {
      ...full,
      onOcspRequest: fetchOcsp(local),
    });
    assertEquals((await outcomes(ends)).client, undefined);
    assertEquals(ends.client.info.ocspResponse, files["*"]);
  }
  {
    files["/sub.crl"] = await makeCrl(sub, {
      ...current,
      entries: [entry(certificate)],
    });
    await using ends = await pair({ crls: fetchCrls(local) }, full);
    assertEquals(
      tlsError((await outcomes(ends)).client).code,
      "certificate_revoked",
    );
  }
  {
    // A server asks about its clients in the same way.
    await using ends = await pair({ certificates: [identity] }, {
      clientAuth: "require",
      crls: fetchCrls(local),
    });
    assertEquals(
      tlsError((await outcomes(ends)).server).code,
      "certificate_revoked",
    );
  }
});
