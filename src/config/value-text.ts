/** A value as the command line and the environment take it: the other way of `parseText`. */

/** `a, b` for a list, `name=target, …` for a table; empty for nothing. */
export function formatText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join(", ");
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, target]) => `${name}=${String(target)}`)
    .join(", ");
}
