import { TlsProtocolError } from "../../errors.ts";
import {
  checked,
  type Codec,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";

/** RFC 7301 section 3.1: names of protocols, opaque and not empty. */
export type ProtocolNameList = Uint8Array[];

/** RFC 7301 section 3.1. */
export const ProtocolNameList: Codec<ProtocolNameList> = vector(
  uint16,
  2,
  2 ** 16 - 1,
  vector(uint8, 1, 2 ** 8 - 1),
);

/**
 * RFC 7301 section 3.1, in the server's answer: "the "ProtocolNameList" MUST
 * contain exactly one "ProtocolName"."
 */
export const SelectedProtocolName: Codec<ProtocolNameList> = checked(
  ProtocolNameList,
  (list, name) => {
    if (list.length !== 1) {
      throw new TlsProtocolError(
        "decode_error",
        `Cannot decode ${name}: expected 1 protocol name, got ${list.length}`,
      );
    }
  },
);
