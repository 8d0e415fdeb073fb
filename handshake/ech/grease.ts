/**
 * GREASE ECH (RFC 9849 section 6.2): an extension that looks like Encrypted
 * ClientHello and is none, where a client has no configuration of the server.
 *
 * @module
 */

import { TAG_LENGTH } from "../../crypto/hpke/hpke.ts";
import { x25519 } from "../../crypto/groups/named_groups.ts";
import { encode } from "../../record/codec.ts";
import { HpkeAead, HpkeKdf } from "../../registry.ts";
import { type ClientOffer, finishOffer } from "../common/client_hello.ts";
import type { ClientConfig } from "../common/config.ts";
import type { Established } from "../common/established.ts";
import type { ClientHandshake, EchAttempt } from "../common/flow.ts";
import { ECHClientHello } from "../messages/ech_client_hello.ts";
import { encodeInner } from "./encoded_inner.ts";
import { makeInner } from "./hellos.ts";
import { Rejected } from "./rejected.ts";

/** Sends the extension, and ignores what the server says of it. */
export class GreaseAttempt implements EchAttempt {
  readonly sessionConfig: ClientConfig;
  readonly #config: ClientConfig;

  constructor(config: ClientConfig) {
    this.#config = config;
    this.sessionConfig = config;
  }

  async hide(
    made: ClientOffer,
  ): Promise<{ offer: ClientOffer; sent: Uint8Array }> {
    const extensions = {
      ...made.hello.extensions,
      encrypted_client_hello: await this.#extension(made),
    };
    const hello = { ...made.hello, extensions };
    const { shares, psks, session } = made;
    const offer = finishOffer(hello, shares, psks, session);
    return { offer, sent: offer.raw };
  }

  async complete(
    hs: ClientHandshake,
    run: (hs: ClientHandshake) => Promise<Established>,
  ): Promise<Established> {
    const established = await run({ ...hs, ech: new Rejected() });
    return { ...established, ech: "grease" };
  }

  /** Section 6.2.1, "Client Greasing": a key that is one, and all else random. */
  async #extension(made: ClientOffer): Promise<Uint8Array> {
    const { random, keyRandom, serverName } = this.#config;
    const { offer, shared } = makeInner(this.#config, made);
    const { length } = encodeInner(offer.raw, shared, {
      maximumNameLength: 0,
      nameLength: serverName?.length,
    });
    const [configId = 0, choice = 0] = random(2);
    const { share: enc } = await x25519.offer(keyRandom);
    return encode(ECHClientHello, {
      cipherSuite: {
        kdfId: HpkeKdf["HKDF-SHA256"],
        aeadId: choice % 2 === 0
          ? HpkeAead["AES-128-GCM"]
          : HpkeAead.ChaCha20Poly1305,
      },
      configId,
      enc,
      payload: random(length + TAG_LENGTH),
    });
  }
}
