/** `airelays connect`: the settings of a tool with this relay's address, shown, written or taken out. */
import { existsSync } from "node:fs";
import type { LoadedConfig } from "../../config/load.ts";
import { nearestName } from "../../config/nearest.ts";
import { RelayError } from "../../errors.ts";
import { clientTarget } from "../client-target.ts";
import {
  type ConnectedFile,
  connectionState,
  undoConnection,
  writeConnection,
} from "../connect/connected-file.ts";
import { whereFound } from "../connect/found.ts";
import { notesOf } from "../connect/notes.ts";
import { exampleModel, relayFacts } from "../connect/relay-facts.ts";
import {
  type Screen,
  showNext,
  showTool,
  showTools,
  showTrials,
  showUndone,
  showWritten,
} from "../connect/screen.ts";
import { holdsToken, settingsText } from "../connect/settings-text.ts";
import { type Trial, tryAnswer, tryModels } from "../connect/test-call.ts";
import type { Tool, ToolFile } from "../connect/tool.ts";
import { tools } from "../connect/tools.ts";
import { type CommandContext, has, loadFor, note, type Run } from "../context.ts";
import { formatJson } from "../render.ts";

export const connect: Run = async (context) => {
  const { args } = context;
  const name = args["tool"];
  const tool = typeof name === "string" ? toolNamed(name) : undefined;
  checkUsage(context, tool);
  const loaded = await loadFor(context);
  if (tool === undefined) await list(context, loaded);
  else if (has(args, "undo")) await undo(context, loaded, tool);
  else await showOrWrite(context, loaded, tool);
};

function toolNamed(name: string): Tool {
  const tool = tools.find((each) => each.name === name);
  if (tool !== undefined) return tool;
  const meant = nearestName(
    name,
    tools.map((each) => each.name),
  );
  const guess = meant === undefined ? "" : `; did you mean \`airelays connect ${meant}\`?`;
  throw new RelayError("usage", `There are no settings for \`${name}\`${guess}`, {
    hint: "airelays connect lists the tools; airelays env fits any other",
  });
}

function checkUsage({ args }: CommandContext, tool: Tool | undefined): void {
  const changes = ["write", "undo"].filter((name) => has(args, name));
  const usage = (message: string, hint: string): RelayError =>
    new RelayError("usage", message, { hint });
  if (tool === undefined) {
    const [given] = [...changes, ...(has(args, "test") ? ["test"] : [])];
    if (given !== undefined)
      throw usage(`\`--${given}\` needs the name of a tool.`, "airelays connect");
    return;
  }
  const extra = ["test", "model"].find((name) => args[name] !== undefined);
  if (has(args, "undo") && extra !== undefined) {
    throw usage(`\`--undo\` goes without \`--${extra}\`.`, "airelays connect --help");
  }
  if (changes.length > 1)
    throw usage("`--write` or `--undo`, not both.", "airelays connect --help");
  if (changes.length === 0 || tool.file !== undefined) return;
  throw usage(
    `${tool.title} has no file that airelays can write; its settings are filled in by hand.`,
    `airelays connect ${tool.name}`,
  );
}

async function list({ args, io, runtime }: CommandContext, loaded: LoadedConfig): Promise<void> {
  const listed = await Promise.all(
    tools.map(async (tool) => ({
      tool,
      found: whereFound(tool, runtime),
      isConnected:
        tool.file !== undefined &&
        (await stateOf(tool, tool.file, loaded, runtime)) !== "not connected",
    })),
  );
  if (!has(args, "json")) {
    io.stdout(showTools(listed, screenOf(io)));
    return;
  }
  const entries = listed.map(({ tool, found, isConnected }) => ({
    tool: tool.name,
    title: tool.title,
    api: tool.api,
    found: found ?? null,
    can_write: tool.file !== undefined,
    connected: isConnected,
  }));
  io.stdout(formatJson({ tools: entries }));
}

