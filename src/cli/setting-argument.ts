/** A setting that is named on the command line, and a value for it as it may stand in the file. */
import { nearestName } from "../config/nearest.ts";
import { fullPath } from "../config/paths.ts";
import type { Config } from "../config/schema.ts";
import { isInFile, type NamedSetting, settings } from "../config/settings.ts";
import { checkValue, parseText } from "../config/value.ts";
import type { TomlValue } from "../config/write.ts";
import { RelayError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";

const hint = "airelays config get lists every setting";

/** The row of `server.port`; throws `usage` with the name that was probably meant. */
export function namedSetting(key: string): NamedSetting {
  const named = settings.find(({ tomlPath }) => tomlPath === key.trim());
  if (named !== undefined) return named;
  const names = settings.map(({ tomlPath }) => tomlPath);
  // `port` alone names it as well, where there is one of that name.
  const near = names.find((name) => name.endsWith(`.${key}`)) ?? nearestName(key, names);
  const guess = near === undefined ? "" : `; did you mean \`${near}\`?`;
  throw new RelayError("usage", `There is no setting \`${key}\`${guess}`, { hint });
}

export function settingValue({ section, key }: NamedSetting, config: Config): unknown {
  const rows: Readonly<Record<string, unknown>> = config[section as keyof Config];
  return rows[key];
}

/** Throws `usage` for what the setting does not take, and for what must not stand in a file. */
export function toFileValue(
  named: NamedSetting,
  text: string,
  runtime: Pick<Runtime, "platform" | "homeDirectory" | "workingDirectory">,
): TomlValue {
  const { setting, tomlPath, envNames } = named;
  if (!isInFile(named)) {
    const message = `\`${tomlPath}\` is a secret, and no file but its own may hold it.`;
    const way = `Set \`${envNames[0]}\`, or make a new one: airelays token rotate`;
    throw new RelayError("usage", message, { hint: way });
  }
  const checked = checkValue(setting, parseText(setting, text));
  if ("problem" in checked) {
    throw new RelayError("usage", `\`${tomlPath}\` ${checked.problem}`, { hint });
  }
  const value = setting.type === "path" ? fullPath(String(checked.value), runtime) : checked.value;
  // What a setting of the file takes is a TOML value, by the table's types.
  return value as TomlValue;
}
