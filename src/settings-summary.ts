/** The settings as `airelays status --json` and `/v1/relay/status` show them; the names are the ancestor's. */
import { join } from "node:path";
import type { TokenSource } from "./access/tokens.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { JsonObject } from "./protocol/json.ts";
import { connectable, inUrl } from "./server/addresses.ts";

/** Where clients reach a relay that listens there. */
export function clientBaseUrl({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): string {
  return `http://${inUrl(connectable(host))}:${port}/v1`;
}

export async function settingsSummary(
  { config, path, exists }: LoadedConfig,
  tokens: Pick<TokenSource, "current">,
): Promise<JsonObject> {
  const { server, paths, auth, security, uploads } = config;
  const { token, source, fingerprint } = await tokens.current();
  return {
    app_name: "AIRelays",
    config_path: path,
    config_exists: exists,
    host: server.host,
    port: server.port,
    allow_network: server.allowNetwork,
    auth_storage_mode: auth.storage,
    data_dir: paths.dataDir,
    auth_file: join(paths.dataDir, "auth.json"),
    logs_dir: paths.logsDir,
    browser_open: auth.browserOpen,
    require_bearer_auth: security.requireBearerAuth,
    bearer_token_file: security.bearerTokenFile,
    bearer_token_present: token !== undefined,
    bearer_token_source: source ?? null,
    bearer_token_fingerprint: fingerprint ?? null,
    auto_generate_bearer_token: security.autoGenerateBearerToken,
    rate_limit_per_minute: security.rateLimitPerMinute,
    rate_limit_burst: security.rateLimitBurst,
    concurrent_requests_per_ip: security.concurrentRequestsPerIp,
    failed_auth_window_seconds: security.failedAuthWindowSeconds,
    failed_auth_max_attempts: security.failedAuthMaxAttempts,
    failed_auth_block_seconds: security.failedAuthBlockSeconds,
    allowed_origins: security.allowedOrigins,
    allowed_hosts: security.allowedHosts,
    trusted_proxies: security.trustedProxies,
    trust_x_forwarded_for: security.trustXForwardedFor,
    max_upload_bytes: uploads.maxUploadBytes,
    max_total_upload_bytes: uploads.maxTotalUploadBytes,
    client_base_url: clientBaseUrl(server),
  };
}
