/** What a report has in it: each file, what it tells, and its text without what nobody else should know. */
import { arch, platform, release } from "node:os";
import type { LoadedConfig } from "../../config/load.ts";
import { isInFile, settings } from "../../config/settings.ts";
import { reasonOf } from "../../errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";
import { withoutControls } from "../../transit/redact.ts";
import { version } from "../../version.ts";
import type { Args, CommandContext, Run } from "../context.ts";
import type { CliIO } from "../io.ts";
import { readLogPart } from "./log-part.ts";
import type { Scrub } from "./scrub.ts";

export interface ReportFile {
  readonly name: string;
  /** One sentence, for the list and for the file that explains the others. */
  readonly about: string;
  readonly text: string;
}

export interface ReportOptions {
  /** Undefined when the configuration cannot be read; the doctor's part says why. */
  readonly loaded: LoadedConfig | undefined;
  readonly limit: number;
  readonly withContent: boolean;
  readonly scrub: Scrub;
}

export async function gatherReport(
  context: CommandContext,
  { loaded, limit, withContent, scrub }: ReportOptions,
): Promise<readonly ReportFile[]> {
  const json = (value: unknown): string =>
    `${withoutControls(JSON.stringify(scrub.value(value), null, 2))}\n`;
  const lines = (values: readonly unknown[]): string =>
    withoutControls(values.map((each) => `${JSON.stringify(scrub.value(each))}\n`).join(""));
  const { doctor } = await import("../commands/doctor.ts");
  const { status } = await import("../commands/status.ts");
  const files: ReportFile[] = [
    {
      name: "versions.json",
      about: "airelays, Node.js and the system",
      text: json(versions()),
    },
    {
      name: "doctor.json",
      about: "what `airelays doctor --json` found",
      text: json(await answerOf(doctor, context)),
    },
  ];
  if (loaded !== undefined) {
    files.push(
      {
        name: "config.json",
        about: "the settings in force, and where each comes from",
        text: json(settingsOf(loaded)),
      },
      {
        name: "status.json",
        about: "what `airelays status --json` says, without the account",
        text: json(withoutAccount(await answerOf(status, context))),
      },
    );
    const part = await readLogPart(loaded.config.paths.logsDir, { limit, withContent });
    files.push({
      name: "requests.jsonl",
      about: `how the last ${part.endings.length} requests ended, without what was said`,
      text: lines(part.endings),
    });
    if (part.records !== undefined) {
      files.push({
        name: "records.jsonl",
        about: "what was asked and answered in them, in full",
        text: lines(part.records),
      });
    }
  }
  return [explanation(files), ...files];
}

function versions(): JsonObject {
  return {
    airelays: version,
    node: process.version,
    platform: platform(),
    arch: arch(),
    os_release: release(),
  };
}

/** What a command prints for scripts; where it fails, why. */
async function answerOf(run: Run, context: CommandContext): Promise<unknown> {
  let printed = "";
  const io = Object.create(context.io, {
    stdout: {
      value: (text: string) => {
        printed += text;
      },
    },
    stderr: { value: () => undefined },
  }) as CliIO;
  const args: Args = { ...context.args, json: true };
  try {
    await run({ ...context, args, io });
  } catch (error) {
    // A doctor that finds something fails, and has printed what it found.
    if (printed === "") return { failed: reasonOf(error) };
  }
  return parseJson(printed) ?? { failed: "What it printed is no JSON." };
}

/** The value of every setting that may stand in a file; the token is none of them. */
function settingsOf({ config, origins, notices }: LoadedConfig): JsonObject {
  const sections: Readonly<Record<string, Readonly<Record<string, unknown>>>> = config;
  const rows = settings.filter(isInFile).map(({ section, key, tomlPath }) => {
    const value = sections[section]?.[key] ?? null;
    return [tomlPath, { value, origin: origins[tomlPath] ?? "default" }] as const;
  });
  return { settings: Object.fromEntries(rows), notices };
}

const accountField =
  /^(e-?mail|user|account|workspace|organization|owner)|_account_id$|fingerprint/;

/** Whatever later versions of `status` tell of the account, its fields are named like this. */
function withoutAccount(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAccount);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      // `account_bound` tells nobody who it is.
      .filter(([key, inner]) => typeof inner === "boolean" || !accountField.test(key))
      .map(([key, inner]) => [key, withoutAccount(inner)]),
  );
}

function explanation(files: readonly ReportFile[]): ReportFile {
  const list = files.map(({ name, about }) => `${name}: ${about}\n`).join("");
  const text = `A report of airelays, made by: airelays report

${list}
Tokens, the account, your home folder and your name were taken out. Look through
the files before you send them: what is in a model's name, a path or a setting
was written by you.
`;
  return { name: "README.txt", about: "what the other files are", text };
}
