import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TlsProtocolError } from "../../../errors.ts";
import {
  noCommonProtocol,
  selectedProtocol,
} from "../../../handshake/common/negotiate.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

// RFC 7301 section 3.1: the list of a server "MUST contain exactly one
// "ProtocolName"".
Deno.test("selectedProtocol() takes exactly one, of those that were offered", () => {
  const offered = ["h2", "http/1.1"];
  assertEquals(selectedProtocol(offered, undefined), undefined);
  assertEquals(selectedProtocol(offered, [bytes("http/1.1")]), "http/1.1");
  for (
    const selected of [
      [],
      [bytes("h3")],
      [bytes("h2"), bytes("http/1.1")],
      [bytes("h2"), bytes("h2")],
    ]
  ) {
    const error = assertThrows(
      () => selectedProtocol(offered, selected),
      TlsProtocolError,
    );
    assertEquals(error.alert, "illegal_parameter");
  }
});

Deno.test("noCommonProtocol() names ten of the client's, and ours", () => {
  const many = Array.from({ length: 11 }, (_, at) => `p${at}`);
  const ten = many.slice(0, 10);
  assertStringIncludes(
    noCommonProtocol(["h2", "h3"], ten).message,
    `offers ${ten.join(", ")}, here there is h2, h3`,
  );
  const error = noCommonProtocol([], many);
  assertStringIncludes(
    error.message,
    `offers ${ten.join(", ")}, …, here there is none`,
  );
  assertEquals(error.alert, "no_application_protocol");
  assertEquals(error.code, "no_common_alpn_protocol");
});
