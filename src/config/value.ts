/**
 * Turns what a file, a variable or a flag says into the value of one setting, or into the sentence
 * that tells what would be right. Does not know where the value came from.
 */
import { parseAddress } from "./address.ts";
import { checkList, isListKind, parseList } from "./list-value.ts";
import type { Setting } from "./setting.ts";

type CheckedValue = { readonly value: unknown } | { readonly problem: string };

/** Reads a value from a place that has only text: the environment, the command line. */
export function parseText(setting: Setting, text: string): unknown {
  const trimmed = text.trim();
  if (isListKind(setting.type)) return parseList(trimmed);
  switch (setting.type) {
    case "integer":
    case "number":
      return /^[+-]?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : text;
    case "boolean":
      if (/^(1|true|yes|on)$/i.test(trimmed)) return true;
      if (/^(0|false|no|off)$/i.test(trimmed)) return false;
      return text;
    case "address":
      return trimmed === "" ? "on" : text;
    case "names":
      return Object.fromEntries(
        trimmed.split(",").map((pair) => {
          const [name = "", target = ""] = pair.split("=");
          return [name.trim(), target.trim()];
        }),
      );
    default:
      return text;
  }
}

/** Is this a value of the setting? Paths keep their `~`; the caller knows whose home it is. */
export function checkValue(setting: Setting, value: unknown): CheckedValue {
  const { type } = setting;
  if (isListKind(type)) return checkList(type, value);
  switch (type) {
    case "integer":
    case "number":
      return checkNumber(setting, value);
    case "boolean":
      if (typeof value === "boolean") return { value };
      return wrong("`true` or `false`", value);
    case "enum":
      return checkChoice(setting.choices ?? [], value);
    case "url":
      return checkUrl(value);
    case "address":
      return checkAddress(setting, value);
    case "path":
      if (typeof value !== "string" || value.trim() === "" || value.includes("\0")) {
        return { problem: "must be a path, in quotes and not empty" };
      }
      return { value };
    case "string":
      // These values end in request headers: a line break or an umlaut would break every request.
      if (typeof value !== "string" || !/^[ -~]*[!-~][ -~]*$/.test(value)) {
        return { problem: "must be a text of printable ASCII characters" };
      }
      return { value: value.trim() };
    case "names":
      return checkNames(value);
    case "secret":
      if (typeof value !== "string" || !/^[!-~]+$/.test(value.trim())) {
        return { problem: "must be printable ASCII characters without spaces" };
      }
      return { value: value.trim() };
    default:
      return type satisfies never;
  }
}

function checkNumber(setting: Setting, value: unknown): CheckedValue {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = setting;
  const whole = setting.type === "integer";
  const fits =
    typeof value === "number" &&
    (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    value >= min &&
    value <= max;
  return fits ? { value } : wrong(`a ${whole ? "whole " : ""}number from ${min} to ${max}`, value);
}

function checkChoice(choices: readonly string[], value: unknown): CheckedValue {
  const word = typeof value === "string" ? value.trim().toLowerCase() : undefined;
  if (word !== undefined && choices.includes(word)) return { value: word };
  return wrong(`one of ${choices.map((choice) => `\`${choice}\``).join(", ")}`, value);
}

function checkAddress({ whenOn = "" }: Setting, value: unknown): CheckedValue {
  const given = typeof value === "string" ? value.trim().toLowerCase() : "";
  if (given === "off") return { value: given };
  if (given === "on") return { value: whenOn };
  return parseAddress(given) === undefined
    ? wrong(`\`off\`, \`on\` or an address such as \`${whenOn}\``, value)
    : { value: given };
}

function checkNames(value: unknown): CheckedValue {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  const entries = isTable ? Object.entries(value) : [];
  const fits = entries.every((pair) =>
    pair.every((name) => typeof name === "string" && /^[!-~]{1,200}$/.test(name)),
  );
  return isTable && fits
    ? { value }
    : { problem: 'must be a table of names, such as `"gpt-4o" = "gpt-5.5"`' };
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function checkUrl(value: unknown): CheckedValue {
  const given = typeof value === "string" ? parseUrl(value) : undefined;
  if (typeof value !== "string" || given === undefined || !/^https?:\/\//i.test(value.trim())) {
    return { problem: "must be a URL that begins with `https://`" };
  }
  // The login travels to this address; a password in it would be written to logs and `status`.
  if (given.username !== "" || given.password !== "") {
    return { problem: "must be a URL without a user name or password" };
  }
  if (/[?#]/.test(value)) return { problem: "must be a URL without `?` and `#`" };
  if (given.protocol === "http:" && !loopback.test(given.hostname)) {
    return {
      problem: "must be a URL that begins with `https://`; `http://` is for this machine only",
    };
  }
  return { value: given.href.replace(/\/+$/, "") };
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    // No reason worth telling: the caller says what a URL has to look like.
    return undefined;
  }
}

function wrong(expected: string, value: unknown): CheckedValue {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  // A long value may be a token in the wrong variable (43 characters), so it is not repeated.
  const isShort = shown.length <= 20 && (typeof value !== "object" || value === null);
  return { problem: `must be ${expected}${isShort ? `, not ${shown}` : ""}` };
}
