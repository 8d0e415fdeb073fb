import { type Codec, struct } from "../../record/codec.ts";
import { type Extensions, extensions } from "./extensions.ts";

/** RFC 8446 section 4.3.1. */
export interface EncryptedExtensions {
  /** The answers that do not belong to one certificate. */
  extensions: Extensions<"EncryptedExtensions">;
}

/** RFC 8446 section 4.3.1. */
export const EncryptedExtensions: Codec<EncryptedExtensions> = struct(
  "EncryptedExtensions",
  { extensions: extensions("EncryptedExtensions") },
);
