import { TlsProtocolError } from "../../errors.ts";
import {
  checked,
  type Codec,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";

/**
 * RFC 6066 section 3. Only the form of `host_name` is known, but
 * "the data structure associated with the host_name NameType is a
 * variable-length vector that begins with a 16-bit length. For backward
 * compatibility, all future data structures associated with new NameTypes MUST
 * begin with a 16-bit length field."
 */
export interface ServerName {
  /** The kind of name; `NameType.host_name` is the only one. */
  nameType: number;
  /** The name in ASCII, without a trailing dot. */
  hostName: Uint8Array;
}

/** RFC 6066 section 3. */
export const ServerName: Codec<ServerName> = struct("ServerName", {
  nameType: uint8,
  hostName: vector(uint16, 1, 2 ** 16 - 1),
});

/** RFC 6066 section 3. */
export type ServerNameList = ServerName[];

/**
 * RFC 6066 section 3: "The ServerNameList MUST NOT contain more than one name
 * of the same name_type."
 */
export const ServerNameList: Codec<ServerNameList> = checked(
  vector(uint16, 1, 2 ** 16 - 1, ServerName),
  (list, name) => {
    if (new Set(list.map((entry) => entry.nameType)).size < list.length) {
      throw new TlsProtocolError(
        "illegal_parameter",
        `Cannot accept ${name}: two names of one type`,
      );
    }
  },
);
