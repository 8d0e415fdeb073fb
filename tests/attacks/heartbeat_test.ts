import { ContentType } from "../../registry.ts";
import { assertRefused, hostileClient } from "../_hostile_peer.ts";

/** RFC 6520 section 4: heartbeat_request with a payload_length of 16,384. */
const HEARTBEAT = 24;
const REQUEST = Uint8Array.of(1, 0x40, 0x00, ...new Uint8Array(16));

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`a heartbeat record ends the connection, ${maxVersion}`, async () => {
    let count = 0;
    await assertRefused(
      "unexpected_message",
      await hostileClient({
        // Behind the ClientHello, where the server waits for the client.
        record: (type, bytes) =>
          type === ContentType.handshake && ++count === 2
            ? [[HEARTBEAT, REQUEST], [type, bytes]]
            : undefined,
      }, { server: { maxVersion } }),
    );
  });
}
