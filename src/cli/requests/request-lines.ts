/**
 * What `serve` tells of its requests: on a terminal a living line each that stays when the request is
 * over, in a pipe or journal one record each. Owns which form is told where; the texts are others'.
 */
import type { RelayWatcher } from "../../relay.ts";
import type { WatchedRequest } from "../../transit/watched-log.ts";
import { type CommandContext, has } from "../context.ts";
import type { CliIO } from "../io.ts";
import { formatClock } from "../moment.ts";
import { wrapText } from "../render.ts";
import { createBatchedText } from "./batched-text.ts";
import { createLiveBlock } from "./live-block.ts";
import { createPlanChanges, formatPlanLine, formatPlanRecords } from "./plan-changes.ts";
import { formatPlain, formatRecord, formatRunning, formatShort } from "./request-line.ts";

export interface RequestLines {
  /** Undefined where nothing is to be told. */
  readonly watch: RelayWatcher | undefined;
  /** For everything else that is said meanwhile: it stands above the living lines. */
  readonly io: CliIO;
  /** Tells from now on; what was asked before is nobody's. */
  begin(): void;
  end(): void;
}

/** Calls again and again; gives what ends it. */
export type Every = (ms: number, work: () => void) => () => void;

const redrawMs = 500;
/** More would push away what was said before. */
const mostLiving = 6;

export function createRequestLines(
  { args, io, runtime: { clock } }: Pick<CommandContext, "args" | "io" | "runtime">,
  every: Every = everyWithTimer,
): RequestLines {
  if (has(args, "quiet")) {
    return { watch: undefined, io, begin: () => undefined, end: () => undefined };
  }
  const terminal = io.stderrTerminal;
  const isPlain = has(args, "plain");
  const block =
    terminal?.canRedraw && !isPlain
      ? createLiveBlock((text) => io.stderr(text), terminal)
      : undefined;
  const records = createBatchedText((text) => io.stderr(text));
  /** In its order: a note does not overtake the records before it. */
  const print =
    block?.print ??
    ((text: string): void => {
      records.flush();
      io.stderr(text);
    });
  const running = new Map<WatchedRequest, number>();
  const planChanges = createPlanChanges();
  let isTelling = false;
  let stopDrawing: (() => void) | undefined;

  const say = (text: string): void => {
    const line = `${formatClock(clock.now()).slice(0, 5)} ${text}`;
    const indent = isPlain ? "" : "  ";
    const width = (terminal?.columns ?? 80) - 1 - indent.length;
    print(`${wrapText(line, width).join(`\n${indent}`)}\n`);
  };
  const draw = (): void => {
    const now = clock.now();
    const lines = [...running].map(
      ([request, since]) =>
        `${formatClock(since).slice(0, 5)} ${formatRunning(request, now - since)}`,
    );
    const rest = lines.splice(mostLiving).length;
    block?.draw(rest === 0 ? lines : [...lines, `and ${rest} more`]);
  };
  const settle = (): void => {
    if (running.size > 0 || stopDrawing === undefined) return;
    stopDrawing();
    stopDrawing = undefined;
    block?.draw([]);
  };

  return {
    // What is printed by others, notes for example, must not end inside of the block.
    io: Object.create(io, { stderr: { value: print } }) as CliIO,
    begin() {
      isTelling = true;
    },
    end() {
      isTelling = false;
      running.clear();
      settle();
      records.flush();
    },
    watch: {
      started(request) {
        if (!isTelling || block === undefined) return;
        running.set(request, clock.now());
        // Drawn with the next beat: what is over by then is told once, and nothing flickers.
        stopDrawing ??= every(redrawMs, draw);
      },
      ended(request, isShown) {
        running.delete(request);
        settle();
        if (!isTelling || !isShown) return;
        if (terminal === undefined) records.add(`${formatRecord(request)}\n`);
        else say(isPlain ? formatPlain(request) : formatShort(request, io.stderrColors));
      },
      plan(headers) {
        const now = clock.now();
        const windows = isTelling ? planChanges(headers, now) : undefined;
        if (windows === undefined) return;
        if (terminal === undefined) records.add(formatPlanRecords(windows));
        else say(formatPlanLine(windows, now));
      },
    },
  };
}

function everyWithTimer(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms).unref();
  return () => clearInterval(timer);
}
