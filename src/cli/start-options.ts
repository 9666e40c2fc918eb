/** The words of a command line that start the same relay again. Pure. */
import { resolve } from "node:path";
import { parseAddress } from "../config/address.ts";
import type { LoadedConfig } from "../config/load.ts";
import { configPathNames } from "../config/settings.ts";
import type { Start } from "../run-files.ts";
import type { Runtime } from "../runtime.ts";
import { inUrl } from "../server/addresses.ts";
import { serveOptions } from "./command-spec.ts";
import { globalOptions } from "./command-table.ts";
import type { Args } from "./context.ts";

/** About this start, and not about the relay. */
const ofThisStart: readonly string[] = ["detach", "started-by"];

const names = Object.keys({ ...globalOptions, ...serveOptions }).filter(
  (name) => !ofThisStart.includes(name),
);

const paths: readonly string[] = ["config", "data-dir", "logs-dir", "bearer-token-file"];

/**
 * The options of `serve` among parsed ones, as they would be typed in any folder; `folder` is where
 * they were typed. None of them holds a secret.
 */
export function toStartOptions(args: Args, folder: string): string[] {
  return names.flatMap((name) => {
    const value = args[name];
    if (value === true || value === "") return [`--${name}`];
    if (typeof value !== "string") return [];
    const isRelative = paths.includes(name) && !value.startsWith("~");
    // One word: a value may begin with a dash.
    return [`--${name}=${isRelative ? resolve(folder, value) : value}`];
  });
}

/** What the parser makes of them. */
export function fromStartOptions(options: readonly string[]): Args {
  return Object.fromEntries(
    options.map((option) => {
      const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(option) ?? [];
      const isSwitch = (serveOptions[name] ?? globalOptions[name])?.type === "boolean";
      return [name, value ?? (isSwitch ? true : "")];
    }),
  );
}

interface Ports {
  readonly port: number;
  readonly ollamaPort: number | undefined;
}

/** The same, where a free port was asked for with the one that it got: clients have that one. */
function withPorts(args: Args, { config }: LoadedConfig, ports: Ports): Args {
  const ollama = parseAddress(config.ollama.listen);
  return {
    ...args,
    ...(config.server.port === 0 && { port: String(ports.port) }),
    ...(ollama?.port === 0 && {
      ollama: `${inUrl(ollama.host)}:${ports.ollamaPort ?? ollama.port}`,
    }),
  };
}

/** The variables that settings came from: not their values, which may be secret. */
export function settingVariables(
  { origins }: LoadedConfig,
  { env }: Pick<Runtime, "env">,
): string[] {
  const used = Object.values(origins)
    .filter((origin) => origin.startsWith("environment "))
    .map((origin) => origin.slice("environment ".length));
  const pathNames = configPathNames.filter((name) => (env[name] ?? "") !== "").slice(0, 1);
  return [...new Set([...pathNames, ...used])].sort();
}

/** How this relay was started, for its run file. */
export function startOf(args: Args, loaded: LoadedConfig, runtime: Runtime, ports: Ports): Start {
  const by = args["started-by"];
  const folder = runtime.program.folder();
  return {
    by: by === "background" || by === "service" ? by : "terminal",
    options: toStartOptions(withPorts(args, loaded, ports), folder),
    folder,
    environment: settingVariables(loaded, runtime),
  };
}
