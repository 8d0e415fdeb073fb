/**
 * Peers that send their chain with a CA in front.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { tls12 } from "../../handshake/messages/message_kinds_tls12.ts";
import {
  assertRefused,
  editing,
  hostileClient,
  hostileServer,
  type Mischief,
} from "../_hostile_peer.ts";
import { authority, certificate } from "../_pair.ts";

const HINT =
  'The chain is in the wrong order: it begins with the CA "CN=Test CA", and certificate 2 of it, that of "CN=localhost", seems to be the peer\'s own, which has to come first';

const ca = (await authority).identity.chain[0]?.raw ?? new Uint8Array();
const caFirst: Record<"TLSv1.3" | "TLSv1.2", Mischief> = {
  "TLSv1.3": editing(tls13.certificate, (message) => ({
    ...message,
    certificateList: [
      { certData: ca, extensions: {} },
      ...message.certificateList,
    ],
  })),
  "TLSv1.2": editing(tls12.certificate, ({ certificateList }) => ({
    certificateList: [ca, ...certificateList],
  })),
};

for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
  const mischief = caFirst[maxVersion];

  Deno.test(`client says that a chain begins with a CA in ${maxVersion}`, async () => {
    const error = await assertRefused(
      "bad_certificate",
      await hostileServer(mischief, { client: { maxVersion } }),
    );
    assertEquals([error.code, error.hint], ["hostname_mismatch", HINT]);
  });

  Deno.test(`server says that a chain begins with a CA in ${maxVersion}`, async () => {
    const { cert, key } = await certificate();
    const error = await assertRefused(
      "decrypt_error",
      await hostileClient(mischief, {
        client: { maxVersion, cert, key },
        server: { clientAuth: "require" },
      }),
    );
    assertEquals(error.hint, HINT);
  });
}
