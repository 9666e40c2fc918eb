/** `airelays service install|uninstall|status`: the relay as a service of this system. */
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError } from "../../errors.ts";
import type { RunningRelay } from "../../run-files.ts";
import { type CommandContext, has, loadFor, note, type Run } from "../context.ts";
import { findRunning } from "../relay-address.ts";
import { type Field, formatJson, formatSection, formatTitle, printable } from "../render.ts";
import { nameOf, portOf, runningFields, toRunningJson } from "../running-relays.ts";
import {
  formatCommand,
  formatCommands,
  readServiceFile,
  requireConsent,
  runCommands,
  writeServiceFile,
} from "../service/apply.ts";
import { isInCache, leftBehind, planHere } from "../service/here.ts";
import type { ServicePlan } from "../service/plan.ts";
import { stopRelay } from "../stopping.ts";

const answerWithinMs = 15_000;

export const serviceInstall: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const plan = planHere(args, loaded, runtime);
  const { file, install, remarks } = plan;
  io.stdout(
    `It writes ${printable(file.path)}:\n\n${printable(file.text.replaceAll("\r\n", "\n"))}\n` +
      `and runs:\n\n${formatCommands(install)}`,
  );
  warn(context, loaded);
  if (has(args, "print")) return;
  const before = await readServiceFile(file);
  await requireFreePort(loaded);
  await requireConsent(context, `Install it as a service of ${plan.manager}?`);
  await stopServices(context, loaded);
  await writeServiceFile(file);
  await runCommands(io, install).catch(async (error: unknown) => {
    await takeBack(context, plan, before);
    throw error;
  });
  const relay = await answering(context, loaded);
  io.stdout(
    relay === undefined
      ? "\nInstalled. It does not answer yet: airelays service status\n"
      : `\nInstalled. It serves at ${nameOf(relay)}, and starts again when you log in.\n`,
  );
  for (const remark of remarks) io.stdout(`${remark}\n`);
};

export const serviceUninstall: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const plan = planHere(args, loaded, runtime);
  const { file, manager, uninstall, afterwards } = plan;
  if ((await readServiceFile(file)) === undefined) {
    io.stdout(`No service is installed: there is no ${printable(file.path)}.\n`);
    return;
  }
  io.stdout(
    `It runs:\n\n${formatCommands(uninstall)}\nremoves ${printable(file.path)}` +
      (afterwards.length === 0 ? ".\n" : ` and runs:\n\n${formatCommands(afterwards)}`),
  );
  if (has(args, "print")) return;
  await requireConsent(context, "Remove the service?");
  await stopServices(context, loaded);
  await takeBack(context, plan, undefined);
  if (await isKnownTo(context, plan)) {
    const problem = `The file of the service is removed, and ${manager} still has the service.`;
    throw new RelayError("service_failed", problem, {
      hint: `See: ${formatCommand(plan.query)}`,
    });
  }
  io.stdout("\nThe service is removed. Config, sign-in and token are as they were.\n");
};

export const serviceStatus: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const plan = planHere(args, loaded, runtime);
  const { manager, file } = plan;
  const text = await readServiceFile(file);
  const [isKnown, running] = await Promise.all([isKnownTo(context, plan), services(loaded)]);
  const isCurrent = text === undefined ? undefined : text === file.text;
  if (has(args, "json")) {
    const json = {
      manager,
      file: file.path,
      installed: text !== undefined,
      up_to_date: isCurrent ?? null,
      enabled: isKnown,
      running: running.map(toRunningJson),
    };
    io.stdout(formatJson(json));
    return;
  }
  const yesNo = (is: boolean): Pick<Field, "value" | "tone"> =>
    is ? { value: "yes", tone: "good" } : { value: "no", tone: "warn" };
  const stale = { value: "no; airelays service install writes it anew", tone: "warn" } as const;
  const fields: readonly Field[] = [
    { label: "Service manager", value: manager },
    { label: "Installed", value: text === undefined ? "no" : `yes, ${file.path}` },
    ...(isCurrent === undefined
      ? []
      : [
          { label: "Up to date", ...(isCurrent ? yesNo(true) : stale) },
          { label: "Enabled", ...yesNo(isKnown) },
        ]),
    ...runningFields(running, runtime.clock.now()),
  ];
  io.stdout(
    formatTitle("AIRelays service", io.stdoutColors) +
      formatSection("Service", fields, io.stdoutColors, io.stdoutTerminal?.columns),
  );
};

/** As it was before: without a service, or with the file that there was. */
async function takeBack(
  { io }: CommandContext,
  { file, uninstall, afterwards }: ServicePlan,
  before: string | undefined,
): Promise<void> {
  await runCommands(io, uninstall);
  if (before === undefined) await rm(file.path, { force: true });
  else await writeServiceFile({ ...file, text: before });
  await runCommands(io, afterwards);
}

async function services({ config }: LoadedConfig): Promise<readonly RunningRelay[]> {
  const running = await findRunning(config.paths.dataDir);
  return running.filter(({ start }) => start?.by === "service");
}

/** By our own way: the task scheduler lets no answer end. */
async function stopServices(context: CommandContext, loaded: LoadedConfig): Promise<void> {
  for (const relay of await services(loaded)) {
    await stopRelay(context, loaded.config.paths.dataDir, relay);
  }
}

async function isKnownTo({ io }: CommandContext, { query }: ServicePlan): Promise<boolean> {
  const { run } = await io.programs();
  return run(query).then(
    ({ code }) => code === 0,
    () => false,
  );
}

/** A service that finds its port taken would only fail in the dark. */
async function requireFreePort({ config }: LoadedConfig): Promise<void> {
  const relays = await findRunning(config.paths.dataDir);
  const there = relays.find(
    ({ url, start }) => portOf(url) === config.server.port && start?.by !== "service",
  );
  if (there === undefined) return;
  throw new RelayError("port_in_use", `A relay runs already at ${nameOf(there)}.`, {
    hint: "airelays stop, then airelays service install",
  });
}

async function answering(
  { io, runtime }: CommandContext,
  loaded: LoadedConfig,
): Promise<RunningRelay | undefined> {
  const until = runtime.clock.now() + answerWithinMs;
  const progress = await io.progress("Waiting for the service to answer");
  try {
    while (runtime.clock.now() < until) {
      const [relay] = await services(loaded);
      if (relay !== undefined) return relay;
      await delay(100);
    }
    return undefined;
  } finally {
    progress.stop();
  }
}

/** What the service will not have, or not for long. */
function warn({ io, runtime }: CommandContext, loaded: LoadedConfig): void {
  const { script } = runtime.program;
  if (isInCache(script)) {
    const problem = `The program is in the cache of a package runner, which empties it some day: ${script}.`;
    note(io, `${problem} Install it first: npm install --global airelays`);
  }
  const names = leftBehind(loaded, runtime);
  if (names.length === 0) return;
  note(
    io,
    `Set in this terminal, and not for the service: ${names.join(", ")}. Settings belong into ${loaded.path}.`,
  );
}
