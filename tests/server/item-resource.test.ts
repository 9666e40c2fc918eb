import { expect, it } from "vitest";
import { toItemResource } from "../../src/server/item-resource.ts";

it.each([
  [
    "a message with a text",
    { role: "user", content: "hello" },
    {
      type: "message",
      id: "x_1",
      status: "completed",
      role: "user",
      content: [{ type: "input_text", text: "hello" }],
    },
  ],
  [
    "an answer with a text",
    { role: "assistant", content: "hi" },
    {
      type: "message",
      id: "x_1",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: "hi", annotations: [], logprobs: [] }],
    },
  ],
  [
    "a message with parts",
    {
      type: "message",
      id: "msg_theirs",
      status: "incomplete",
      role: "user",
      content: [
        { type: "input_image", image_url: "data:" },
        { type: "input_image", detail: "low" },
        "x",
      ],
    },
    {
      type: "message",
      id: "x_1",
      status: "incomplete",
      role: "user",
      content: [
        { type: "input_image", image_url: "data:", detail: "auto" },
        { type: "input_image", detail: "low" },
        "x",
      ],
    },
  ],
  [
    "a result of a tool",
    { type: "function_call_output", call_id: "c", output: "done" },
    { type: "function_call_output", id: "x_1", status: "completed", call_id: "c", output: "done" },
  ],
  [
    "a thought",
    { type: "reasoning", summary: [], encrypted_content: "sealed" },
    { type: "reasoning", id: "x_1", summary: [], encrypted_content: "sealed" },
  ],
])("lists %s with what the schema requires", (_what, item, resource) => {
  expect(toItemResource({ id: "x_1", item })).toEqual(resource);
});