async function undo(context: CommandContext, loaded: LoadedConfig, tool: Tool): Promise<void> {
  const { args, io, runtime } = context;
  if (tool.file === undefined) return;
  const file = connectedFile(tool, tool.file, loaded, runtime);
  const result = await undoConnection(file);
  if (has(args, "json")) {
    const { outcome = "not connected", kept = [], backup = null } = result ?? {};
    io.stdout(
      formatJson({ tool: tool.name, file: result?.path ?? file.path, outcome, kept, backup }),
    );
    return;
  }
  io.stdout(
    result === undefined
      ? `${tool.title} was not connected by airelays: there is nothing to take out.\n`
      : showUndone(result.path, result, screenOf(io)),
  );
}

async function showOrWrite(
  context: CommandContext,
  loaded: LoadedConfig,
  tool: Tool,
): Promise<void> {
  const { args, io, runtime } = context;
  const target = await clientTarget(loaded, runtime);
  const { models, ...modelsTrial } = await tryModels(target);
  const wanted = args["model"];
  const facts = relayFacts(target, models, typeof wanted === "string" ? wanted : undefined);
  if (models.length === 0 && typeof wanted !== "string") {
    note(io, `Your plan's models are not known now; \`${exampleModel}\` stands for one.`);
  }
  const { file: toolFile } = tool;
  const file = toolFile && connectedFile(tool, toolFile, loaded, runtime);
  const written =
    has(args, "write") && toolFile && file
      ? await writeConnection(
          file,
          toolFile.edits(facts, runtime),
          holdsToken(toolFile, facts, runtime),
        )
      : undefined;
  const settings = toolFile &&
    file && {
      path: file.path,
      text: settingsText(toolFile, facts, runtime),
      holdsToken: holdsToken(toolFile, facts, runtime),
      isConnected: (await connectionState(file)) !== "not connected",
    };
  const trials: Trial[] = [modelsTrial];
  if (has(args, "test") && modelsTrial.ok) {
    trials.push(await tryAnswer(target, tool.api, facts.model.id));
  }
  const sample = tool.sample?.(facts);
  const guidance = { steps: tool.steps(facts), notes: notesOf(tool, facts) };
  if (has(args, "json")) {
    io.stdout(
      formatJson({
        tool: tool.name,
        title: tool.title,
        api: tool.api,
        found: whereFound(tool, runtime) ?? null,
        relay: { url: target.url, base_url: facts.baseUrl, answers: target.isAnswering },
        model: facts.model.id,
        file: settings
          ? {
              path: settings.path,
              format: toolFile?.format.name ?? null,
              settings: settings.text,
              holds_token: settings.holdsToken,
              connected: settings.isConnected,
            }
          : null,
        written: written ?? null,
        sample: sample?.text ?? null,
        ...guidance,
        tests: trials,
      }),
    );
  } else {
    const screen = screenOf(io);
    if (written !== undefined && file !== undefined) {
      io.stdout(showWritten(file.path, written, screen) + showNext(guidance.steps, screen));
    } else {
      io.stdout(showTool(tool, settings, sample, guidance, screen));
    }
    io.stdout(showTrials(trials, screen));
  }
  failOnTest(context, trials);
}

/** Settings can be looked at, and written, before a relay runs; a test was asked for to be told. */
function failOnTest({ args }: CommandContext, trials: readonly Trial[]): void {
  const failed = trials.find(({ ok }) => !ok);
  if (failed === undefined || !has(args, "test")) return;
  throw new RelayError("check_failed", `${failed.call} failed: ${failed.detail}`, {
    hint: "airelays doctor",
  });
}

type Surroundings = CommandContext["runtime"];

function connectedFile(
  tool: Tool,
  { format, path, alternatives }: ToolFile,
  { config }: LoadedConfig,
  runtime: Surroundings,
): ConnectedFile {
  const there = alternatives?.(runtime).find((each) => existsSync(each));
  return { tool: tool.name, path: there ?? path(runtime), format, dataDir: config.paths.dataDir };
}

function stateOf(tool: Tool, file: ToolFile, loaded: LoadedConfig, runtime: Surroundings) {
  return connectionState(connectedFile(tool, file, loaded, runtime));
}

function screenOf({ stdoutColors, stdoutTerminal }: CommandContext["io"]): Screen {
  const columns = Math.min(stdoutTerminal?.columns ?? 80, 100);
  return { colors: stdoutColors, columns: Math.max(columns, 24) };
}
