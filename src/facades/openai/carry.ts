/** Sends each parameter of a body to its fate, as the table says. */
import { RelayError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Change } from "../facade.ts";
import { type OpenAiRoute, type Parameter, parameters } from "./parameters.ts";

export interface Carried {
  /** Under their names in a Responses request; the upstream decides about them. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly changes: readonly Change[];
  /** The client's name of a parameter that is carried under another. */
  readonly spelled: Readonly<Record<string, string>>;
}

const byName: ReadonlyMap<string, Parameter> = new Map(parameters.map((row) => [row.name, row]));

/** Throws `unsupported_parameter` for a parameter that is refused and asks for something. */
export function carryParameters(body: JsonObject, route: OpenAiRoute): Carried {
  const fields: Record<string, unknown> = {};
  const spelled: Record<string, string> = {};
  const changes: Change[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (isAbsent(value)) continue;
    const row = byName.get(name);
    const fate = row?.fates[route];
    if (row === undefined || fate === undefined) {
      changes.push(ignored(name, "It is no parameter of this route that the relay knows."));
      continue;
    }
    if (fate === "translated") continue;
    if (fate === "refused") {
      if (value !== false && row.isHarmless?.(value) !== true) throw refused(row);
    } else if (fate === "forwarded" || row.as !== undefined) {
      const target = row.as ?? name;
      const other = Object.hasOwn(fields, target) ? (spelled[target] ?? target) : undefined;
      if (other !== undefined) changes.push(ignored(other, `\`${name}\` says the same.`));
      fields[target] = value;
      if (target !== name) spelled[target] = name;
      else delete spelled[target];
    } else if (value !== false) {
      changes.push(ignored(name, row.note));
    }
  }
  return { fields, changes, spelled };
}

/** What SDKs send for a parameter that was not set. */
export function isAbsent(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    (isJsonObject(value) && Object.keys(value).length === 0)
  );
}

function ignored(parameter: string, reason: string): Change {
  return { kind: "ignored", parameter, reason };
}

function refused({ name, note }: Parameter): RelayError {
  return new RelayError("unsupported_parameter", `\`${name}\` is not supported: ${note}`, {
    param: name,
  });
}
