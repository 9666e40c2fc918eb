/** `airelays logs`: the requests of the transit log, a line each, the newest last; and those to come. */
import { setTimeout as delay } from "node:timers/promises";
import { followLog, sizesNow } from "../../transit/follow-log.ts";
import { readNewestFirst, readPlace, type Sizes } from "../../transit/read-log.ts";
import { withoutControls } from "../../transit/redact.ts";
import type { StoredTransit } from "../../transit/stored-transit.ts";
import { summarize, summaryPhases, type TransitSummary } from "../../transit/summary.ts";
import { type CommandContext, has, loadFor, note, type Run, talk } from "../context.ts";
import type { CliIO } from "../io.ts";
import { type Asked, readAsked } from "../transits/asked.ts";
import { parseRequestId, questionOf } from "../transits/find.ts";
import { createTable } from "../transits/table.ts";

/** How long a line may be there before it is shown. */
const lookAgainMs = 250;

export const logs: Run = async (context) => {
  const { args, io, runtime } = context;
  const asked = readAsked(args, runtime.clock.now());
  const { logsDir: directory } = (await loadFor(context)).config.paths;
  const isWanted = createQuestion(asked);
  const isFollowing = has(args, "follow");
  // From here on a signal ends the following, not the program in the middle of a line.
  const stopSignal = isFollowing ? io.stopSignal() : undefined;
  const sizes = isFollowing ? await sizesNow(directory) : undefined;
  const show = has(args, "json") ? showRecords(io, directory) : showLines(io);
  const shown = await showLatest(context, { asked, directory, sizes, isWanted, show });
  if (stopSignal === undefined || sizes === undefined) {
    if (shown === 0) talk(io, `${nothing(asked, directory)}\n`);
    return;
  }
  const next = async (): Promise<boolean> => {
    await delay(lookAgainMs, undefined, { signal: stopSignal }).catch(() => undefined);
    return !stopSignal.aborted && !io.stdoutIsGone();
  };
  for await (const transit of followLog(directory, { sizes, next })) {
    const found = await isWanted(transit);
    if (found !== undefined) await show(found);
  }
};

/** A request as far as it is shown, or a word of the log about itself. */
interface Found {
  readonly transit: StoredTransit;
  readonly summary: TransitSummary | undefined;
  readonly remark: string | undefined;
}

type Question = (transit: StoredTransit) => Promise<Found | undefined>;

function createQuestion({ requestId, matches }: Asked): Question {
  const isRequest = requestId === undefined ? undefined : questionOf(parseRequestId(requestId));
  const isSome = isRequest !== undefined || matches !== undefined;
  return async (transit) => {
    if (transit.requestId === null) {
      return isSome ? undefined : { transit, summary: undefined, remark: await remarkOf(transit) };
    }
    if (isRequest !== undefined && !(await isRequest(transit))) return undefined;
    const summary = summarize(await transit.records(summaryPhases));
    return matches?.(summary) === false ? undefined : { transit, summary, remark: undefined };
  };
}

async function remarkOf(transit: StoredTransit): Promise<string | undefined> {
  const [record] = await transit.records();
  switch (record?.phase) {
    case "log_dropped":
      return `${String(record["requests"])} requests are missing here: the disk did not keep up`;
    case "log_pruned":
      return `${String(record["files"])} old files were deleted: ${String(record["reason"])}`;
    default:
      return undefined;
  }
}

interface Latest {
  readonly asked: Asked;
  readonly directory: string;
  readonly sizes: Sizes | undefined;
  readonly isWanted: Question;
  readonly show: (found: Found) => Promise<void>;
}

/** The newest ones that are wanted, the oldest of them first; gives their number. */
async function showLatest(
  { io, args }: CommandContext,
  { asked, directory, sizes, isWanted, show }: Latest,
): Promise<number> {
  const found: Found[] = [];
  let requests = 0;
  let unreadable = 0;
  let isCut = false;
  const options = {
    ...(asked.since === undefined ? {} : { since: asked.since }),
    ...(sizes === undefined ? {} : { sizes }),
    onUnreadable: () => {
      unreadable += 1;
    },
  };
  for await (const transit of readNewestFirst(directory, options)) {
    const one = await isWanted(transit);
    if (one === undefined) continue;
    if (requests === asked.limit) {
      isCut = true;
      break;
    }
    if (one.summary !== undefined) requests += 1;
    found.push(one);
  }
  // Only who asked for a stretch of time expects all of it.
  if (isCut && args["since"] !== undefined) {
    note(io, `Only the newest ${asked.limit} are shown. For more: --limit ${asked.limit * 10}`);
  }
  if (unreadable > 0) {
    const lines = unreadable === 1 ? "1 line" : `${unreadable} lines`;
    note(io, `${lines} of the log, damaged or not of this relay, left out.`);
  }
  for (const one of found.toReversed()) await show(one);
  return requests;
}

function showLines(io: CliIO): Latest["show"] {
  const colors = io.stdoutColors;
  const table = createTable(io.stdoutTerminal?.columns, colors);
  let hasHeader = false;
  return async ({ summary, remark }) => {
    if (summary === undefined && remark === undefined) return;
    if (!hasHeader) io.stdout(table.header);
    hasHeader = true;
    if (summary !== undefined) io.stdout(table.row(summary));
    else io.stdout(`${colors.dim(`-- ${remark}`)}\n`);
  };
}

/** The records as they stand in the log; a damaged line among them is left out. */
function showRecords(io: CliIO, directory: string): Latest["show"] {
  return async ({ transit }) => {
    const lines = (await readPlace(directory, transit)).split("\n");
    const good = lines.filter((line) => line !== "" && isRecord(line));
    io.stdout(withoutControls(good.map((line) => `${line}\n`).join("")));
  };
}

function isRecord(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    // Written by a disk that failed; the one line is lost.
    return false;
  }
}

function nothing({ since, requestId, matches }: Asked, directory: string): string {
  if (requestId !== undefined) return `No such request is in the log at \`${directory}\`.`;
  if (since === undefined && matches === undefined) {
    return `No request is in the log at \`${directory}\` yet. A relay writes it: airelays serve`;
  }
  return `No request in the log at \`${directory}\` is of that kind.`;
}
