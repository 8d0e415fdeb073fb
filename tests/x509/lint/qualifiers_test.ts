import { assertEquals } from "@std/assert";
import {
  ia5String,
  oid,
  sequence,
  utf8String,
} from "../../../x509/asn1/der.ts";
import { qualifiersOf, USER_NOTICE } from "../../../x509/lint/qualifiers.ts";

/** What is read of one user notice. */
function noticeOf(...notice: Uint8Array[]) {
  const qualifiers = sequence(sequence(oid(USER_NOTICE), ...notice));
  const certificatePolicies = [{ oid: "1.2.3", qualifiers }];
  return qualifiersOf({ certificatePolicies });
}

// RFC 5280 section 4.2.1.4: both parts of UserNotice are OPTIONAL.
Deno.test("qualifiersOf() reads user notices with and without a text", () => {
  const bare = { policy: "1.2.3", oid: USER_NOTICE };
  const reference = sequence(utf8String("somebody"), sequence());
  assertEquals(noticeOf(), [bare]);
  assertEquals(noticeOf(sequence()), [bare]);
  assertEquals(noticeOf(sequence(reference)), [bare]);
  const text = utf8String("read this");
  const said = { ...bare, text: "read this", isIa5Text: false };
  assertEquals(noticeOf(sequence(text)), [said]);
  assertEquals(noticeOf(sequence(reference, text)), [said]);
  assertEquals(
    noticeOf(sequence(ia5String("read this"))),
    [{ ...said, isIa5Text: true }],
  );
});
