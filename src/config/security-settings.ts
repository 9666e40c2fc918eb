/** The settings of `[security]`: who may use the relay, and how much. */
import { boolean, integer, list, path, secret } from "./setting.ts";

const day = 86_400;

export const security = {
  requireBearerAuth: boolean(
    "REQUIRE_BEARER_AUTH",
    true,
    "Refuse requests without the relay token. `--no-auth` sets it to `false`.",
    { flag: "no-auth" },
  ),
  bearerToken: secret(
    "BEARER_TOKEN",
    "The relay token itself, instead of the one in `security.bearer_token_file`. Never written to a file.",
  ),
  bearerTokenFile: path("BEARER_TOKEN_FILE", "relay-token", "The file with the relay token.", {
    flag: "bearer-token-file",
    inDataDir: true,
  }),
  autoGenerateBearerToken: boolean(
    "AUTO_GENERATE_BEARER_TOKEN",
    false,
    "Let `airelays serve` create the relay token when there is none.",
  ),
  allowedOrigins: list(
    "origins",
    "ALLOWED_ORIGINS",
    "Web pages and desktop apps that may use the relay, by their exact origin. All others are refused, those of this machine too.",
  ),
  allowedHosts: list(
    "hosts",
    "ALLOWED_HOSTS",
    "Further names under which the relay may be asked for, such as the one of a proxy in front. Loopback names and the listening address always may.",
  ),
  rateLimitPerMinute: integer(
    "RATE_LIMIT_PER_MINUTE",
    120,
    "Requests a minute that one address, and one token, may make in the long run.",
    { unit: "requests", min: 1, max: 1_000_000 },
  ),
  rateLimitBurst: integer(
    "RATE_LIMIT_BURST",
    40,
    "Requests that each may make at once before the rate applies.",
    { unit: "requests", min: 1, max: 1_000_000 },
  ),
  concurrentRequestsPerIp: integer(
    "CONCURRENT_REQUESTS_PER_IP",
    8,
    "Requests of one address, and of one token, that may run at the same time, streams to their end.",
    { unit: "requests", min: 1, max: 10_000 },
  ),
  failedAuthWindowSeconds: integer(
    "FAILED_AUTH_WINDOW_SECONDS",
    300,
    "The time in which wrong relay tokens of one address are counted.",
    { unit: "seconds", min: 1, max: day },
  ),
  failedAuthMaxAttempts: integer(
    "FAILED_AUTH_MAX_ATTEMPTS",
    8,
    "Wrong relay tokens in that time that block the address.",
    { unit: "attempts", min: 1, max: 1_000_000 },
  ),
  failedAuthBlockSeconds: integer(
    "FAILED_AUTH_BLOCK_SECONDS",
    900,
    "How long a block lasts. The right token is let in all the same.",
    { unit: "seconds", min: 1, max: day },
  ),
  trustedProxies: list(
    "addresses",
    "TRUSTED_PROXIES",
    "Proxies of your own, of which `X-Forwarded-For` is believed for limits and the log, from right to left.",
  ),
  trustXForwardedFor: boolean(
    "TRUST_X_FORWARDED_FOR",
    false,
    "The same for a proxy on this machine: `127.0.0.0/8` and `::1` are trusted proxies.",
  ),
} as const;
