/** The order that clients rely on in the chunks of `/v1/chat/completions` and `/v1/completions`. */
import { isJsonObject, type JsonObject } from "../../src/protocol/json.ts";
import type { StreamText } from "./stream-text.ts";

export interface ChunkStream {
  readonly stream: StreamText;
  readonly isChat: boolean;
  readonly asksUsage: boolean;
  readonly ends: "well" | "badly";
}

/** What is wrong with the order; empty when nothing is. */
export function chunkProblems({ stream, isChat, asksUsage, ends }: ChunkStream): string[] {
  const isError = (event: JsonObject): boolean => "error" in event;
  const errors = stream.events.filter(isError);
  const chunks = stream.events.filter((event) => !isError(event));
  const choices = chunks.flatMap(choicesOf);
  const reasons = choices.flatMap(({ finish_reason: reason }) => (reason === null ? [] : [reason]));
  const isWell = ends === "well";
  const rule = (isKept: boolean, problem: string): string[] => (isKept ? [] : [problem]);
  return [
    ...rule(chunks.length > 0, "there is no chunk"),
    ...["id", "created", "model", "object"].flatMap((key) =>
      rule(new Set(chunks.map((chunk) => chunk[key])).size === 1, `\`${key}\` changes`),
    ),
    ...(isChat ? roleProblems(choices) : []),
    ...rule(reasons.length === (isWell ? 1 : 0), `there are ${reasons.length} finish reasons`),
    ...rule(!isWell || choices.at(-1)?.["finish_reason"] !== null, "a choice follows the reason"),
    ...(isWell ? usageProblems(chunks, asksUsage) : []),
    ...rule(errors.length === (isWell ? 0 : 1), `there are ${errors.length} errors`),
    ...rule(isWell || stream.events.at(-1) === errors[0], "something follows the error"),
    ...rule(stream.others.join() === (isWell ? "[DONE]" : ""), `\`${stream.others}\` is there`),
    ...rule(stream.endsWithDone === isWell, "`[DONE]` is not where it belongs"),
  ];
}

function choicesOf(chunk: JsonObject): JsonObject[] {
  return Array.isArray(chunk["choices"]) ? chunk["choices"].filter(isJsonObject) : [];
}

function roleProblems(choices: readonly JsonObject[]): string[] {
  const places = choices.flatMap(({ delta }, index) =>
    isJsonObject(delta) && "role" in delta ? [index] : [],
  );
  return places.join() === "0" ? [] : [`the role comes in the choices ${places}`];
}

/** When it is asked for, the last chunk has the usage and nothing else, and the others have null. */
function usageProblems(chunks: readonly JsonObject[], asksUsage: boolean): string[] {
  const told = chunks.map(
    (chunk) =>
      `${choicesOf(chunk).length} ${isJsonObject(chunk["usage"]) ? "tells" : chunk["usage"]}`,
  );
  const plain = asksUsage ? "1 null" : "1 undefined";
  const wanted = told.map((_, index) =>
    asksUsage && index === told.length - 1 ? "0 tells" : plain,
  );
  const wrong = told.findIndex((each, index) => each !== wanted[index]);
  return wrong === -1 ? [] : [`chunk ${wrong} has choices and usage: ${told[wrong]}`];
}
