/** The settings in force, as `airelays status` shows them. */
import type { LoadedConfig } from "../config/load.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Field } from "./render.ts";

export function relayFields(
  { config, path, exists, origins }: LoadedConfig,
  relay: JsonObject,
): Field[] {
  const { server, paths, security } = config;
  const changed = Object.entries(origins).filter(([, origin]) =>
    /^(flag|environment)/.test(origin),
  );
  const hasToken = relay["bearer_token_present"] === true;
  return [
    { label: "Config file", value: `${path}${exists ? "" : " (not written yet)"}` },
    ...changed.map(
      ([key, origin]): Field => ({ label: "Overridden", value: `${key}, by ${origin}` }),
    ),
    {
      label: "Address",
      value: `${server.host}, ${server.port === 0 ? "a free port at each start" : `port ${server.port}`}`,
    },
    { label: "Data folder", value: paths.dataDir },
    { label: "Transit log", value: `${paths.logsDir} (${config.logging.content})` },
    ...(security.requireBearerAuth
      ? [
          {
            label: "Relay token",
            value: hasToken ? `present, from ${String(relay["bearer_token_source"])}` : "missing",
            tone: hasToken ? "good" : "bad",
          } as const,
        ]
      : [{ label: "Relay token", value: "disabled", tone: "warn" } as const]),
    {
      label: "Rate limit",
      value: `${security.rateLimitPerMinute}/min, burst ${security.rateLimitBurst}`,
    },
    { label: "Concurrent", value: `${security.concurrentRequestsPerIp} per address` },
  ];
}
