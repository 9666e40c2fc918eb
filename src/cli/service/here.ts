/** The plan for this machine: which service manager it has, and what the service is to run. */
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import { joinPath } from "../../config/paths.ts";
import { configPathNames } from "../../config/settings.ts";
import { RelayError } from "../../errors.ts";
import type { Runtime } from "../../runtime.ts";
import { backgroundLogPath } from "../background-log.ts";
import type { Args } from "../context.ts";
import { settingVariables, toStartOptions } from "../start-options.ts";
import { launchdPlan } from "./launchd.ts";
import type { ServiceOptions, ServicePlan } from "./plan.ts";
import { systemdPlan } from "./systemd.ts";
import { taskSchedulerPlan } from "./task-scheduler.ts";

export function planHere(args: Args, loaded: LoadedConfig, runtime: Runtime): ServicePlan {
  const { platform, env, homeDirectory, userId, program } = runtime;
  const { paths, server } = loaded.config;
  const folder = program.folder();
  const start = ["serve", ...optionsOf(args, loaded, runtime), "--started-by=service"];
  // What was found on the command line may be relative to a folder in which no service starts.
  const before = [program.node, ...program.nodeOptions, resolve(folder, program.script)];
  const dataDir = resolve(folder, paths.dataDir);
  const options: ServiceOptions = {
    argv: [...before, ...start, ...(platform === "win32" ? ["--detach"] : [])],
    homeDirectory,
    dataDir,
    logFile: backgroundLogPath(dataDir),
    drainSeconds: server.drainSeconds,
  };
  refuseControls(options.argv);
  switch (platform) {
    case "linux": {
      const named = env["XDG_CONFIG_HOME"] ?? "";
      const configDirectory = named === "" ? joinPath(platform, homeDirectory, ".config") : named;
      return systemdPlan({ ...options, configDirectory });
    }
    case "darwin":
      return launchdPlan({ ...options, userId: userId ?? 0 });
    case "win32": {
      const [domain = "", user = ""] = [env["USERDOMAIN"], env["USERNAME"]];
      const account = domain === "" ? user : `${domain}\\${user}`;
      const file = join(dataDir, "service.xml");
      return taskSchedulerPlan({ ...options, account, file });
    }
    default:
      throw new RelayError(
        "service_failed",
        `airelays knows no service manager of ${platform}; it knows systemd, launchd and the Windows task scheduler.`,
        { hint: "In the background without one: airelays serve --detach" },
      );
  }
}

const carried = {
  "paths.data_dir": "data-dir",
  "paths.logs_dir": "logs-dir",
  "auth.storage": "auth-storage",
} as const;

/** Where its files are comes along; all else the service reads from the config file. */
function optionsOf(args: Args, loaded: LoadedConfig, runtime: Runtime): string[] {
  const { config, origins, path } = loaded;
  const values = {
    "data-dir": config.paths.dataDir,
    "logs-dir": config.paths.logsDir,
    "auth-storage": config.auth.storage,
  };
  const named = Object.entries(carried).filter(([key]) =>
    /^(flag|environment) /.test(origins[key] ?? ""),
  );
  const isNamed = args["config"] !== undefined || variablesOfPath(runtime).length > 0;
  const options: Args = {
    ...(isNamed && { config: path }),
    ...Object.fromEntries(named.map(([, flag]) => [flag, values[flag]])),
  };
  return toStartOptions(options, runtime.program.folder());
}

function variablesOfPath({ env }: Runtime): string[] {
  return configPathNames.filter((name) => (env[name] ?? "") !== "");
}

/** What programs of the network take from the environment of a terminal. */
const networkVariables = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const nodeVariables = ["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "NODE_OPTIONS"];

/** Names of what is set here and not for a service. The values may be secret, and are not copied. */
export function leftBehind(loaded: LoadedConfig, runtime: Runtime): readonly string[] {
  const { origins } = loaded;
  const along = new Set([
    ...variablesOfPath(runtime),
    ...Object.keys(carried).map((key) => origins[key]?.replace(/^environment /, "")),
  ]);
  const settings = settingVariables(loaded, runtime).filter((name) => !along.has(name));
  const others = [...networkVariables, ...nodeVariables];
  return [...settings, ...others.filter((name) => (runtime.env[name] ?? "") !== "")];
}

/** Is the program in a place that a package runner empties by itself? */
export function isInCache(script: string): boolean {
  return /[\\/](_npx[\\/]|dlx-|bunx-)/.test(script);
}

function refuseControls(argv: readonly string[]): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end a line of the file
  const bad = argv.find((word) => /[\u0000-\u001f\u007f]/.test(word));
  if (bad === undefined) return;
  throw new RelayError(
    "service_failed",
    `${JSON.stringify(bad)} holds a control character, which no service can be given.`,
  );
}
