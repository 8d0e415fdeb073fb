/**
 * What `info` of a connection has: types only.
 *
 * @module
 */

export type {
  Authorization,
  ConnectionInfo,
  HandshakeTiming,
} from "../handshake/common/connection_info.ts";
