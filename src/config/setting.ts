/**
 * What one setting is: its type, its default, its names and the sentence that documents it. Knows
 * no setting in particular and reads nothing.
 */
import type { ListKind } from "./list-value.ts";

type SettingType =
  | "string"
  | "path"
  | "url"
  | "integer"
  | "number"
  | "boolean"
  | "enum"
  | "names"
  | "address"
  | ListKind
  | "secret";

/** A row of the table. `T` is the type of the value in `Config`. */
export interface Setting<T = unknown> {
  readonly type: SettingType;
  readonly default: T;
  /** The part of the environment name after `AIRELAYS_`. */
  readonly env: string;
  /** Further suffixes that older versions read. */
  readonly envAliases?: readonly string[];
  /** Is the name also read as `OPENAI_ENDPOINT_<env>`, as the first versions did? */
  readonly legacy?: boolean;
  /** The option without its dashes. `no-x` is a switch that makes the setting false. */
  readonly flag?: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** The address that is meant by `on`, and by the option alone. */
  readonly whenOn?: string;
  /** The default is a name inside `paths.data_dir`, and moves with it. */
  readonly inDataDir?: boolean;
  readonly doc: string;
}

type Extra = Pick<Setting, "envAliases" | "legacy" | "flag" | "unit" | "min" | "max" | "inDataDir">;

const setting =
  <T>(type: SettingType) =>
  (env: string, fallback: T, doc: string, extra: Extra = {}): Setting<T> => ({
    type,
    env,
    default: fallback,
    doc,
    ...extra,
  });

export const string = setting<string>("string");
export const path = setting<string>("path");
export const url = setting<string>("url");
export const integer = setting<number>("integer");
export const number = setting<number>("number");
export const boolean = setting<boolean>("boolean");

/** An address to listen on, or `off`. The option without a value means `whenOn`. */
export function address(
  env: string,
  whenOn: string,
  doc: string,
  extra: Extra = {},
): Setting<string> {
  return { type: "address", env, default: "off", whenOn, doc, ...extra };
}

/** A setting that takes one of a few words. */
export function oneOf<const V extends string>(
  env: string,
  fallback: V,
  choices: readonly V[],
  doc: string,
  extra: Extra = {},
): Setting<V> {
  return { type: "enum", env, default: fallback, choices, doc, ...extra };
}

/** A table of names, each with the name that it stands for. */
export function names(env: string, doc: string): Setting<Readonly<Record<string, string>>> {
  return { type: "names", env, default: {}, doc };
}

/** A list, in a variable separated by commas. */
export function list(kind: ListKind, env: string, doc: string): Setting<readonly string[]> {
  return { type: kind, env, default: [], doc };
}

/** A setting that only the environment can give, and that nothing prints. */
export function secret(env: string, doc: string): Setting<string | undefined> {
  return { type: "secret", env, default: undefined, doc };
}
