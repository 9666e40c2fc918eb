/** A request in one line: short for a terminal, in whole words to be read aloud, or as `name=value`. Pure. */
import type { WatchedEnding, WatchedRequest, WatchedTokens } from "../../transit/watched-log.ts";
import type { Colors } from "../io.ts";
import { paint, printableLine, type Tone } from "../render.ts";

/** `POST /v1/responses gpt-5.5 ok 0.8/3.4s in 1.2k cached 900 out 80`. */
export function formatShort(request: WatchedRequest, colors: Colors): string {
  const { ending, tokens } = request;
  const { words, tone } = outcomeOf(ending);
  return [
    nameOf(request),
    paint(tone, colors)(words),
    timesOf(ending),
    ...(tokens === undefined
      ? []
      : [`in ${count(tokens.input)} cached ${count(tokens.cached)} out ${count(tokens.output)}`]),
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** The same for who listens: `POST /v1/responses, gpt-5.5: ok; first byte after 0.8 seconds; …`. */
export function formatPlain(request: WatchedRequest): string {
  const { ending, tokens } = request;
  const model = request.model === undefined ? "" : `, ${shown(request.model)}`;
  const first = ending?.firstByteMs;
  return [
    `${request.method} ${shownPath(request.path)}${model}: ${outcomeOf(ending).words}`,
    ...(first === undefined || tokens === undefined
      ? []
      : [`first byte after ${seconds(first)} seconds`]),
    ...(ending === undefined ? [] : [`took ${seconds(ending.durationMs)} seconds`]),
    ...(tokens === undefined ? [] : [tokensInWords(tokens)]),
  ].join("; ");
}

/** The same for a journal, which brings its own time. Names are those of the transit log. */
export function formatRecord({ id, method, path, model, tokens, ending }: WatchedRequest): string {
  const fields = {
    id,
    method,
    path,
    model,
    status: ending?.status,
    outcome: ending?.outcome,
    error: ending?.code,
    first_byte_ms: ending?.firstByteMs,
    duration_ms: ending?.durationMs,
    input_tokens: tokens?.input,
    cached_tokens: tokens?.cached,
    output_tokens: tokens?.output,
  };
  return `request ${formatPairs(fields)}`;
}

/** While it runs: `waits 3s POST /v1/responses gpt-5.5`, then `answers 5s`; the end may be cut. */
export function formatRunning(request: WatchedRequest, elapsedMs: number): string {
  const doing = request.hasBegun ? "answers" : "waits";
  return `${doing} ${Math.floor(Math.max(0, elapsedMs) / 1000)}s ${nameOf(request)}`;
}

/** `name=value name="a value"`; what is not known is left out. */
export function formatPairs(fields: Readonly<Record<string, string | number | undefined>>): string {
  let line = "";
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    line += `${line === "" ? "" : " "}${name}=${typeof value === "number" ? value : formatValue(value)}`;
  }
  return line;
}

const plainValue = /^[\w./:@+,-]{1,200}$/;

function formatValue(value: string): string {
  if (plainValue.test(value)) return value;
  const text = shown(value, 200);
  return plainValue.test(text) ? text : JSON.stringify(text);
}

function nameOf({ method, path, model }: WatchedRequest): string {
  const name = `${method} ${shownPath(path)}`;
  return model === undefined ? name : `${name} ${shown(model)}`;
}

function outcomeOf(ending: WatchedEnding | undefined): { words: string; tone: Tone } {
  const why = ending?.code === undefined ? "" : ` ${shown(ending.code)}`;
  switch (ending?.outcome) {
    case "completed":
      return { words: ending.status === 101 ? "connected" : "ok", tone: "good" };
    case "client_gone":
      return { words: "client left", tone: "warn" };
    case "upstream_cut":
      return { words: `cut off${why}`, tone: "bad" };
    case "rejected":
      return {
        words: `refused ${ending.status}${why}`,
        tone: ending.status < 500 ? "warn" : "bad",
      };
    default:
      return { words: `failed${why}`, tone: "bad" };
  }
}

/** To the first byte and in all; once where there is one of them. */
function timesOf(ending: WatchedEnding | undefined): string {
  if (ending === undefined) return "";
  const all = seconds(ending.durationMs);
  const first = ending.firstByteMs === undefined ? all : seconds(ending.firstByteMs);
  return first === all ? `${all}s` : `${first}/${all}s`;
}

function tokensInWords({ input, cached, output }: WatchedTokens): string {
  return `${input} tokens in, ${cached} of them cached, ${output} out`;
}

function seconds(ms: number): string {
  return ms >= 99_950 ? String(Math.round(ms / 1000)) : (ms / 1000).toFixed(1);
}

/** `950`, `1.2k`, `34k`. */
function count(tokens: number): string {
  if (tokens < 1000) return String(tokens);
  return `${tokens < 9_950 ? (tokens / 1000).toFixed(1) : Math.round(tokens / 1000)}k`;
}

/** The client's text: bounded, and on one line. */
function shown(text: string, limit = 40): string {
  // At its end too, where a message may have a line break: more is said behind a name.
  const line = printableLine(text.trim());
  return line.length > limit ? `${line.slice(0, limit - 2)}..` : line;
}

/** Ids are long, and may be a token that somebody has put into an address. */
function shownPath(path: string): string {
  return shown(
    path.replaceAll(/[\w-]{24,}/g, (word) => `${word.slice(0, 9)}..`),
    60,
  );
}
