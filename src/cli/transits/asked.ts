/** What `airelays logs` is asked for: the options as a moment, a number and a question to each request. */
import { RelayError } from "../../errors.ts";
import type { TransitSummary } from "../../transit/summary.ts";
import type { Args } from "../context.ts";

export interface Asked {
  readonly since: number | undefined;
  readonly limit: number;
  /** An id, or the beginning of one. */
  readonly requestId: string | undefined;
  /** Undefined when every request is shown. */
  readonly matches: ((summary: TransitSummary) => boolean) | undefined;
}

const hint = "airelays logs --help";
const mostRows = 100_000;
const outcomes = ["completed", "rejected", "failed", "upstream_cut", "client_gone"];

export function readAsked(args: Args, now: number): Asked {
  const since = option(args, "since");
  const model = option(args, "model")?.toLowerCase();
  const status = option(args, "status");
  const requestId = option(args, "request");
  const tests: ((summary: TransitSummary) => boolean)[] = [];
  if (model !== undefined) tests.push((each) => hasModel(each, model));
  if (status !== undefined) tests.push(parseStatus(status));
  return {
    since: since === undefined ? undefined : parseSince(since, now),
    limit: parseLimit(option(args, "limit"), defaultLimit(args)),
    requestId,
    matches: tests.length === 0 ? undefined : (summary) => tests.every((test) => test(summary)),
  };
}

/** As many as a screen shows; of a stretch of time, all that a person would read. */
function defaultLimit(args: Args): number {
  if (option(args, "since") !== undefined) return 1_000;
  return args["follow"] === true ? 10 : 50;
}

function option(args: Args, name: string): string | undefined {
  const value = args[name];
  return typeof value === "string" ? value : undefined;
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `2h`, or a moment: `2026-11-21`, `2026-11-21T12:30`, in UTC unless it says another zone. */
function parseSince(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text.trim()) ?? [];
  if (count !== undefined) return now - Number(count) * (unitMs[unit] ?? 0);
  const isMoment = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text.slice(10));
  const iso = text.length === 10 || hasZone ? text : `${text}Z`;
  const at = isMoment.test(text) ? Date.parse(iso.replace(" ", "T")) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  const expected = "a time ago such as `30m`, `2h` or `3d`, or a moment such as `2026-11-21T12:30`";
  throw new RelayError("usage", `\`--since\` must be ${expected} (UTC)`, { hint });
}

function parseLimit(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostRows) return limit;
  throw new RelayError("usage", `\`--limit\` must be a number from 1 to ${mostRows}`, { hint });
}

function hasModel({ model, sentModel }: TransitSummary, part: string): boolean {
  return [model, sentModel].some((name) => name?.toLowerCase().includes(part) === true);
}

/** `429`, `5xx`, `rejected`, `error`, or several of them. */
function parseStatus(text: string): (summary: TransitSummary) => boolean {
  const tests = text.split(",").map((word) => toStatusTest(word.trim().toLowerCase()));
  return (summary) => tests.some((test) => test(summary));
}

function toStatusTest(word: string): (summary: TransitSummary) => boolean {
  if (/^[1-5]\d\d$/.test(word)) return ({ status }) => status === Number(word);
  if (/^[1-5]xx$/.test(word)) {
    const hundreds = Number(word[0]);
    return ({ status }) => status !== undefined && Math.floor(status / 100) === hundreds;
  }
  if (word === "error") return ({ outcome }) => outcome !== "completed";
  if (outcomes.includes(word)) return ({ outcome }) => outcome === word;
  const words = [...outcomes, "error"].map((each) => `\`${each}\``).join(", ");
  throw new RelayError(
    "usage",
    `\`--status\` must be a number such as \`429\` or \`5xx\`, or one of ${words}`,
    { hint },
  );
}
