import { TlsProtocolError } from "../../errors.ts";
import { checked, type Codec, struct, uint8 } from "../../record/codec.ts";
import { KeyUpdateRequest } from "../../registry.ts";

/** RFC 9846 section 4.7.3. */
export interface KeyUpdate {
  /** Of `KeyUpdateRequest`: whether the peer is to update its keys too. */
  requestUpdate: number;
}

/**
 * RFC 9846 section 4.7.3: "If an implementation receives any other value, it
 * MUST terminate the connection with an "illegal_parameter" alert."
 */
export const KeyUpdate: Codec<KeyUpdate> = struct("KeyUpdate", {
  requestUpdate: checked(uint8, (value, name) => {
    if (
      value !== KeyUpdateRequest.update_not_requested &&
      value !== KeyUpdateRequest.update_requested
    ) {
      throw new TlsProtocolError(
        "illegal_parameter",
        `Cannot accept ${name}: unknown value ${value}`,
      );
    }
  }),
});
