/**
 * The file of a tool on the disk: written with a backup beside it, and brought back. What was set is
 * remembered in the data folder, so that a file that was changed since loses only what was ours.
 */
import { createHash } from "node:crypto";
import { chmod, lstat, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RelayError, reasonOf } from "../../errors.ts";
import { asNumber, asString, isJsonObject, parseJson } from "../../protocol/json.ts";
import { readTextIfPresent, writePrivateFile } from "../../storage/atomic-file.ts";
import {
  applyEdits,
  type Edit,
  formatPath,
  type MadeEdit,
  UneditableText,
  undoEdits,
} from "./edits.ts";
import type { Path, Step, TextFormat } from "./formats/format.ts";

export interface ConnectedFile {
  readonly tool: string;
  readonly path: string;
  readonly format: TextFormat;
  readonly dataDir: string;
}

export type WriteOutcome =
  | { readonly outcome: "unchanged" }
  | { readonly outcome: "created" | "changed"; readonly backup: string | undefined };

/** Sets the values. `isSecret` keeps the file to its owner. */
export async function writeConnection(
  file: ConnectedFile,
  edits: readonly Edit[],
  isSecret: boolean,
): Promise<WriteOutcome> {
  let record = await readRecord(file);
  if (record !== undefined && record.path !== file.path) {
    // The tool keeps its settings elsewhere by now.
    await undoConnection(file);
    record = undefined;
  }
  const source = await readToolFile(file);
  // What an earlier run set comes out first: the backup is what the file is without us.
  const base = record === undefined ? source : await withoutOurs(file, source, record);
  const { text, made } = guarded(file, () => applyEdits(file.format, base.text ?? "", edits));
  if (text === source.text && record !== undefined) return { outcome: "unchanged" };
  let backup: string | undefined;
  if (base.text !== undefined) {
    backup = record?.backup ?? (await freeBackupName(file.path));
    await write(backup, base.text, 0o600);
  }
  const mode = record === undefined ? source.mode : record.mode;
  // Before the file: a run that is killed in between leaves what can be undone.
  await remember(file, { path: file.path, backup, mode, digest: digestOf(text), made });
  try {
    await write(file.path, text, isSecret ? 0o600 : (mode ?? 0o600));
  } catch (error) {
    await remember(file, record);
    if (record === undefined && backup !== undefined) await rm(backup, { force: true });
    throw error;
  }
  return { outcome: source.text === undefined ? "created" : "changed", backup };
}

export interface UndoOutcome {
  readonly outcome: "restored" | "removed" | "cleaned";
  readonly path: string;
  /** What somebody changed since, and was left. */
  readonly kept: readonly string[];
  /** The backup that stays, because the file was changed since it was made. */
  readonly backup: string | undefined;
}

/** Takes our values out again; undefined when none were set. */
export async function undoConnection(file: ConnectedFile): Promise<UndoOutcome | undefined> {
  const record = await readRecord(file);
  if (record === undefined) return undefined;
  // The file may have another place by now; what was written is where it was written.
  const written = { ...file, path: record.path };
  const source = await readToolFile(written);
  const { text, mode, isExact, kept } = await withoutOurs(written, source, record);
  if (text !== undefined) await write(record.path, text, record.mode ?? mode ?? 0o600);
  else await rm(await realTarget(record.path), { force: true });
  await remember(file, undefined);
  const { backup } = record;
  if (isExact && backup !== undefined) await rm(backup, { force: true });
  return {
    outcome: text === undefined ? "removed" : isExact ? "restored" : "cleaned",
    path: record.path,
    kept: kept.map(formatPath),
    backup: isExact ? undefined : backup,
  };
}

/** Is the tool's file as we left it? */
export async function connectionState(
  file: ConnectedFile,
): Promise<"not connected" | "connected" | "changed since"> {
  const record = await readRecord(file);
  if (record === undefined) return "not connected";
  const text = await readTextIfPresent(record.path).catch(() => undefined);
  return text !== undefined && digestOf(text) === record.digest ? "connected" : "changed since";
}

interface Source {
  readonly text: string | undefined;
  readonly mode: number | undefined;
}

