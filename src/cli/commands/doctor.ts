/** `airelays doctor`: every layer between a client and an answer, and the first one that fails. */
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError } from "../../errors.ts";
import { createSignIn } from "../../sign-in.ts";
import { type CommandContext, has, type Run, readFor } from "../context.ts";
import {
  examine,
  type Finding,
  type NamedFinding,
  type Patient,
  toFinding,
} from "../doctor/check.ts";
import { checks } from "../doctor/checks.ts";
import { serversOf } from "../doctor/servers.ts";
import type { Colors } from "../io.ts";
import { formatJson, formatTitle, paint, printable, wrapText } from "../render.ts";
import type { Repeat } from "../same-settings.ts";

/** Of each step over the network; `upstream.connect_timeout_seconds` may ask for less. */
const longestStepMs = 10_000;

export const doctor: Run = async (context) => {
  const { args, io, repeat } = context;
  const isJson = has(args, "json");
  const colors = io.stdoutColors;
  const found = await readFor(context).catch((error: unknown) => toFinding(error));
  const patient = "config" in found ? toPatient(found, context) : undefined;
  const config = "config" in found ? configFinding(found) : found;
  if (!isJson) io.stdout(`${formatTitle("AIRelays doctor", colors)}\n`);
  const findings = await examine(checks, config, patient, (finding) => {
    if (!isJson)
      io.stdout(formatFinding(told(finding, repeat), colors, io.stdoutTerminal?.columns));
  });
  const failed = findings.filter(({ status }) => status === "fail");
  if (isJson) {
    const list = findings
      .map((finding) => told(finding, repeat))
      .map(({ name, status, detail, next = null }) => ({ name, status, detail, next }));
    io.stdout(formatJson({ ok: failed.length === 0, checks: list }));
  }
  if (!isJson) io.stdout("\n");
  if (failed.length > 0) {
    const names = failed.map(({ name }) => `\`${name}\``).join(", ");
    const next = failed[0]?.next;
    const text = `${failed.length} of ${findings.length} checks failed: ${names}.`;
    throw new RelayError("check_failed", text, next === undefined ? {} : { hint: next });
  }
  const warnings = findings.filter(({ status }) => status === "warn").length;
  const also = warnings === 0 ? "" : ` ${warnings === 1 ? "1 warning" : `${warnings} warnings`}.`;
  if (!isJson) io.stdout(`Nothing failed.${also}\n`);
};

/** With the commands in it as they have to be typed here. */
function told({ detail, next, ...rest }: NamedFinding, repeat: Repeat): NamedFinding {
  return { ...rest, detail: repeat(detail), next: next === undefined ? next : repeat(next) };
}

function toPatient(loaded: LoadedConfig, { args, runtime }: CommandContext): Patient {
  const { config } = loaded;
  return {
    loaded,
    runtime,
    // What the stores would tell the person, the checks find by themselves.
    signIn: createSignIn(config, runtime, () => undefined),
    servers: serversOf(config),
    isLive: has(args, "live"),
    stepMs: Math.min(longestStepMs, config.upstream.connectTimeoutSeconds * 1000),
    learned: { aheadMs: new Map(), models: [] },
  };
}

function configFinding({ path, exists, notices }: LoadedConfig): Finding {
  if (notices.length > 0) {
    const next = "Remove what does nothing, or put its name right";
    return { status: "warn", detail: `${notices.join("; ")}.`, next };
  }
  if (exists) return { status: "ok", detail: `\`${path}\`` };
  return { status: "ok", detail: `\`${path}\` is not written; the defaults count.` };
}

const signs = { ok: "✓", warn: "!", fail: "✗", skipped: "-" } as const;
const tones = { ok: "good", warn: "warn", fail: "bad", skipped: "dim" } as const;
/** As wide as sign, word and name before the text; fewer columns have the text below them. */
const beside = 24;
const narrow = 60;

/** One line for each check, longer ones wrapped; the next step stands below. */
export function formatFinding(finding: NamedFinding, colors: Colors, columns = 80): string {
  const isNarrow = columns < narrow;
  const indent = " ".repeat(isNarrow ? 4 : beside);
  const textWidth = Math.min(80, columns) - indent.length;
  const { name, status, detail, next } = finding;
  const mark = paint(tones[status], colors)(`${signs[status]} ${status.padEnd(7)}`);
  const label = name.replaceAll("_", " ").padEnd(11);
  const lines = wrapText(printable(detail), textWidth);
  const step =
    next === undefined || next === "" ? [] : wrapText(`next: ${printable(next)}`, textWidth);
  return [
    ...(isNarrow ? [`${mark}  ${label}`] : [`${mark}  ${label}  ${lines[0] ?? ""}`]),
    ...lines.slice(isNarrow ? 0 : 1).map((line) => indent + line),
    ...step.map((line) => indent + colors.bold(line)),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
