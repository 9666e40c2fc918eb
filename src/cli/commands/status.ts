/**
 * `airelays status`: what is configured, who is signed in and what is left of the plan. Only the plan
 * is asked for, and only for a moment: not with `--offline`, and not for a script, which waits for it.
 * `--check` makes a call that has to work.
 */
import type { AuthStatus } from "../../auth/auth-status.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { type RelayError, reasonOf, toRelayError } from "../../errors.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { relayTokens } from "../../relay-token.ts";
import type { RunningRelay } from "../../run-files.ts";
import { settingsSummary } from "../../settings-summary.ts";
import { createSignIn, type SignIn } from "../../sign-in.ts";
import { type DayUsage, dayOf, readDayUsage, usagePath } from "../../storage/usage-tally.ts";
import type { TransitSummary } from "../../transit/summary.ts";
import { clientSetup, clientSetupFields, serveCommand } from "../client-setup.ts";
import { type CommandContext, has, loadFor, note, type Run, readFor } from "../context.ts";
import { countModels } from "../count-models.ts";
import { lastErrorFields, readLastErrors, toLastErrorJson } from "../last-errors.ts";
import {
  askPlan,
  isKnown,
  type Plan,
  toQuotaJson,
  toUnknownPlan,
  type UnknownPlan,
} from "../plan.ts";
import { planFields } from "../plan-text.ts";
import { findRunning } from "../relay-address.ts";
import { relayFields } from "../relay-fields.ts";
import { type Field, formatJson, formatSection, formatSteps, formatTitle } from "../render.ts";
import { runningFields, toRunningJson } from "../running-relays.ts";
import { authFields } from "../sign-in-fields.ts";
import { watch } from "../watch.ts";

/** So long a person at a terminal waits for the plan; what has not come then is told as not known. */
const planLimitMs = 5_000;
/** `--watch` looks at this machine so often, and asks for the plan more rarely. */
const watchMs = 3_000;
const planKeptMs = 60_000;

export const status: Run = async (context) => {
  const { args, io } = context;
  const loaded = await loadFor(context);
  const planner = createPlanner(context);
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (!told.has(text)) note(io, text);
    told.add(text);
  };
  const isJson = has(args, "json");
  if (has(args, "watch")) {
    const frame = async () => {
      const report = await look(context, await readFor(context), planner, tell);
      const compared = { ...report.json, quota: toQuotaJson(withoutTime(report.plan)) };
      return { text: formatReport(context, report), json: report.json, compared };
    };
    await watch(io, frame, { everyMs: watchMs, isJson, isPlain: has(args, "plain") });
    return;
  }
  const report = await look(context, loaded, planner, tell);
  io.stdout(isJson ? formatJson(report.json) : formatReport(context, report));
  if (report.check?.error !== undefined) throw report.check.error;
};

const withoutTime = (plan: Plan | UnknownPlan): Plan | UnknownPlan =>
  isKnown(plan) ? { ...plan, capturedAt: 0 } : plan;

/** Everything that one look finds. */
interface Report {
  readonly loaded: LoadedConfig;
  readonly relay: JsonObject;
  readonly auth: AuthStatus;
  readonly running: readonly RunningRelay[];
  readonly plan: Plan | UnknownPlan;
  readonly usage: DayUsage;
  readonly lastErrors: readonly TransitSummary[];
  readonly check: Check | undefined;
  readonly steps: readonly string[];
  readonly json: JsonObject;
}

async function look(
  context: CommandContext,
  loaded: LoadedConfig,
  planner: Planner,
  tell: (text: string) => void,
): Promise<Report> {
  const { args, runtime, repeat } = context;
  const signIn = createSignIn(loaded.config, runtime, tell);
  const { session } = signIn;
  const check = has(args, "check") ? await checkUpstream(context, loaded, signIn) : undefined;
  const now = runtime.clock.now();
  const { dataDir, logsDir } = loaded.config.paths;
  const [plan, running, relay, usage, lastErrors] = await Promise.all([
    planner(loaded, signIn),
    findRunning(dataDir),
    settingsSummary(loaded, relayTokens(loaded, runtime)),
    readDayUsage(usagePath(dataDir), dayOf(now)),
    readLastErrors(logsDir, now).catch((error: unknown) => {
      tell(`The transit log cannot be read: ${reasonOf(error)}`);
      return [];
    }),
  ]);
  // After the calls: they may have shown that the sign-in has ended.
  const auth = await session.status();
  const steps = nextSteps(loaded, relay, auth, running.length > 0).map(repeat);
  const json = {
    relay,
    auth,
    running: running.map(toRunningJson),
    quota: toQuotaJson(plan),
    usage,
    last_errors: lastErrors.map(toLastErrorJson),
    client: clientSetup(loaded, running[0], undefined, repeat),
    origins: loaded.origins,
    notices: loaded.notices,
    ...(check === undefined ? {} : { check: check.report }),
    next_steps: steps,
  };
  return { loaded, relay, auth, running, plan, usage, lastErrors, check, steps, json };
}

type Planner = (loaded: LoadedConfig, signIn: SignIn) => Promise<Plan | UnknownPlan>;

/** Asks for the plan where that can be answered, and not again for a while. */
function createPlanner({ args, runtime }: CommandContext): Planner {
  let kept: { readonly plan: Plan | UnknownPlan; readonly at: number } | undefined;
  return async (loaded, signIn) => {
    if (has(args, "offline")) return notAsked("`--offline` asks nobody.");
    if (has(args, "json") && !has(args, "check") && !has(args, "watch")) {
      return notAsked("`--json` asks nobody, unless `--check` is given; `airelays quota` asks.");
    }
    const { ready_for_requests: isReady } = await signIn.session.status();
    if (!isReady) return notAsked("It takes a sign-in that works.");
    const now = runtime.clock.now();
    if (kept !== undefined && now - kept.at < planKeptMs) return kept.plan;
    const plan = await askPlan(loaded, runtime, signIn, planLimitMs).catch(toUnknownPlan);
    kept = { plan, at: now };
    return plan;
  };
}

const notAsked = (message: string): UnknownPlan => ({ code: "not_asked", message });

function formatReport({ args, io, runtime, repeat }: CommandContext, report: Report): string {
  const { loaded, relay, auth, running, plan, usage, lastErrors, check, steps } = report;
  const colors = io.stdoutColors;
  const terminal = io.stdoutTerminal;
  const now = runtime.clock.now();
  const bars = terminal !== undefined && !has(args, "plain");
  const section = (title: string, fields: readonly Field[]): string =>
    fields.length === 0 ? "" : formatSection(title, fields, colors, terminal?.columns);
  return [
    formatTitle("AIRelays status", colors),
    section("Relay", relayFields(loaded, relay)),
    section("On this machine", runningFields(running, now)),
    section("Sign-in", authFields(auth, now)),
    section("Plan", planFields(plan, { now, bars })),
    section("Upstream", check === undefined ? [] : [checkField(check)]),
    section("Today (UTC)", usage.requests === 0 ? [] : usageFields(usage)),
    section("Last errors", lastErrorFields(lastErrors, now, repeat)),
    section("Client setup", clientSetupFields(loaded, running[0], undefined, repeat)),
    formatSteps(steps, colors),
  ].join("");
}

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
