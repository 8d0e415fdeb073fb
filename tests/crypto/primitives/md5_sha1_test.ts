import { assertEquals } from "@std/assert";
import { md5, sha1 } from "../../../crypto/primitives/hash.ts";
import { md5Sha1 } from "../../../crypto/primitives/md5_sha1.ts";

const data = new TextEncoder().encode("ClientHello, ServerHello, Certificate");

Deno.test("md5Sha1 is MD5 and then SHA-1 (RFC 4346 section 7.4.9)", () => {
  const digest = md5Sha1.digest(data);
  assertEquals(digest.length, 36);
  assertEquals(digest.subarray(0, 16), md5.digest(data));
  assertEquals(digest.subarray(16), sha1.digest(data));
});

Deno.test("md5Sha1 can be asked in between, and branched", () => {
  const running = md5Sha1.create().update(data.subarray(0, 10));
  assertEquals(running.digest(), md5Sha1.digest(data.subarray(0, 10)));
  const branch = running.clone();
  running.update(data.subarray(10));
  assertEquals(running.digest(), md5Sha1.digest(data));
  assertEquals(branch.digest(), md5Sha1.digest(data.subarray(0, 10)));
});
