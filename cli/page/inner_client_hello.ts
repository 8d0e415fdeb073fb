/**
 * ClientHelloInner (RFC 9849), opened with the secret that the key log has.
 *
 * @module
 */

import { keySchedule } from "../../crypto/hpke/hpke.ts";
import { kemById } from "../../crypto/hpke/kem.ts";
import { decodeInner } from "../../handshake/ech/encoded_inner.ts";
import { hpkeInfo, payloadIn } from "../../handshake/ech/outer_payload.ts";
import { ClientHello } from "../../handshake/messages/client_hello.ts";
import { ECHClientHello } from "../../handshake/messages/ech_client_hello.ts";
import {
  encodeEchConfigList,
  readEchConfigList,
} from "../../handshake/messages/ech_config.ts";
import { decode } from "../../record/codec.ts";
import type { Secrets } from "./secrets.ts";

/**
 * Opens a ClientHelloOuter.
 *
 * @param raw The message, header included.
 * @returns ClientHelloInner, header included; `undefined` if there is none, or
 * the secrets are not those of this message.
 */
export async function innerClientHello(
  secrets: Secrets,
  raw: Uint8Array,
): Promise<Uint8Array | undefined> {
  const random = raw.slice(6, 38);
  const secret = secrets.find("ECH_SECRET", random);
  const logged = secrets.find("ECH_CONFIG", random);
  if (secret === undefined || logged === undefined) return undefined;
  const [item] = readEchConfigList(encodeEchConfigList([logged.secret]));
  const kem = kemById(item?.config?.contents.keyConfig.kemId ?? 0);
  const body = raw.slice(4);
  const { extensions } = decode(ClientHello, body, "ClientHello");
  const extension = extensions.encrypted_client_hello;
  if (extension === undefined || kem === undefined) return undefined;
  const outer = decode(ECHClientHello, extension, "encrypted_client_hello");
  if (outer === "inner") return undefined;
  const { cipherSuite, payload, enc } = outer;
  const ciphertext = payload.slice();
  const info = hpkeInfo(logged.secret);
  const context = await keySchedule(kem, cipherSuite, secret.secret, info);
  payloadIn(body)?.fill(0);
  // The second message of a context has no key of its own in it.
  if (enc.length === 0) await context.open(body, ciphertext);
  const encoded = await context.open(body, ciphertext);
  return encoded && decodeInner(encoded, raw.slice(4)).raw;
}
