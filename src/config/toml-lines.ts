/**
 * Where keys stand in the text of a TOML file, because the parser gives values without their lines.
 * Reads headers and keys only, never a value, and trusts the parser to refuse what is no TOML.
 */

interface TomlLine {
  /** Counted from 0. */
  readonly index: number;
  readonly kind: "header" | "key";
  /** The full path: `["server", "port"]`, the section of the header above included. */
  readonly path: readonly string[];
}

const part = `(?:[A-Za-z0-9_-]+|"(?:[^"\\\\]|\\\\.)*"|'[^']*')`;
const dotted = `${part}(?:\\s*\\.\\s*${part})*`;
const header = new RegExp(`^\\s*\\[\\[?\\s*(${dotted})\\s*\\]`);
const assignment = new RegExp(`^\\s*(${dotted})\\s*=`);

/**
 * The text as the parser takes it: @iarna/toml 3.0.0 refuses a byte order mark (Notepad writes one)
 * and a comment that ends in CRLF.
 */
export function toParsableToml(text: string): string {
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}

/** The lines of the file that hold a section header or a key. */
export function readTomlLines(text: string): readonly TomlLine[] {
  const found: TomlLine[] = [];
  let section: readonly string[] = [];
  let insideText = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const startsInside = insideText;
    // Lines of a text in triple quotes may look like keys.
    if ((line.match(/"""|'''/g)?.length ?? 0) % 2 === 1) insideText = !insideText;
    if (startsInside) continue;
    const opened = header.exec(line)?.[1];
    const assigned = assignment.exec(line)?.[1];
    if (opened !== undefined) {
      section = toParts(opened);
      found.push({ index, kind: "header", path: section });
    } else if (assigned !== undefined) {
      found.push({ index, kind: "key", path: [...section, ...toParts(assigned)] });
    }
  }
  return found;
}

/** The line of a key counted from 1, or of the table that holds it; undefined when neither is found. */
export function lineOfKey(text: string, path: readonly string[]): number | undefined {
  const lines = readTomlLines(text);
  for (let length = path.length; length > 0; length -= 1) {
    const wanted = path.slice(0, length);
    const line = lines.find((candidate) => samePath(candidate.path, wanted));
    if (line !== undefined) return line.index + 1;
  }
  return undefined;
}

export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function toParts(text: string): readonly string[] {
  return (text.match(new RegExp(part, "g")) ?? []).map((name) => {
    if (name.startsWith("'")) return name.slice(1, -1);
    if (!name.startsWith('"')) return name;
    return name.slice(1, -1).replace(/\\(["\\])/g, "$1");
  });
}
