import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  authority,
  certificateOf,
  codes,
  server,
  verify,
} from "../_authority.ts";
import {
  certId,
  extension,
  GOOD,
  makeOcspResponse,
  single,
} from "../_revocation.ts";
import { timestampOf } from "../_timestamp.ts";
import { octetString } from "../../../x509/asn1/der.ts";
import { OcspResponse } from "../../../x509/status/ocsp.ts";

const root = await authority("Root");
const leaf = await server(root);

/** A log, and what it promised to the leaf. */
async function log(time?: number) {
  const { key, sct } = await timestampOf(certificateOf(leaf), time);
  return { key, list: Uint8Array.of(0, sct.length + 2, 0, sct.length, ...sct) };
}

Deno.test("verifyChain() with ctLogs requires a timestamp of a known log", async () => {
  const { key, list } = await log();
  const ctLogs = [{ key }];
  const seen = await verify([leaf], [root], {
    ctLogs,
    signedCertificateTimestamps: list,
  });
  assertEquals(codes(seen), []);
  const items = await verify([leaf], [root], {
    ctLogs,
    signedCertificateTimestamps: [list.subarray(4)],
  });
  assertEquals(codes(items), []);
  const none = await verify([leaf], [root], { ctLogs });
  assertEquals(codes(none), ["sct_required"]);
  assertStringIncludes(
    none.errors[0]?.message ?? "",
    "it came without signed certificate timestamps",
  );
  const other = await verify([leaf], [root], {
    ctLogs: [{ key: (await log()).key }],
    signedCertificateTimestamps: list,
  });
  assertEquals(codes(other), ["sct_required"]);
  assertStringIncludes(other.errors[0]?.message ?? "", "counts: unknown log");
});

Deno.test("verifyChain() with ctLogs accepts the timestamps of an OCSP response", async () => {
  const { key, list } = await log();
  const [thisUpdate, nextUpdate] = [-1, 1].map((days) =>
    new Date(Date.now() + days * 86_400_000)
  );
  const timestamps = extension("1.3.6.1.4.1.11129.2.4.5", octetString(list));
  for (
    const [extensions, expected] of [
      [[timestamps], []],
      [[], ["sct_required"]],
    ] as const
  ) {
    const der = await makeOcspResponse({
      responder: root,
      ...thisUpdate && { producedAt: thisUpdate },
      singles: [
        single(certId(certificateOf(leaf), certificateOf(root)), GOOD, {
          ...thisUpdate && { thisUpdate },
          ...nextUpdate && { nextUpdate },
          extensions: [...extensions],
        }),
      ],
    });
    const verdict = await verify([leaf], [root], {
      ctLogs: [{ key }],
      ocspResponse: OcspResponse.parse(der),
    });
    assertEquals(codes(verdict), [...expected]);
    assertEquals(verdict.warnings, []);
  }
});

Deno.test("verifyChain() with ctLogs refuses a timestamp of the future or of another certificate", async () => {
  const { key, list } = await log(Date.now() + 3_600_000);
  const early = await verify([leaf], [root], {
    ctLogs: [{ key }],
    signedCertificateTimestamps: list,
  });
  assertEquals(codes(early), ["sct_required"]);
  assertStringIncludes(early.errors[0]?.message ?? "", "in the future");
  const past = await log();
  const another = await verify([await server(root)], [root], {
    ctLogs: [{ key: past.key }],
    signedCertificateTimestamps: past.list,
  });
  assertStringIncludes(another.errors[0]?.message ?? "", "bad signature");
});

Deno.test("verifyChain() with ctLogs asks nothing of an anchor", async () => {
  const { key } = await log();
  const own = await server();
  assertEquals(codes(await verify([own], [own], { ctLogs: [{ key }] })), []);
});

Deno.test("verifyChain() throws for ctLogs without keys", async () => {
  const ctLogs = [{ key: new Uint8Array(3) }];
  await assertRejects(
    () => verify([leaf], [root], { ctLogs }),
    TypeError,
    "Cannot use ctLogs[0]",
  );
});
