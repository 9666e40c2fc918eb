/** The table of `schema.ts` as a list, each row with the names under which a value may be given. */
import { schema } from "./schema.ts";
import type { Setting } from "./setting.ts";

export interface NamedSetting {
  readonly section: string;
  /** The key in `Config`. */
  readonly key: string;
  /** `server.port`: the key in `config.toml`, and the name of the setting in messages. */
  readonly tomlPath: string;
  /** Strongest first. */
  readonly envNames: readonly string[];
  readonly setting: Setting;
}

/** Environment names for one suffix, strongest first. */
function envNamesOf(suffix: string, legacy: boolean): readonly string[] {
  const names = [`AIRELAYS_${suffix}`, `AIRELAY_${suffix}`];
  return legacy ? [...names, `OPENAI_ENDPOINT_${suffix}`] : names;
}

/** Names the variable that says where `config.toml` is. */
export const configPathNames: readonly string[] = envNamesOf("CONFIG", true);

const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** Every row of the table, in its order. */
export const settings: readonly NamedSetting[] = Object.entries(schema).flatMap(([section, rows]) =>
  Object.entries<Setting>(rows).map(([key, setting]) => ({
    section,
    key,
    tomlPath: `${section}.${toSnakeCase(key)}`,
    envNames: [setting.env, ...(setting.envAliases ?? [])].flatMap((suffix) =>
      envNamesOf(suffix, setting.legacy === true),
    ),
    setting,
  })),
);

/** May the setting stand in `config.toml`? */
export function isInFile({ setting }: NamedSetting): boolean {
  return setting.type !== "secret";
}
