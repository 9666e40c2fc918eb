/**
 * The secrets that this program holds right now, by their value: whatever is about to be written to a
 * log, an error or the terminal goes through here, because a secret can be anywhere, in a path, a
 * prompt, an upstream's sentence. Keeps them in memory only.
 */

export interface LiveSecrets {
  /** From now on the value is kept out. Nothing and very short values are passed over. */
  add(...secrets: readonly (string | undefined)[]): void;
  /** The text with `[secret]` in the place of each. */
  strip(text: string): string;
  /** How many texts had one in them. */
  readonly stopped: number;
}

/** A word of three letters is in every text; no token is so short. */
const shortest = 8;
/** Each renewal of the login brings three; the old ones end soon. */
const kept = 24;

export function createLiveSecrets(): LiveSecrets {
  /** In the order in which they were last met. */
  const secrets = new Set<string>();
  /** Made anew for the next text when another secret came. */
  let pattern: RegExp | undefined;
  let stopped = 0;
  /** Every request brings its token again. */
  let last: string | undefined;
  return {
    add(...values) {
      for (const value of values) {
        if (value === undefined || value.length < shortest || value === last) continue;
        last = value;
        // As it is, and as it stands in JSON, where a quote or a backslash is escaped.
        for (const written of new Set([value, JSON.stringify(value).slice(1, -1)])) {
          if (!secrets.delete(written)) pattern = undefined;
          secrets.add(written);
        }
      }
      for (const oldest of secrets) {
        if (secrets.size <= kept) break;
        secrets.delete(oldest);
      }
    },
    strip(text) {
      pattern ??= patternOf([...secrets]);
      const clean = text.replace(pattern, "[secret]");
      if (clean !== text) stopped += 1;
      return clean;
    },
    get stopped() {
      return stopped;
    },
  };
}

/**
 * All at once: of 32 MB, the largest body, one pattern takes 70 ms at most, and a search for each of
 * the secrets takes 700. The longest first, so that none leaves the rest of another behind.
 */
function patternOf(secrets: readonly string[]): RegExp {
  if (secrets.length === 0) return /(?!)/g;
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  const literals = longestFirst.map((each) => each.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return new RegExp(literals.join("|"), "g");
}
