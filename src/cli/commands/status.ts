/** `airelays status`: what is configured and who is signed in. Local: asks no server. */
import type { AuthStatus } from "../../auth/auth-status.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { usagePath } from "../../local-state.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { relayTokens } from "../../relay.ts";
import { settingsSummary } from "../../settings-summary.ts";
import { createSignIn } from "../../sign-in.ts";
import { type DayUsage, dayOf, readDayUsage } from "../../storage/usage-tally.ts";
import { clientSetup, clientSetupFields, serveCommand } from "../client-setup.ts";
import { has, loadFor, note, type Run } from "../context.ts";
import { type Field, formatJson, formatSection, formatSteps, formatTitle } from "../render.ts";

export const status: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const { session } = createSignIn(loaded.config, runtime, (text) => note(io, text));
  const [auth, relay, usage] = await Promise.all([
    session.status(),
    settingsSummary(loaded, relayTokens(loaded, runtime)),
    readDayUsage(usagePath(loaded.config), dayOf(runtime.clock.now())),
  ]);
  const steps = nextSteps(loaded, relay, auth);
  if (has(args, "json")) {
    io.stdout(
      formatJson({
        relay,
        auth,
        usage,
        client: clientSetup(loaded, undefined),
        origins: loaded.origins,
        notices: loaded.notices,
        next_steps: steps,
      }),
    );
    return;
  }
  const colors = io.stdoutColors;
  io.stdout(
    formatTitle("AIRelays status", colors) +
      formatSection("Relay", relayFields(loaded, relay), colors) +
      formatSection("Sign-in", authFields(auth), colors) +
      (usage.requests === 0 ? "" : formatSection("Today (UTC)", usageFields(usage), colors)) +
      formatSection("Client setup", clientSetupFields(loaded, undefined), colors) +
      formatSteps(steps, colors),
  );
};

function usageFields({ requests, input_tokens, cached_tokens, output_tokens }: DayUsage): Field[] {
  const share = input_tokens === 0 ? 0 : Math.round((cached_tokens / input_tokens) * 100);
  return [
    { label: "Answers", value: requests },
    { label: "Input tokens", value: `${input_tokens}, ${share} % of them from the cache` },
    { label: "Output tokens", value: output_tokens },
  ];
}

function nextSteps(loaded: LoadedConfig, relay: JsonObject, auth: AuthStatus): string[] {
  const needsToken =
    loaded.config.security.requireBearerAuth && relay["bearer_token_present"] !== true;
  const steps = [
    ...(needsToken ? ["airelays init"] : []),
    ...(auth.ready_for_requests ? [] : ["airelays login"]),
  ];
  return steps.length > 0 ? steps : [serveCommand(loaded)];
}

function relayFields({ config, path, exists, origins }: LoadedConfig, relay: JsonObject): Field[] {
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
    { label: "Address", value: `${server.host}, port ${server.port}` },
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

function authFields(auth: AuthStatus): Field[] {
  return [
    {
      label: "Ready",
      value: auth.ready_for_requests ? "yes" : "no",
      tone: auth.ready_for_requests ? "good" : "bad",
    },
    { label: "Email", value: auth.email },
    { label: "Plan", value: auth.plan_type },
    { label: "Account ID", value: auth.account_id },
    { label: "Last refresh", value: auth.last_refresh },
    { label: "Kept in", value: `${auth.auth_store_path} (${auth.storage_mode})` },
  ];
}
