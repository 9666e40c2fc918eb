/**
 * Folds the layers (flags, environment, file, defaults) into one `Config` and keeps the origin of
 * each value. All that is wrong is reported in one error. Does not know what a setting is for.
 */
import { readFile } from "node:fs/promises";
import { RelayError, reasonOf } from "../errors.ts";
import { type FileKeys, sortFileKeys } from "./file-keys.ts";
import { nearestName } from "./nearest.ts";
import {
  type ConfigLocation,
  expandHome,
  fullPath,
  joinPath,
  locateConfig,
  locateDataDirectory,
  type Machine,
} from "./paths.ts";
import type { Config } from "./schema.ts";
import { configPathNames, type NamedSetting, settings } from "./settings.ts";
import { lineOfKey, toParsableToml } from "./toml-lines.ts";
import { checkValue, parseText } from "./value.ts";

export interface LoadOptions extends Machine {
  /** Options of the command line by their name without dashes: `{ port: "8080", "no-auth": true }`. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** The value of `--config`. */
  readonly configPath?: string | undefined;
  /** Is it fine that a file named by flag or environment does not exist yet? */
  readonly allowMissing?: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  /** By TOML path: `flag --port`, `environment AIRELAYS_PORT`, `file` or `default`. */
  readonly origins: Readonly<Record<string, string>>;
  readonly path: string;
  readonly exists: boolean;
  /** What the user should know and what stops nothing: retired keys, variables that do nothing. */
  readonly notices: readonly string[];
}

interface Given {
  readonly value: unknown;
  readonly origin: string;
}

/** What the file says; `text` is undefined when there is none. */
interface ConfigFile extends FileKeys {
  readonly path: string;
  readonly text: string | undefined;
}

interface PathContext {
  readonly dataDirectory: string;
  readonly options: LoadOptions;
  readonly file: ConfigFile;
}

const dataDirPath = "paths.data_dir";

/** The effective settings; throws one `config_invalid` that lists everything wrong. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const problems: string[] = [];
  const location = locateConfig(options, options.configPath);
  const file = await readConfigFile(location, options, problems);
  const values = new Map<string, Given>();
  for (const named of settings) {
    const valid: Given[] = [];
    for (const given of givenValues(named, options, file)) {
      const checked = checkValue(named.setting, given.value);
      if ("value" in checked) valid.push({ ...given, value: checked.value });
      else problems.push(describe(named, given.origin, checked.problem, file));
    }
    const dataDirectory = `${values.get(dataDirPath)?.value}`;
    values.set(named.tomlPath, resolve(named, valid[0], { dataDirectory, options, file }));
  }
  if (problems.length > 0) throw invalid(problems);
  return {
    config: assemble(values),
    origins: Object.fromEntries([...values].map(([path, { origin }]) => [path, origin])),
    path: location.path,
    exists: file.text !== undefined,
    notices: [
      ...file.notices.map((notice) => `${location.path}: ${notice}`),
      ...unknownVariables(options.env),
    ],
  };
}

async function readConfigFile(
  { path, origin }: ConfigLocation,
  { allowMissing = false }: LoadOptions,
  problems: string[],
): Promise<ConfigFile> {
  const empty = { path, values: new Map<string, unknown>(), problems: [], notices: [] };
  let text: string;
  try {
    text = toParsableToml(await readFile(path, "utf8"));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (!missing) problems.push(`${path}: cannot be read: ${reasonOf(error)}`);
    else if (origin !== "default" && !allowMissing) {
      problems.push(`${path}: does not exist, and ${origin} names it; \`airelays init\` writes it`);
    }
    return { ...empty, text: undefined };
  }
  // Takes 2 ms of a start, and many a start has no config file.
  const { parse } = await import("@iarna/toml");
  try {
    const keys = sortFileKeys(parse(text));
    const file = { path, text, ...keys };
    problems.push(...keys.problems.map((each) => `${place(file, each.path)}: ${each.problem}`));
    return file;
  } catch (error) {
    problems.push(syntaxProblem(path, text, error));
    return { ...empty, text };
  }
}

/** The parser counts lines from 0 and quotes the text around the place, which may hold a secret. */
function syntaxProblem(path: string, text: string, error: unknown): string {
  const { line } = error as { line?: unknown };
  const [reason] = reasonOf(error).split(/ at row | \(at row |\n/);
  if (typeof line !== "number") return `${path}: is not valid TOML: ${reason}`;
  const windowsPath = /"[^"]*\\/.test(text.split("\n")[line] ?? "");
  const hint = windowsPath ? "; a path with backslashes needs single quotes" : "";
  return `${path}, line ${line + 1}: is not valid TOML: ${reason}${hint}`;
}

