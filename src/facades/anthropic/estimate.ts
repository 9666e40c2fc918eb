/**
 * How many tokens a request is, guessed from its text: there is no tokenizer here, and the upstream
 * does not count in advance. Good enough to say when a conversation is near its end.
 */
import { asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";

const perMessage = 4;
const perTool = 8;
const unknownImage = 1_100;
const perPage = 2_000;
/** Characters of a token: of prose, of code and JSON, and of a tool's declaration. */
const prose = 4;
const code = 3.3;
const declaration = 3.6;

export function estimateTokens({ instructions = "", input, tools = [] }: ResponsesRequest): number {
  let tokens = ofText(instructions, prose);
  for (const tool of tools) tokens += perTool + ofText(JSON.stringify(tool), declaration);
  for (const item of input) tokens += ofItem(item);
  return Math.max(1, Math.ceil(tokens));
}

function ofItem(item: JsonObject): number {
  switch (item["type"]) {
    // Thinking of earlier turns is not counted again.
    case "reasoning":
      return 0;
    case "function_call":
      return perMessage + ofText(`${item["name"]}${item["arguments"]}`, code);
    case "function_call_output":
      return perMessage + ofContent(item["output"], code);
    default:
      return perMessage + ofContent(item["content"], prose);
  }
}

function ofContent(content: unknown, charactersPerToken: number): number {
  if (typeof content === "string") return ofText(content, charactersPerToken);
  const parts = Array.isArray(content) ? content.filter(isJsonObject) : [];
  return parts.reduce((sum, part) => sum + ofPart(part, charactersPerToken), 0);
}

function ofPart(part: JsonObject, charactersPerToken: number): number {
  if (part["type"] === "input_image") return ofImage(asString(part["image_url"]) ?? "");
  if (part["type"] === "input_file") return ofPdf(asString(part["file_data"]) ?? "");
  return ofText(asString(part["text"]) ?? "", charactersPerToken);
}

/** Chinese, Japanese and Korean take about a token a character. Runs: one by one, 360,000 take 25 ms. */
const dense = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+/g;

function ofText(text: string, charactersPerToken: number): number {
  const denseCount = (text.match(dense) ?? []).reduce((sum, run) => sum + run.length, 0);
  return denseCount * 1.1 + (text.length - denseCount) / charactersPerToken;
}

/** By tiles of 512 pixels where the size can be read: a PNG says it in its first bytes. */
function ofImage(url: string): number {
  const [, data] = /^data:image\/png;base64,([\w+/]{32})/.exec(url) ?? [];
  if (data === undefined) return unknownImage;
  const bytes = decode(data);
  const numberAt = (place: number): number =>
    [0, 1, 2, 3].reduce((sum, offset) => sum * 256 + bytes.charCodeAt(place + offset), 0);
  const tiles = Math.ceil(numberAt(16) / 512) * Math.ceil(numberAt(20) / 512);
  return tiles >= 1 && tiles <= 64 ? 85 + 170 * tiles : unknownImage;
}

/** Decoding more of a file than this would hold its answer up, for a guess. */
const longestLook = 1_048_576;

/** By its page objects; most of them are packed, so there is one page at least. */
function ofPdf(url: string): number {
  const [, data] = /^data:[^,]*;base64,([\w+/=]+)$/.exec(url) ?? [];
  const pages =
    data === undefined
      ? 0
      : (decode(data.slice(0, longestLook)).match(/\/Type\s*\/Page\b/g)?.length ?? 0);
  return perPage * Math.max(1, pages);
}

function decode(base64: string): string {
  try {
    return atob(base64);
  } catch {
    // Not base64 after all: then nobody can look into it here.
    return "";
  }
}
