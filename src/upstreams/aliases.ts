/** What a name stands for in `[models] aliases`: the name itself first, then the closest pattern. */

/** A `*` in an alias stands for any characters; of the patterns that fit, the longest one counts. */
export function aliasOf(
  aliases: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  if (Object.hasOwn(aliases, name)) return aliases[name];
  const fitting = Object.entries(aliases).filter(
    ([alias]) => isPattern(alias) && fits(alias, name),
  );
  const [closest] = fitting.sort(([a], [b]) => b.length - a.length);
  return closest?.[1];
}

/** A pattern is no name that could be listed or asked for. */
export function isPattern(alias: string): boolean {
  return alias.includes("*");
}

/** By hand and without steps back: as an expression, `*a*a*a*b` would take for ever on some names. */
function fits(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop() ?? "";
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
