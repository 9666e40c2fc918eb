/**
 * Shows the same thing again and again until the person stops it: drawn over on a screen, one after
 * the other where it cannot be, a line of JSON for each change where a script reads.
 */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../protocol/json.ts";
import { withoutControls } from "../transit/redact.ts";
import type { CliIO } from "./io.ts";
import { formatSeconds } from "./render.ts";

interface Frame {
  readonly text: string;
  readonly json: JsonObject;
  /** What has to differ for another line; without the times of looking. */
  readonly compared: unknown;
}

interface WatchOptions {
  readonly everyMs: number;
  readonly isJson: boolean;
  /** Draw nothing again, for who has it read aloud. */
  readonly isPlain: boolean;
}

/** The cursor to the top left, and nothing below it. */
const clear = "\u001b[H\u001b[J";

export async function watch(
  io: CliIO,
  look: () => Promise<Frame>,
  { everyMs, isJson, isPlain }: WatchOptions,
): Promise<void> {
  const isDrawn = !isJson && !isPlain && io.stdoutTerminal?.canRedraw === true;
  const footer = `\n${io.stdoutColors.dim(`Every ${formatSeconds(everyMs / 1000)}; Ctrl-C stops.`)}\n`;
  let shown: unknown;
  const signal = io.stopSignal();
  do {
    const { text, json, compared } = await look();
    if (signal.aborted) return;
    // Times run on ("in 2 hours"), so a drawn frame is shown even when nothing else has changed.
    if (isDrawn) io.stdout(clear + text + footer);
    else if (!isDeepStrictEqual(compared, shown)) {
      const separator = shown === undefined ? "" : "\n";
      io.stdout(isJson ? `${withoutControls(JSON.stringify(json))}\n` : separator + text);
    }
    shown = compared;
  } while (!io.stdoutIsGone() && (await io.pause(everyMs)));
}
