/**
 * Keys and configurations for Encrypted ClientHello (RFC 9849), the options for
 * which are `ech` of clients and of servers.
 *
 * @example A key that lasts, and what goes into the DNS
 * ```ts
 * import { echConfig } from "@x/tls/ech";
 * import { assert } from "@std/assert";
 *
 * const { pem, svcParam } = await echConfig({ publicName: "public.example" });
 * assert(pem.startsWith("-----BEGIN PRIVATE KEY-----"));
 * const record = `secret.example. HTTPS 1 . alpn="h2" ech="${svcParam}"`;
 * assert(record.includes("AEn+DQBF"));
 * ```
 *
 * @module
 */

export {
  echConfig,
  type EchConfigFile,
  type EchConfigOptions,
} from "./make.ts";
export { type EchConfigInfo, echConfigs } from "./configs.ts";
export { openClientHello } from "./open_client_hello.ts";
export type {
  OpenClientHelloOptions,
  OpenedClientHello,
} from "./opened_client_hello.ts";
export {
  type HttpsService,
  lookupHttps,
  type LookupHttpsOptions,
} from "./lookup.ts";
export type { ServiceBinding, ServiceParams } from "./service_binding.ts";
export {
  encodeServiceBinding,
  formatServiceBinding,
  parseServiceBinding,
} from "./service_bindings.ts";
