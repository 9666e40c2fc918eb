/**
 * Tool names of more than 64 characters, which the upstream refuses: shortened on the way out and
 * given back on the way in, so that the client never sees the short form.
 */
import { Frame } from "../protocol/frame.ts";
import { asString, isJsonObject, type JsonObject, parseJson } from "../protocol/json.ts";
import type { ResponsesRequest } from "../protocol/request.ts";
import type { Upstream } from "./upstream.ts";

const longest = 64;

/** The upstream, for requests with tool names of any length. */
export function withShortNames(upstream: Upstream): Upstream {
  return {
    ...upstream,
    async open(request, scope) {
      const { request: short, shortened, restore } = shortenToolNames(request);
      for (const name of shortened) {
        scope.disclose({
          kind: "adapted",
          parameter: `tools.${name}`,
          reason: `The upstream takes names of ${longest} characters; the answer has the whole name.`,
        });
      }
      const stream = await upstream.open(short, scope);
      if (shortened.length === 0) return stream;
      async function* restored() {
        for await (const batch of stream.batches) yield batch.map(restore);
      }
      return { ...stream, batches: restored() };
    },
  };
}

interface ShortNames {
  readonly request: ResponsesRequest;
  /** The long names; empty when none was too long, and then the request is the same object. */
  readonly shortened: readonly string[];
  /** The frame with the client's own names in it. */
  restore(frame: Frame): Frame;
}

function shortenToolNames(request: ResponsesRequest): ShortNames {
  const longByShort = new Map<string, string>();
  const shortByLong = new Map<string, string>();
  const see = ({ name, tools }: JsonObject): void => {
    if (typeof name === "string" && name.length > longest && !shortByLong.has(name)) {
      const short = shorten(name, longByShort);
      longByShort.set(short, name);
      shortByLong.set(name, short);
    }
    // Those inside of a namespace.
    if (!Array.isArray(tools)) return;
    for (const tool of tools) if (isJsonObject(tool)) see({ name: tool["name"] });
  };
  for (const tool of request.tools ?? []) see(tool);
  for (const item of request.input) see(item);
  if (shortByLong.size === 0) return { request, shortened: [], restore: (frame) => frame };
  const rename = (value: unknown): unknown => {
    if (!isJsonObject(value)) return value;
    const short = shortByLong.get(asString(value["name"]) ?? "");
    const inner = Array.isArray(value["tools"]) ? { tools: value["tools"].map(rename) } : {};
    return { ...value, ...inner, ...(short === undefined ? {} : { name: short }) };
  };
  return {
    request: {
      ...request,
      tools: (request.tools ?? []).map((tool) => rename(tool) as JsonObject),
      input: request.input.map((item) => rename(item) as JsonObject),
      ...(request.tool_choice === undefined ? {} : { tool_choice: rename(request.tool_choice) }),
    },
    shortened: [...shortByLong.keys()],
    restore: (frame) => restoreNames(frame, longByShort),
  };
}

/** The beginning of the name, and a hash of all of it; a number when even that is taken. */
function shorten(name: string, taken: ReadonlyMap<string, string>): string {
  for (let attempt = 0; ; attempt += 1) {
    const suffix = `_${hash(`${name}${attempt}`)}`;
    const short = name.slice(0, longest - suffix.length) + suffix;
    if (!taken.has(short)) return short;
  }
}

/** FNV-1a, as eight hex digits: the same name is shortened alike in every turn of a conversation. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, "0");
}

const withItems =
  /^response\.(output_item\.(added|done)|completed|incomplete|created|in_progress)$/;

function restoreNames(frame: Frame, longByShort: ReadonlyMap<string, string>): Frame {
  if (!withItems.test(frame.type)) return frame;
  if (![...longByShort.keys()].some((short) => frame.data.includes(short))) return frame;
  const body = parseJson(frame.data);
  if (!isJsonObject(body)) return frame;
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isJsonObject(value)) return value;
    const copy = Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, visit(inner)]),
    );
    const long = longByShort.get(asString(copy["name"]) ?? "");
    return long === undefined ? copy : { ...copy, name: long };
  };
  return new Frame(frame.type, JSON.stringify(visit(body)));
}
