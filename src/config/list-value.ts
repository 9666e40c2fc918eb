/**
 * The settings that are lists of who is meant: web origins, host names, addresses. Says of each item
 * what would be right. Does not know what the lists are used for.
 */
import { isIP } from "node:net";

export type ListKind = "origins" | "hosts" | "addresses";

interface Kind {
  /** What each item has to be. */
  readonly expected: string;
  /** The item as it is compared later; undefined when it is none. */
  normalize(item: string): string | undefined;
}

const kinds: Readonly<Record<ListKind, Kind>> = {
  origins: {
    expected:
      "a list of web origins such as `https://app.example` or `http://localhost:3000`, without a path; `*` and `null` would be everybody",
    normalize: toOrigin,
  },
  hosts: {
    expected: "a list of host names or addresses, without a port",
    normalize: toHost,
  },
  addresses: {
    expected: "a list of IP addresses or networks such as `10.0.0.0/8`",
    normalize: toNetwork,
  },
};

export function isListKind(type: string): type is ListKind {
  return Object.hasOwn(kinds, type);
}

/** Reads a list from a place that has only text. */
export function parseList(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export function checkList(
  kind: ListKind,
  value: unknown,
): { readonly value: unknown } | { readonly problem: string } {
  const { expected, normalize } = kinds[kind];
  const items: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
  const taken = items?.map((item) => (typeof item === "string" ? normalize(item) : undefined));
  if (taken === undefined || taken.includes(undefined)) return { problem: `must be ${expected}` };
  return { value: taken };
}

/** As a browser sends it: lower case, without the scheme's own port. Apps have schemes of their own. */
function toOrigin(item: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*,"<>\\]+$/i.test(item) || !URL.canParse(item)) {
    return undefined;
  }
  const { origin } = new URL(item);
  return origin === "null" ? item.toLowerCase() : origin;
}

function toHost(item: string): string | undefined {
  const [, bare = item] = /^\[(.*)\]$/.exec(item) ?? [];
  const isName = /^[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$/i.test(bare);
  return isName || isIP(bare) !== 0 ? bare.toLowerCase() : undefined;
}

function toNetwork(item: string): string | undefined {
  const [address = "", prefix, more] = item.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined) return undefined;
  if (prefix === undefined) return address;
  const most = family === 4 ? 32 : 128;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= most ? item : undefined;
}
