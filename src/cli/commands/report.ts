/** `airelays report`: a zip file to go with a bug report, without secrets and without what was said. */
import { lstat, rm, writeFile } from "node:fs/promises";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError, reasonOf } from "../../errors.ts";
import { type CommandContext, has, note, type Run, readFor, talk, tell } from "../context.ts";
import { formatJson, printable } from "../render.ts";
import { gatherReport, type ReportFile } from "../report/contents.ts";
import { scrubFor } from "../report/personal.ts";
import { toZip } from "../report/zip.ts";
import { readAsked } from "../transits/asked.ts";

export const report: Run = async (context) => {
  const { args, io, runtime } = context;
  const now = runtime.clock.now();
  const { limit } = readAsked(args, now);
  const withContent = has(args, "with-content");
  const path = typeof args["output"] === "string" ? args["output"] : defaultName(now);
  const isForced = has(args, "force");
  // Before the doctor takes its time.
  await refuseExisting(path, isForced);
  const progress = await io.progress(
    "Gathering what a report needs; the doctor looks at the network",
  );
  let files: readonly ReportFile[];
  try {
    const loaded = await readIfGood(context);
    const scrub = await scrubFor(loaded, runtime);
    files = await gatherReport(context, { loaded, limit, withContent, scrub });
  } finally {
    progress.stop();
  }
  await write(path, toZip(files, now), isForced);
  if (has(args, "json")) {
    const list = files.map(({ name, about, text }) => ({
      name,
      about,
      bytes: Buffer.byteLength(text),
    }));
    io.stdout(formatJson({ path, with_content: withContent, files: list }));
    return;
  }
  const width = Math.max(...files.map(({ name }) => name.length));
  io.stdout(`${io.stdoutColors.bold(printable(path))}\n`);
  for (const { name, about } of files) {
    tell(io, `  ${name.padEnd(width)}  ${about}\n`);
  }
  talk(io, "\nLook through it before you send it. Nothing was sent to anybody.\n");
  if (withContent) note(io, "It has what was asked and answered, in full: `records.jsonl`.");
};

/** A configuration that cannot be read is what many a report is about. */
async function readIfGood(context: CommandContext): Promise<LoadedConfig | undefined> {
  try {
    return await readFor(context);
  } catch (error) {
    note(context.io, `Without settings, status and requests: ${reasonOf(error)}`);
    return undefined;
  }
}

function defaultName(now: number): string {
  const digits = new Date(now).toISOString().replaceAll(/[-:]/g, "");
  return `airelays-report-${digits.slice(0, 8)}-${digits.slice(9, 15)}.zip`;
}

async function refuseExisting(path: string, isForced: boolean): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory()) {
    throw new RelayError("usage", `\`--output\` is a folder: \`${path}\`. Name a file in it`, {
      hint: "airelays report --help",
    });
  }
  if (!isForced) {
    throw new RelayError("conflict", `\`${path}\` is there already. To replace it: --force`);
  }
}

/** A new file that its owner may read; nothing is written through a link. */
async function write(path: string, bytes: Buffer, isForced: boolean): Promise<void> {
  if (isForced) await rm(path, { force: true });
  try {
    await writeFile(path, bytes, { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw new RelayError("storage_failed", `The report could not be written: ${reasonOf(error)}.`, {
      hint: "Name another place: --output FILE.zip",
      cause: error,
    });
  }
}
