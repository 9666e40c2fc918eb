/**
 * Two JSON bodies side by side: what stayed, what went, what came, what became of each. One level at a
 * time, so that a conversation is a line an item. Pure, and knows no parameter.
 */
import { isJsonObject } from "../../protocol/json.ts";

export interface DiffLine {
  readonly sign: " " | "-" | "+";
  /** `messages[2].content`. */
  readonly place: string;
  /** Compact JSON. */
  readonly text: string;
}

export interface DiffPart {
  /** The key of the body. */
  readonly name: string;
  readonly kind: "same" | "gone" | "new" | "changed";
  readonly lines: readonly DiffLine[];
  /** Differences that are not among the lines. */
  readonly more: number;
}

const mostLines = 40;

/** The keys of both bodies: the client's in its order, then what the relay added. */
export function diffBodies(before: unknown, after: unknown): readonly DiffPart[] {
  const left = isJsonObject(before) ? before : {};
  const right = isJsonObject(after) ? after : {};
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.map((name) => {
    if (!Object.hasOwn(right, name)) return toPart(name, "gone", shown("-", name, left[name]));
    if (!Object.hasOwn(left, name)) return toPart(name, "new", shown("+", name, right[name]));
    const lines = differences(name, left[name], right[name]);
    if (lines.length > 0) return toPart(name, "changed", lines);
    return toPart(name, "same", [{ sign: " ", place: name, text: compact(left[name]) }]);
  });
}

function toPart(name: string, kind: DiffPart["kind"], lines: readonly DiffLine[]): DiffPart {
  const kept = lines.slice(0, mostLines);
  return { name, kind, lines: kept, more: lines.length - kept.length };
}

/** A value by itself: a list is a line an item. */
function shown(sign: "-" | "+", place: string, value: unknown): DiffLine[] {
  if (!Array.isArray(value) || value.length < 2) return [{ sign, place, text: compact(value) }];
  return value.map((item, index) => ({ sign, place: `${place}[${index}]`, text: compact(item) }));
}

function differences(place: string, before: unknown, after: unknown): DiffLine[] {
  const left = compact(before);
  const right = compact(after);
  if (left === right) return [];
  const pairs = pairsOf(place, before, after);
  if (pairs === undefined) {
    return [
      { sign: "-", place, text: left },
      { sign: "+", place, text: right },
    ];
  }
  return pairs.flatMap(([inner, one, other]): DiffLine[] => {
    if (one === undefined) return [{ sign: "+", place: inner, text: compact(other) }];
    if (other === undefined) return [{ sign: "-", place: inner, text: compact(one) }];
    return differences(inner, one, other);
  });
}

type Pair = readonly [place: string, before: unknown, after: unknown];

/** What stands in the same place of both; undefined for values that have no parts in common. */
function pairsOf(place: string, before: unknown, after: unknown): Pair[] | undefined {
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => [
      `${place}[${index}]`,
      before[index],
      after[index],
    ]);
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.map((name) => [`${place}.${name}`, before[name], after[name]]);
  }
  return undefined;
}

function compact(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}
