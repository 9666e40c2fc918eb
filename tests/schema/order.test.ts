/** The two checks of order, on streams that are right and on the same ones with one thing wrong. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { chunkProblems } from "./chunk-order.ts";
import { orderProblems } from "./event-order.ts";
import { createOpenApi, readSchemas } from "./openapi.ts";
import { readStream } from "./stream-text.ts";

const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
const done = { id: "msg_1", type: "message" };
const events: readonly JsonObject[] = [
  { type: "response.created", response: {} },
  { type: "response.output_item.added", output_index: 0, item: { id: "msg_1" } },
  { type: "response.content_part.added", ...at },
  { type: "response.output_text.delta", ...at, delta: "a" },
  { type: "response.output_text.delta", ...at, delta: "b" },
  { type: "response.output_text.done", ...at, text: "ab" },
  { type: "response.content_part.done", ...at },
  { type: "response.output_item.done", output_index: 0, item: done },
  { type: "response.completed", response: { output: [done] } },
].map((event, sequence_number) => ({ ...event, sequence_number }));

/** The same events without one, or with another in its place. */
function changed(index: number, ...instead: readonly JsonObject[]): JsonObject[] {
  return events
    .toSpliced(index, 1, ...instead)
    .map((event, sequence_number) => ({ ...event, sequence_number }));
}

const errorEvent = { type: "error", code: null, message: "no", param: null };
const failedEvent = { type: "response.failed", response: {} };

describe("the order of events", () => {
  it.each([
    ["as it should be", events],
    ["a failure told once", [...changed(7).slice(0, -1), { ...errorEvent, sequence_number: 9 }]],
    ["a failure told twice", changed(8, errorEvent, failedEvent)],
  ])("has nothing against %s", (_, given) => {
    expect(orderProblems(given)).toEqual([]);
  });

  it.each([
    ["no beginning", changed(0)],
    ["a second beginning", changed(1, { type: "response.created" }, events[1] ?? {})],
    ["an item that was never added", changed(1)],
    ["an item that is added twice", changed(1, events[1] ?? {}, events[1] ?? {})],
    ["a part that was never added", changed(2)],
    ["a text before its part", changed(2, events[3] ?? {}, events[2] ?? {})],
    ["another item's id", changed(3, { ...events[3], item_id: "msg_2" })],
    ["a lost delta", changed(4)],
    ["a part that is left open", changed(6)],
    ["an item that is never done", changed(7)],
    ["an event after the item was done", changed(7, events[7] ?? {}, events[3] ?? {})],
    ["an output that lacks the item", changed(8, { ...events[8], response: { output: [] } })],
    ["no end", changed(8)],
    ["two ends", changed(8, events[8] ?? {}, events[8] ?? {})],
    ["something after the end", changed(8, events[8] ?? {}, { type: "response.in_progress" })],
    ["a number that does not rise", events.with(3, { ...events[3], sequence_number: 2 })],
  ])("complains of %s", (_, given) => {
    expect(orderProblems(given)).not.toEqual([]);
  });
});

const base = { id: "c", created: 1, model: "m", object: "chat.completion.chunk" };
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  ...base,
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});
const role = chunk({ role: "assistant" });
const text = chunk({ content: "a" });
const stop = chunk({}, "stop");
const usage = { ...base, choices: [], usage: { total_tokens: 1 } };
const failure = { error: { message: "no" } };
const noUsage = (each: object) => ({ ...each, usage: null });
const withUsage = [role, text, stop].map(noUsage);

function stream(...data: readonly unknown[]) {
  const texts = data.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
  return readStream(texts.map((each) => `data: ${each}\n\n`).join(""));
}

const plain = { isChat: true, asksUsage: false, ends: "well" } as const;

describe("the order of chunks", () => {
  it.each([
    ["an answer", { ...plain, stream: stream(role, text, stop, "[DONE]") }],
    ["usage", { ...plain, asksUsage: true, stream: stream(...withUsage, usage, "[DONE]") }],
    ["a failure", { ...plain, ends: "badly" as const, stream: stream(role, text, failure) }],
  ])("has nothing against %s as it should be", (_, given) => {
    expect(chunkProblems(given)).toEqual([]);
  });

  it.each([
    ["no role", stream(text, stop, "[DONE]")],
    ["a late role", stream(text, role, stop, "[DONE]")],
    ["two roles", stream(role, role, stop, "[DONE]")],
    ["no reason", stream(role, text, "[DONE]")],
    ["two reasons", stream(role, stop, stop, "[DONE]")],
    ["text after the reason", stream(role, stop, text, "[DONE]")],
    ["no [DONE]", stream(role, text, stop)],
    ["two [DONE]", stream(role, text, stop, "[DONE]", "[DONE]")],
    ["an early [DONE]", stream(role, text, "[DONE]", stop)],
    ["another id", stream(role, { ...text, id: "d" }, stop, "[DONE]")],
    ["usage that nobody asked for", stream(role, text, stop, usage, "[DONE]")],
    ["an error after the answer", stream(role, text, stop, failure, "[DONE]")],
  ])("complains of %s", (_, given) => {
    expect(chunkProblems({ ...plain, stream: given })).not.toEqual([]);
  });

  it.each([
    ["no usage", stream(...withUsage, "[DONE]")],
    ["usage with the reason", stream(noUsage(role), { ...stop, usage: {} }, "[DONE]")],
    ["chunks that do not say that they have none", stream(role, text, stop, usage, "[DONE]")],
  ])("complains of %s where it was asked for", (_, given) => {
    expect(chunkProblems({ ...plain, asksUsage: true, stream: given })).not.toEqual([]);
  });

  it.each([
    ["[DONE] after an error", stream(role, text, failure, "[DONE]")],
    ["a reason before an error", stream(role, stop, failure)],
    ["text after an error", stream(role, failure, text)],
    ["no error", stream(role, text)],
  ])("complains of %s", (_, given) => {
    expect(chunkProblems({ ...plain, ends: "badly", stream: given })).not.toEqual([]);
  });
});

describe("the schemas", () => {
  const openApi = createOpenApi(readSchemas());

  it("complain where the value is wrong, by its place", () => {
    const model = { id: "m", object: "model", created: 0.5, owned_by: "o" };
    expect(openApi.problems("Model", model)).toEqual(["Model/created must be integer"]);
    expect(openApi.eventProblems({ type: "error", code: null, message: "no" })).not.toEqual([]);
  });

  it("know no event that OpenAI has not published", () => {
    expect(openApi.eventProblems({ type: "keepalive", sequence_number: 1 })).toEqual([
      "There is no event `keepalive`.",
    ]);
  });
});
