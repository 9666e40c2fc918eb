/** The file that takes what relays in the background print: where it is, and its bound. */
import { copyFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../scope.ts";
import type { CliIO } from "./io.ts";

const limitBytes = 1024 * 1024;

/** Between two looks at its size. */
const lookEveryBytes = 64 * 1024;

export function backgroundLogPath(dataDir: string): string {
  return join(dataDir, "background.log");
}

/** Lines that say something each, as notes and records do; a greeting has gaps and indentation. */
const ofLines = /^(\S.*\n)+$/;

/**
 * The same output for a program whose streams are the file: each line by itself gets its time, and
 * when the file is full, what it holds is kept once, as `background.log.1`, and it begins anew.
 */
export function intoBackgroundLog(io: CliIO, dataDir: string, clock: Clock): CliIO {
  const path = backgroundLogPath(dataDir);
  cutWhenFull(path);
  let unseen = 0;
  const stderr = (text: string): void => {
    unseen += text.length;
    if (unseen >= lookEveryBytes) {
      unseen = 0;
      cutWhenFull(path);
    }
    const time = new Date(clock.now()).toISOString();
    io.stderr(ofLines.test(text) ? text.replaceAll(/^(?=.)/gm, `${time} `) : text);
  };
  return Object.create(io, { stderr: { value: stderr } }) as CliIO;
}

/** The streams were opened to append, so that they go on at the new end. */
export function cutWhenFull(path: string): void {
  try {
    if (statSync(path).size < limitBytes) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  } catch {
    // There is none where a service manager keeps the output; and no log is worth the relay.
  }
}
