/** Frames as the upstream sends them, written short: events in, frames out. */
import type { Encoder, Facade, Stamp } from "../../src/facades/facade.ts";
import { createAccumulator } from "../../src/protocol/accumulate.ts";
import { Frame } from "../../src/protocol/frame.ts";

export type WireEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

export function toFrame(event: WireEvent): Frame {
  return new Frame(event.type, JSON.stringify(event));
}

/** The `response` object of an answer that is complete, as the upstream sends it: without output. */
export function completed(extra: Readonly<Record<string, unknown>> = {}): WireEvent {
  return {
    type: "response.completed",
    response: { id: "resp_1", object: "response", status: "completed", output: [], ...extra },
  };
}

export const created: WireEvent = {
  type: "response.created",
  response: { id: "resp_1", object: "response", status: "in_progress", output: [] },
};

/** A whole message item from its first event to its last, in these pieces. */
export function message(index: number, ...pieces: readonly string[]): WireEvent[] {
  const id = `msg_${index}`;
  const place = { item_id: id, output_index: index, content_index: 0 };
  const item = { id, type: "message", role: "assistant" };
  const text = pieces.join("");
  return [
    {
      type: "response.output_item.added",
      output_index: index,
      item: { ...item, status: "in_progress", content: [] },
    },
    { type: "response.content_part.added", ...place, part: { type: "output_text", text: "" } },
    ...pieces.map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
    { type: "response.output_text.done", ...place, text },
    { type: "response.content_part.done", ...place, part: { type: "output_text", text } },
    {
      type: "response.output_item.done",
      output_index: index,
      item: { ...item, status: "completed", content: [{ type: "output_text", text }] },
    },
  ];
}

/** A refusal, streamed. */
export function refusal(index: number, ...pieces: readonly string[]): WireEvent[] {
  const place = { item_id: `msg_${index}`, output_index: index, content_index: 0 };
  const item = { id: `msg_${index}`, type: "message", role: "assistant" };
  return [
    { type: "response.output_item.added", output_index: index, item: { ...item, content: [] } },
    ...pieces.map((delta) => ({ type: "response.refusal.delta", ...place, delta })),
    {
      type: "response.output_item.done",
      output_index: index,
      item: { ...item, content: [{ type: "refusal", refusal: pieces.join("") }] },
    },
  ];
}

/** A function call, its arguments streamed in these pieces. */
export function functionCall(
  index: number,
  name: string,
  ...pieces: readonly string[]
): WireEvent[] {
  const id = `fc_${index}`;
  const item = { id, type: "function_call", call_id: `call_${index}`, name };
  const whole = pieces.join("");
  return [
    {
      type: "response.output_item.added",
      output_index: index,
      item: { ...item, status: "in_progress", arguments: "" },
    },
    ...pieces.map((delta) => ({
      type: "response.function_call_arguments.delta",
      item_id: id,
      output_index: index,
      delta,
    })),
    {
      type: "response.function_call_arguments.done",
      item_id: id,
      output_index: index,
      arguments: whole,
    },
    {
      type: "response.output_item.done",
      output_index: index,
      item: { ...item, status: "completed", arguments: whole },
    },
  ];
}

/** A reasoning item whose summary has these parts, each in one delta. */
export function reasoning(index: number, ...parts: readonly string[]): WireEvent[] {
  const id = `rs_${index}`;
  return [
    {
      type: "response.output_item.added",
      output_index: index,
      item: { id, type: "reasoning", summary: [] },
    },
    ...parts.map((delta, summary_index) => ({
      type: "response.reasoning_summary_text.delta",
      item_id: id,
      output_index: index,
      summary_index,
      delta,
    })),
    {
      type: "response.output_item.done",
      output_index: index,
      item: {
        id,
        type: "reasoning",
        summary: parts.map((text) => ({ type: "summary_text", text })),
      },
    },
  ];
}

/** An encoder driven as the pipeline drives it: each frame is in the answer before it is encoded. */
export function createEncoder<Options>(
  facade: Facade<Options>,
  options: Options,
  stamp: Stamp,
): Encoder {
  const answer = createAccumulator();
  const encoder = facade.encoder(options, stamp, answer);
  return {
    write(frame) {
      answer.add(frame);
      return encoder.write(frame);
    },
    end: () => encoder.end(),
    fail: (error) => encoder.fail(error),
  };
}
