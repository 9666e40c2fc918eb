/** `airelays status`: what is configured and who is signed in. Asks no server, unless `--check` is given. */
import type { AuthStatus } from "../../auth/auth-status.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { type RelayError, toRelayError } from "../../errors.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { relayTokens } from "../../relay-token.ts";
import { settingsSummary } from "../../settings-summary.ts";
import { createSignIn, type SignIn } from "../../sign-in.ts";
import { type DayUsage, dayOf, readDayUsage, usagePath } from "../../storage/usage-tally.ts";
import { clientSetup, clientSetupFields, serveCommand } from "../client-setup.ts";
import { type CommandContext, has, loadFor, note, type Run } from "../context.ts";
import { countModels } from "../count-models.ts";
import { findRunning } from "../relay-address.ts";
import {
  type Field,
  formatJson,
  formatSeconds,
  formatSection,
  formatSteps,
  formatTitle,
  maskEmail,
} from "../render.ts";
import { runningFields, toRunningJson } from "../running-relays.ts";

export const status: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const signIn = createSignIn(loaded.config, runtime, (text) => note(io, text));
  const { session } = signIn;
  const check = has(args, "check") ? await checkUpstream(context, loaded, signIn) : undefined;
  const [auth, running, relay, usage] = await Promise.all([
    session.status(),
    findRunning(loaded.config.paths.dataDir),
    settingsSummary(loaded, relayTokens(loaded, runtime)),
    readDayUsage(usagePath(loaded.config.paths.dataDir), dayOf(runtime.clock.now())),
  ]);
  const steps = nextSteps(loaded, relay, auth, running.length > 0);
  if (has(args, "json")) {
    io.stdout(
      formatJson({
        relay,
        auth,
        running: running.map(toRunningJson),
        usage,
        client: clientSetup(loaded, undefined),
        origins: loaded.origins,
        notices: loaded.notices,
        ...(check === undefined ? {} : { check: check.report }),
        next_steps: steps,
      }),
    );
    if (check?.error !== undefined) throw check.error;
    return;
  }
  const colors = io.stdoutColors;
  io.stdout(
    formatTitle("AIRelays status", colors) +
      formatSection("Relay", relayFields(loaded, relay), colors) +
      formatSection("On this machine", runningFields(running, runtime.clock.now()), colors) +
      formatSection("Sign-in", authFields(auth, runtime.clock.now()), colors) +
      (check === undefined ? "" : formatSection("Upstream", [checkField(check)], colors)) +
      (usage.requests === 0 ? "" : formatSection("Today (UTC)", usageFields(usage), colors)) +
      formatSection("Client setup", clientSetupFields(loaded, undefined), colors) +
      formatSteps(steps, colors),
  );
  if (check?.error !== undefined) throw check.error;
};

interface Check {
  readonly report: JsonObject;
  readonly error?: RelayError;
}

/** One real call with the login; its failure decides the exit code, for cron. */
async function checkUpstream(
  { runtime }: CommandContext,
  loaded: LoadedConfig,
  signIn: SignIn,
): Promise<Check> {
  try {
    const models = await countModels(loaded, runtime, signIn);
    return { report: { ok: true, models } };
  } catch (thrown) {
    const error = toRelayError(thrown);
    return { report: { ok: false, code: error.code, message: error.message }, error };
  }
}

function checkField({ report, error }: Check): Field {
  return error === undefined
    ? { label: "Check", value: `answers, ${String(report["models"])} models`, tone: "good" }
    : { label: "Check", value: `failed: ${error.message}`, tone: "bad" };
}

function usageFields({ requests, input_tokens, cached_tokens, output_tokens }: DayUsage): Field[] {
  const share = input_tokens === 0 ? 0 : Math.round((cached_tokens / input_tokens) * 100);
  return [
    { label: "Answers", value: requests },
    { label: "Input tokens", value: `${input_tokens}, ${share} % of them from the cache` },
    { label: "Output tokens", value: output_tokens },
  ];
}

function nextSteps(
  loaded: LoadedConfig,
  relay: JsonObject,
  auth: AuthStatus,
  isRunning: boolean,
): string[] {
  const needsToken =
    loaded.config.security.requireBearerAuth && relay["bearer_token_present"] !== true;
  const steps = [
    ...(needsToken ? ["airelays init"] : []),
    // A login that cannot be read is not gone: a new sign-in is the last remedy, not the first.
    ...(auth.ready_for_requests
      ? []
      : [auth.error === null ? "airelays login" : "airelays doctor"]),
  ];
  return steps.length > 0 || isRunning ? steps : [serveCommand(loaded)];
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

function authFields(auth: AuthStatus, now: number): Field[] {
  const { refresh_failure: failure, error } = auth;
  return [
    {
      label: "Ready",
      value: auth.ready_for_requests ? "yes" : "no",
      tone: auth.ready_for_requests ? "good" : "bad",
    },
    ...(error === null ? [] : [{ label: "Problem", value: error.message, tone: "bad" } as const]),
    ...(failure === null
      ? []
      : [
          {
            label: "Ended",
            value: `${ago(failure.since, now)}: ${failure.message}`,
            tone: "bad",
          } as const,
        ]),
    { label: "Account", value: maskEmail(auth.email) },
    { label: "Plan", value: auth.plan_type },
    { label: "Signed in by", value: auth.login_method },
    { label: "Token issued", value: auth.issued_at && ago(auth.issued_at, now) },
    { label: "Token ends", value: auth.expires_at && ahead(auth.expires_at, now) },
    { label: "Last refresh", value: auth.last_refresh && ago(auth.last_refresh, now) },
    { label: "Kept in", value: `${auth.auth_store_path} (${auth.storage_mode})` },
  ];
}

/** `2026-06-01 10:00 UTC, 3 days ago`. */
function ago(moment: string, now: number): string {
  return `${minuteOf(moment)}, ${formatSeconds((now - Date.parse(moment)) / 1000)} ago`;
}

function ahead(moment: string, now: number): string {
  const seconds = (Date.parse(moment) - now) / 1000;
  return seconds < 0 ? ago(moment, now) : `${minuteOf(moment)}, in ${formatSeconds(seconds)}`;
}

function minuteOf(moment: string): string {
  return `${moment.slice(0, 16).replace("T", " ")} UTC`;
}