async function withoutOurs(
  file: ConnectedFile,
  source: Source,
  record: Made,
): Promise<Source & { readonly isExact: boolean; readonly kept: readonly Path[] }> {
  const { text, mode } = source;
  const { backup } = record;
  const before = backup === undefined ? undefined : await readTextIfPresent(backup);
  if (text === undefined) return { text, mode, isExact: false, kept: [] };
  const isKnown = backup === undefined || before !== undefined;
  if (digestOf(text) === record.digest && isKnown) {
    return { text: before, mode, isExact: true, kept: [] };
  }
  const undone = guarded(file, () => undoEdits(file.format, text, record.made, before));
  const isOurs = undone.isEmpty && backup === undefined;
  return { text: isOurs ? undefined : undone.text, mode, isExact: false, kept: undone.kept };
}

async function readToolFile({ path, format }: ConnectedFile): Promise<Source> {
  const link = await lstat(path).catch(() => undefined);
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw failed(`\`${path}\` could not be read: ${reasonOf(error)}`, error);
  });
  if (facts === undefined) {
    if (link === undefined) return { text: undefined, mode: undefined };
    throw failed(`\`${path}\` is a link to a file that is not there. Mend or remove the link`);
  }
  if (!facts.isFile()) throw failed(`\`${path}\` is no file`);
  // A rename would replace it all the same: whoever made it read-only did not mean that.
  if ((facts.mode & 0o200) === 0) throw failed(`\`${path}\` is read-only`);
  const text = await readTextIfPresent(path).catch((error: unknown) => {
    throw failed(`\`${path}\` could not be read: ${reasonOf(error)}`, error);
  });
  if (text?.includes("\uFFFD")) throw failed(`\`${path}\` is not UTF-8 text`);
  try {
    format.parse((text ?? "").replace(/^\uFEFF/, ""));
  } catch (error) {
    const reason = reasonOf(error).split("\n", 1)[0];
    throw failed(`\`${path}\` is not valid ${format.name} (${reason}). Mend it first`, error);
  }
  return { text, mode: facts.mode & 0o777 };
}

/** A text in which the values cannot be set on their own is left alone. */
function guarded<T>({ path }: ConnectedFile, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UneditableText)) throw error;
    const problem = `\`${error.message}\` cannot be changed in \`${path}\` without touching more than that. Change it by hand`;
    throw failed(problem, error);
  }
}

function failed(problem: string, cause?: unknown): RelayError {
  return new RelayError("tool_file_refused", `${problem}. Nothing was changed.`, { cause });
}

async function write(path: string, text: string, mode: number): Promise<void> {
  try {
    await writePrivateFile(path, text);
    if (mode !== 0o600) await chmod(path, mode);
  } catch (error) {
    throw failed(`\`${path}\` could not be written: ${reasonOf(error)}`, error);
  }
}

/** A dotfile that is a link stays one; what it points to goes. */
async function realTarget(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** Beside the file, where its owner finds it; never over a backup that nobody remembers. */
async function freeBackupName(path: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const name = `${path}.before-airelays${count === 1 ? "" : `-${count}`}`;
    if ((await lstat(name).catch(() => undefined)) === undefined) return name;
  }
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What was set by an earlier run. */
interface Made {
  readonly path: string;
  /** Undefined when there was no file before. */
  readonly backup: string | undefined;
  /** The mode of the file before. */
  readonly mode: number | undefined;
  /** Of the text that was written. */
  readonly digest: string;
  readonly made: readonly MadeEdit[];
}

async function remember(file: ConnectedFile, made: Made | undefined): Promise<void> {
  const path = recordPath(file);
  if (made === undefined) await rm(path, { force: true });
  else await write(path, `${JSON.stringify(made)}\n`, 0o600);
}

const recordPath = ({ dataDir, tool }: ConnectedFile): string =>
  join(dataDir, "connect", `${tool}.json`);

/** What an earlier run set; undefined when none did, or it cannot be known any more. */
async function readRecord(file: ConnectedFile): Promise<Made | undefined> {
  const value = parseJson((await readTextIfPresent(recordPath(file))) ?? "");
  if (!isJsonObject(value)) return undefined;
  const { path, backup, mode, digest, made } = value;
  if (typeof path !== "string" || typeof digest !== "string") return undefined;
  const edits = (Array.isArray(made) ? made : []).flatMap((each) => decodeEdit(each) ?? []);
  return { path, backup: asString(backup), mode: asNumber(mode), digest, made: edits };
}

function decodeEdit(value: unknown): MadeEdit | undefined {
  if (!isJsonObject(value)) return undefined;
  const { path, digest } = value;
  if (!Array.isArray(path) || typeof digest !== "string") return undefined;
  return { path: path.map(decodeStep), digest };
}

function decodeStep(value: unknown): Step {
  if (!isJsonObject(value)) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]));
}
