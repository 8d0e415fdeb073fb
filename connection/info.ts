/**
 * What a connection tells of itself: types only.
 *
 * @module
 */

export type {
  Authorization,
  ConnectionInfo,
  HandshakeTiming,
} from "../handshake/common/connection_info.ts";
