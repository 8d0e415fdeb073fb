import { assertEquals, assertThrows } from "@std/assert";
import { TlsError, TlsProtocolError } from "../../../errors.ts";
import { ECH_CONFIG, readEchPem } from "../../../handshake/ech/pem.ts";
import { sequence } from "../../../x509/asn1/der.ts";
import { formatPem } from "../../../x509/asn1/pem.ts";

// RFC 9934 section 3.
Deno.test("readEchPem() tells a malformed list from a malformed key", () => {
  const list = formatPem(ECH_CONFIG, Uint8Array.of(0, 9, 1));
  const key = formatPem("PRIVATE KEY", sequence());
  const ofList = assertThrows(() => readEchPem(list), TlsError);
  assertEquals(ofList.code, "malformed_pem");
  assertEquals(ofList.cause instanceof TlsProtocolError, true);
  const ofKey = assertThrows(() => readEchPem(key + list), TlsError);
  assertEquals(ofKey.code, "malformed_key");
  assertEquals(
    assertThrows(() => readEchPem(key), TlsError).code,
    "malformed_pem",
  );
});
