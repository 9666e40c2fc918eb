/**
 * The figures of the table, with what is to be reached, and how their samples become text. Ratios are
 * taken within a round and the median of the rounds is shown, so that a slow minute hits both sides.
 */

export type Column = "direct" | "pipe" | "relay";

interface Figure {
  readonly label: string;
  /** Of the relay over the pipe, or in the unit of the row. */
  readonly target?: string;
  readonly ceiling?: string;
  /** A difference or a size: a ratio would say nothing. */
  readonly hasNoRatio?: boolean;
}

/** In the order of the table. */
export const figures = {
  wholeRate: {
    label: "tiny whole chat answers a second, 32 connections",
    target: ">= 0.50",
    ceiling: "0.35",
  },
  wholeCpu: { label: "CPU s per 1,000 of them", target: "<= 2.0", ceiling: "3.0" },
  largeCpu: { label: "CPU s per 1,000 with a body of 300 KB, 4 connections" },
  firstDelta: { label: "ms to the first delta, 1 connection, p50" },
  firstDeltaAdded: { label: "ms of that added to direct", target: "<= 2.0", ceiling: "3.0" },
  pacedChatCpu: {
    label: "CPU s per million paced events, 50 streams, chat",
    target: "<= 1.25",
    ceiling: "1.6",
  },
  pacedResponsesCpu: { label: "the same, responses", target: "<= 1.15", ceiling: "1.4" },
  longChatRate: {
    label: "unpaced events a second, 4 streams, chat",
    target: ">= 0.8",
    ceiling: "0.5",
  },
  longResponsesRate: { label: "the same, responses", target: ">= 0.8", ceiling: "0.5" },
  longChatCpu: { label: "CPU s per million unpaced events, chat" },
  longResponsesCpu: { label: "the same, responses" },
  delayMedian: {
    label: "ms from upstream to client, 200 paced streams, chat, p50",
    target: "<= 1.5",
    ceiling: "2.5",
  },
  delayTail: { label: "the same, p99", target: "<= 1.5", ceiling: "2.5" },
  peak: { label: "peak MB, 200 streams of 2,000 events", target: "<= 1.5", ceiling: "2.0" },
  growth: {
    label: "MB grown over tiny requests",
    target: "< 5 MB",
    ceiling: "15 MB",
    hasNoRatio: true,
  },
  heapGrowth: { label: "MB of that still in use", hasNoRatio: true },
  versionStart: {
    label: "ms of `--version` over `node -e 0` (direct)",
    target: "<= +40 ms",
    ceiling: "+80",
    hasNoRatio: true,
  },
  statusStart: {
    label: "ms of `status --json` over it",
    target: "<= +80 ms",
    ceiling: "+150",
    hasNoRatio: true,
  },
  serveStart: {
    label: "ms of `serve` to its first healthy answer, over it",
    target: "<= +250 ms",
    ceiling: "+400",
    hasNoRatio: true,
  },
  standInRate: { label: "tiny answers a second of the stand-in itself, 32 connections" },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof figures;

export interface Samples {
  /** One sample of this round. */
  add(figure: FigureName, column: Column, value: number): void;
  table(): string;
}

export function createSamples(): Samples {
  const taken = new Map<string, number[]>();
  const of = (figure: string, column: Column): number[] => taken.get(`${figure} ${column}`) ?? [];

  const cell = (figure: string, column: Column): string => {
    const values = of(figure, column);
    return values.length === 0 ? "" : format(median(values));
  };
  const ratio = (figure: string, base: Column): string => {
    const bases = of(figure, base);
    const ratios = of(figure, "relay").flatMap((value, round) => {
      const other = bases[round] ?? 0;
      return other > 0 ? value / other : [];
    });
    return ratios.length === 0 ? "" : median(ratios).toFixed(2);
  };

  return {
    add(figure, column, value) {
      const key = `${figure} ${column}`;
      taken.set(key, [...(taken.get(key) ?? []), value]);
    },
    table() {
      const rows = Object.entries<Figure>(figures).map(([name, figure]) => [
        figure.label,
        cell(name, "direct"),
        cell(name, "pipe"),
        cell(name, "relay"),
        figure.hasNoRatio ? "" : ratio(name, "pipe"),
        figure.hasNoRatio ? "" : ratio(name, "direct"),
        figure.target ?? "",
        figure.ceiling ?? "",
      ]);
      return formatTable([
        ["", "direct", "pipe", "relay", "relay/pipe", "relay/direct", "target", "ceiling"],
        ...rows,
      ]);
    },
  };
}

/** The value below which this share of the others lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Three digits that count; large numbers whole. */
function format(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return Number(value.toPrecision(3)).toString();
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((text, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? text.padEnd(width) : text.padStart(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
