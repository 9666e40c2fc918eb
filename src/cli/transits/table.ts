/**
 * Requests as lines: as many columns as the terminal has room for, the telling ones first. Piped, all
 * of them, uncut. Pure; the caller brings the colours.
 */
import type { TransitSummary } from "../../transit/summary.ts";
import type { Colors } from "../io.ts";
import { paint, printableLine, type Tone } from "../render.ts";
import { formatCount, formatMoment, formatMs, inCells } from "./figures.ts";

export interface TransitTable {
  readonly header: string;
  /** A line, and before the first one of a day its date where the lines have no room for it. */
  row(summary: TransitSummary): string;
}

interface Column {
  readonly title: string;
  /** The cells that it needs, and those that it can use. */
  readonly least: number;
  readonly most: number;
  show(summary: TransitSummary, width: number): string;
  readonly tone?: (summary: TransitSummary) => Tone | undefined;
}

const columns = {
  time: { title: "time", least: 8, most: 8, show: ({ at }) => formatMoment(at).slice(11) },
  moment: { title: "time (UTC)", least: 19, most: 19, show: ({ at }) => formatMoment(at) },
  request: { title: "request", least: 16, most: 32, show: showRequest },
  model: {
    title: "model",
    least: 12,
    most: 24,
    show: ({ model, path }) => model ?? (path === undefined ? "?" : "-"),
  },
  result: { title: "result", least: 12, most: 36, show: showResult, tone: toneOf },
  first: { title: "first", least: 6, most: 6, show: ({ firstByteMs: ms }) => orDash(ms, formatMs) },
  total: { title: "total", least: 6, most: 6, show: ({ durationMs: ms }) => orDash(ms, formatMs) },
  tokens: { title: "in/cached/out", least: 17, most: 17, show: showTokens },
  id: { title: "id", least: 8, most: 8, show: ({ requestId }) => shortId(requestId) },
} as const satisfies Record<string, Column>;

type Name = keyof typeof columns;

const order = Object.keys(columns) as readonly Name[];
/** What a narrow terminal shows, and what comes in when there is room, one by one. */
const always: readonly Name[] = ["time", "result", "id"];
const welcome: readonly Name[] = ["total", "request", "model", "first", "tokens"];
/** What is left over goes to these. */
const elastic: readonly Name[] = ["request", "model", "result"];
const gap = 2;

export function createTable(width: number | undefined, colors: Colors): TransitTable {
  if (width === undefined) return pipedTable(colors);
  const shown = choose(width);
  let day: string | undefined;
  const line = (cell: (column: Column, cells: number) => string): string =>
    order
      .flatMap((name) => {
        const cells = shown.get(name);
        return cells === undefined ? [] : cell(columns[name], cells);
      })
      .join(" ".repeat(gap));
  return {
    header: `${colors.dim(line(({ title }, cells) => inCells(title, cells)).trimEnd())}\n`,
    row(summary) {
      const date = formatMoment(summary.at).slice(0, 10);
      const isNewDay = date !== day && !shown.has("moment");
      day = date;
      const text = line((column, cells) => {
        const shownText = inCells(printableLine(column.show(summary, cells)), cells);
        return painted(column, summary, shownText, colors);
      });
      return `${isNewDay ? `${colors.dim(`${date} (UTC)`)}\n` : ""}${text.trimEnd()}\n`;
    },
  };
}

/** For other programs and for files: whole texts, whole numbers, the whole id. */
function pipedTable(colors: Colors): TransitTable {
  const titles = ["time (UTC)".padEnd(19), "result", "first", "total", "in/cached/out"];
  return {
    header: `${colors.dim([...titles, "id", "model", "request"].join("  "))}\n`,
    row(summary) {
      const { tokens, requestId } = summary;
      const cells = [
        formatMoment(summary.at),
        showResult(summary, Infinity),
        columns.first.show(summary),
        columns.total.show(summary),
        tokens === undefined ? "-" : `${tokens.input}/${tokens.cached}/${tokens.output}`,
        requestId,
        columns.model.show(summary),
        showRequest(summary, Infinity),
      ];
      return `${cells.map(printableLine).join("  ")}\n`;
    },
  };
}

function choose(width: number): ReadonlyMap<Name, number> {
  const shown = new Map<Name, number>(always.map((name) => [name, columns[name].least]));
  const used = (): number => [...shown.values()].reduce((sum, cells) => sum + cells + gap, 0) - gap;
  for (const name of welcome) {
    if (used() + gap + columns[name].least > width) break;
    shown.set(name, columns[name].least);
  }
  const momentCells = columns.moment.least - columns.time.least;
  if (shown.size === always.length + welcome.length && used() + momentCells <= width) {
    shown.delete("time");
    shown.set("moment", columns.moment.least);
  }
  for (const name of elastic) {
    const least = shown.get(name);
    if (least === undefined) continue;
    shown.set(name, Math.min(columns[name].most, least + Math.max(0, width - used())));
  }
  return shown;
}

function painted(column: Column, summary: TransitSummary, text: string, colors: Colors): string {
  const tone = column.tone?.(summary);
  return tone === undefined ? text : paint(tone, colors)(text);
}

/** Without what nearly all have in common, where it would be cut. */
function showRequest({ method = "?", path = "?" }: TransitSummary, width: number): string {
  const whole = `${method} ${path}`;
  if (whole.length <= width) return whole;
  const short = path.replace(/^(\/no-tools)?\/v1\//, "$1/").replace(/^\//, "");
  return method === "POST" ? short : `${method} ${short}`;
}

const words: Readonly<Record<string, string>> = {
  completed: "",
  upstream_cut: "cut",
  client_gone: "left",
};

/** The status, and in words whatever is not a success: colour is never all that tells it. */
function showResult({ status, outcome, errorCode }: TransitSummary, width: number): string {
  if (outcome === undefined) return "unfinished";
  const withCode = `${status ?? "-"} ${errorCode ?? words[outcome] ?? outcome}`;
  if (withCode.length <= width) return withCode.trimEnd();
  return `${status ?? "-"} ${words[outcome] ?? outcome}`;
}

function toneOf({ status = 0, outcome }: TransitSummary): Tone | undefined {
  if (outcome === "completed") return undefined;
  return outcome === "rejected" && status < 500 ? "warn" : "bad";
}

function showTokens({ tokens }: TransitSummary): string {
  if (tokens === undefined) return "-";
  return [tokens.input, tokens.cached, tokens.output].map(formatCount).join("/");
}

/** Enough of an id to ask for it: `airelays why 80580184`. */
function shortId(requestId: string): string {
  return requestId.replace(/^req_/, "").slice(0, 8);
}

function orDash(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? "-" : format(value);
}
