import { type Codec, struct, uint16, vector } from "../../record/codec.ts";

/** RFC 9258 section 5.1: the identity of an imported PSK. */
export interface ImportedIdentity {
  /** The identity of the external PSK. */
  externalIdentity: Uint8Array;
  /** What the key was made for, or the roles of its holders. */
  context: Uint8Array;
  /** The version that it was imported for. */
  targetProtocol: number;
  /** The KDF of the suites that it was imported for. */
  targetKdf: number;
}

/** RFC 9258 section 5.1. */
export const ImportedIdentity: Codec<ImportedIdentity> = struct(
  "ImportedIdentity",
  {
    externalIdentity: vector(uint16, 1, 2 ** 16 - 1),
    context: vector(uint16, 0, 2 ** 16 - 1),
    targetProtocol: uint16,
    targetKdf: uint16,
  },
);