/** The values that the layers give for one setting, strongest first. */
function givenValues(
  { tomlPath, envNames, setting }: NamedSetting,
  { env, flags = {} }: LoadOptions,
  file: ConfigFile,
): readonly Given[] {
  const given: Given[] = [];
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  if (flag !== undefined) {
    const raw = typeof flag === "string" ? parseText(setting, flag) : flag;
    const value = setting.flag?.startsWith("no-") && typeof raw === "boolean" ? !raw : raw;
    given.push({ value, origin: `flag --${setting.flag}` });
  }
  for (const name of envNames) {
    const text = env[name];
    if (text !== undefined && text !== "") {
      given.push({ value: parseText(setting, text), origin: `environment ${name}` });
    }
  }
  if (file.values.has(tomlPath)) given.push({ value: file.values.get(tomlPath), origin: "file" });
  return given;
}

/** The value that counts: the strongest, else the default; a path in full. */
function resolve(
  { tomlPath, setting }: NamedSetting,
  strongest: Given | undefined,
  { dataDirectory, options, file }: PathContext,
): Given {
  if (setting.type !== "path") return strongest ?? { value: setting.default, origin: "default" };
  // What is typed is relative to where it was typed; a file's path is what the file says.
  const toFull = strongest?.origin === "file" ? expandHome : fullPath;
  const named = strongest && { ...strongest, value: toFull(`${strongest.value}`, options) };
  if (tomlPath === dataDirPath) {
    return named ?? { value: locateDataDirectory(options), origin: "default" };
  }
  const inside = (folder: string) => joinPath(options.platform, folder, `${setting.default}`);
  const followsFile =
    named?.origin === "file" && named.value === inside(folderOfFile(file, options));
  if (named !== undefined && !followsFile) return named;
  return { value: inside(dataDirectory), origin: "default" };
}

/**
 * The data folder that the file had in mind. `airelays init` writes every path in full, so a log
 * folder inside this one was not chosen: it moves along when `--data-dir` names another.
 */
function folderOfFile(file: ConfigFile, machine: Machine): string {
  const value = file.values.get(dataDirPath);
  return typeof value === "string" ? expandHome(value, machine) : locateDataDirectory(machine);
}

function describe({ tomlPath }: NamedSetting, origin: string, problem: string, file: ConfigFile) {
  const where = origin === "file" ? place(file, tomlPath.split(".")) : origin;
  return `${where}: \`${tomlPath}\` ${problem}`;
}

function place({ path, text = "" }: Pick<ConfigFile, "path" | "text">, key: readonly string[]) {
  const line = lineOfKey(text, key);
  return line === undefined ? path : `${path}, line ${line}`;
}

function invalid(problems: readonly string[]): RelayError {
  const [only] = problems;
  const message =
    problems.length === 1
      ? `The configuration is not valid. ${only}`
      : `The configuration has ${problems.length} problems:\n${problems.map((line) => `  ${line}`).join("\n")}`;
  return new RelayError("config_invalid", message, {
    hint: "CONFIGURATION.md describes every setting",
    problems,
  });
}

/** Variables with our prefix that nothing reads: most often a slip of the finger. */
function unknownVariables(env: Machine["env"]): readonly string[] {
  const known = [...configPathNames, ...settings.flatMap(({ envNames }) => envNames)];
  return Object.keys(env)
    .filter((name) => name.startsWith("AIRELAYS_") && !known.includes(name))
    .map((name) => {
      const near = nearestName(name, known);
      const guess = near === undefined ? "" : `; did you mean \`${near}\`?`;
      return `environment \`${name}\` is not a setting and does nothing${guess}`;
    });
}

function assemble(values: ReadonlyMap<string, Given>): Config {
  const config: Record<string, Record<string, unknown>> = {};
  for (const { section, key, tomlPath, setting } of settings) {
    const rows = config[section] ?? {};
    config[section] = rows;
    const value = values.get(tomlPath)?.value;
    // Not enumerable: neither `inspect` nor JSON nor a copy of the section shows a secret.
    Object.defineProperty(rows, key, { value, enumerable: setting.type !== "secret" });
  }
  // Every row of the table was checked by its own type, and the table is what Config is made of.
  return config as unknown as Config;
}
