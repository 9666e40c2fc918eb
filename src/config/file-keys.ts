/**
 * Sorts the keys of a parsed `config.toml` into settings, retired keys and keys that nobody knows.
 * Does not check the values.
 */
import { nearestName } from "./nearest.ts";
import { findRetired, retired } from "./retired.ts";
import { isInFile, type NamedSetting, settings } from "./settings.ts";

export interface FileKeys {
  /** The values of known settings, by TOML path. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly { readonly path: readonly string[]; readonly problem: string }[];
  readonly notices: readonly string[];
}

const inFile: ReadonlyMap<string, NamedSetting> = new Map(
  settings.filter(isInFile).map((named) => [named.tomlPath, named]),
);
const sections = [...new Set(settings.map(({ section }) => section))];

/** Every key of the file, each in its place. */
export function sortFileKeys(file: Readonly<Record<string, unknown>>): FileKeys {
  const values = new Map<string, unknown>();
  const problems: { path: readonly string[]; problem: string }[] = [];
  const notices: string[] = [];
  const visit = (path: readonly string[], value: unknown): void => {
    const name = path.join(".");
    const old = findRetired(name);
    if (inFile.has(name)) values.set(name, value);
    else if (isTable(value) && (sections.includes(name) || leadsToParticular(name))) {
      for (const [key, inner] of Object.entries(value)) visit([...path, key], inner);
    } else if (old !== undefined) {
      const successor = old.instead === undefined ? "" : `; use \`${old.instead}\``;
      notices.push(`\`${name}\` is no longer used: ${old.reason}${successor}`);
    } else problems.push({ path, problem: unknownKey(name, value) });
  };
  for (const [key, value] of Object.entries(file)) visit([key], value);
  return { values, problems, notices };
}

/** Is this a retired section of which single keys have a successor? Then each key gets its own notice. */
function leadsToParticular(name: string): boolean {
  return retired.some(({ path }) => path.startsWith(`${name}.`));
}

function unknownKey(name: string, value: unknown): string {
  if (sections.includes(name)) return `\`${name}\` must be a section: \`[${name}]\``;
  const secret = settings.find((named) => named.tomlPath === name);
  if (secret !== undefined) {
    return `\`${name}\` is not read from this file; set \`${secret.envNames[0]}\` instead`;
  }
  const isSection = isTable(value) && !name.includes(".");
  const near = nearestName(name, isSection ? sections : [...inFile.keys()]);
  const guess = near === undefined ? "" : `; did you mean \`${isSection ? `[${near}]` : near}\`?`;
  return `unknown ${isSection ? `section \`[${name}]\`` : `key \`${name}\``}${guess}`;
}

/** Is the value a TOML table? (Dates and lists are objects too.) */
function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}
