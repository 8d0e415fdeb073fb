import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  secp256r1,
  x25519,
  x25519MlKem768,
} from "../../../crypto/groups/named_groups.ts";
import { makeShares } from "../../../handshake/common/key_shares.ts";

Deno.test("makeShares() offers the classical half of a hybrid alone only where its group is configured", async () => {
  const without = await makeShares([x25519MlKem768, secp256r1]);
  assertEquals([...without.keys()], [x25519MlKem768.id, secp256r1.id]);
  const [hybrid, classical] = [x25519MlKem768.id, x25519.id];
  const both = await makeShares([x25519MlKem768, x25519, secp256r1]);
  assertEquals([...both.keys()], [hybrid, classical, secp256r1.id]);
  assertStrictEquals(both.get(classical), both.get(hybrid)?.classical?.offer);
});
