import { type Codec, struct } from "../../record/codec.ts";
import { type Extensions, extensions } from "./extensions.ts";

/** RFC 9846 section 4.4.1. */
export interface EncryptedExtensions {
  /** The answers that do not belong to one certificate. */
  extensions: Extensions<"EncryptedExtensions">;
}

/** RFC 9846 section 4.4.1. */
export const EncryptedExtensions: Codec<EncryptedExtensions> = struct(
  "EncryptedExtensions",
  { extensions: extensions("EncryptedExtensions") },
);
