/**
 * `caCerts` before the default store, where that is Mozilla's list alone.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ClientOptions } from "../../connection/options/options.ts";
import { Certificate } from "../../x509/certificate/certificate.ts";
import { clientConfigOf } from "../_contexts.ts";
import { authority } from "../_pair.ts";

const { cert } = await authority;

/** Without its variables the environment names no other store. */
const permissions = { env: false, read: true };

Deno.test(
  "caCerts are looked into before the default store, but for subjects with a date of distrust",
  { permissions },
  async () => {
    const { trust } = await clientConfigOf({
      serverName: "localhost",
      caCerts: [cert],
    });
    const [authority] = Certificate.fromPem(cert);
    assert(authority !== undefined && trust.ownStore !== undefined);
    assertEquals(trust.ownStore.store.has(authority), true);
    assertEquals(trust.ownStore.store.size, 1);
    assertEquals(trust.ownStore.isEnough([authority]), true);
    const store = await trust.store();
    const dated = store.certificates.find((root) => store.distrustAfter(root));
    assert(dated !== undefined);
    assertEquals(trust.ownStore.isEnough([authority, dated]), false);
    assertEquals(store.has(authority), true);
  },
);

Deno.test(
  "caCerts are looked into with the default store where something is fetched for a path",
  { permissions },
  async () => {
    for (
      const options of [
        { crls: () => [] },
        { ocsp: () => undefined },
        { issuers: () => [] },
        { caCerts: [] },
      ] satisfies ClientOptions[]
    ) {
      const { trust } = await clientConfigOf({
        serverName: "localhost",
        caCerts: [cert],
        ...options,
      });
      assertEquals(trust.ownStore, undefined);
    }
  },
);
