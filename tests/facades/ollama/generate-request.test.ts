import { expect, it } from "vitest";
import { decodeGenerate, isEmptyPrompt } from "../../../src/facades/ollama/generate-request.ts";

const png = "iVBORw0KGgoAAAANSUhEUg==";

it("makes a message of the prompt and its images, and instructions of the system text", () => {
  expect(
    decodeGenerate({ model: "m", prompt: "What is this?", system: "Be brief.", images: [png] })
      .request,
  ).toEqual({
    model: "m",
    instructions: "Be brief.",
    input: [
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "What is this?" },
          { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" },
        ],
      },
    ],
  });
});

it.each([
  [{ raw: true }, "`raw` is not available"],
  [{ suffix: "}" }, "`suffix` is not available"],
])("refuses %j, which would change what the answer is", (fields, text) => {
  expect(() => decodeGenerate({ model: "m", prompt: "Hi", ...fields })).toThrow(text);
});

it("discloses the template and the context of an earlier answer", () => {
  const fields = { template: "{{ .Prompt }}", context: [1, 2], raw: false, suffix: "" };
  const { changes } = decodeGenerate({ model: "m", prompt: "Hi", ...fields });
  expect(changes.map(({ parameter }) => parameter)).toEqual(["template", "context"]);
});

it.each([
  [{}, true],
  [{ prompt: "" }, true],
  [{ prompt: "Hi" }, false],
  [{ images: [png] }, false],
])("asks nothing with %j: %s", (fields, isEmpty) => {
  expect(isEmptyPrompt({ model: "m", ...fields })).toBe(isEmpty);
  const { options } = decodeGenerate({ model: "m", ...fields, keep_alive: 0 });
  expect(options.doneReason).toBe(isEmpty ? "unload" : undefined);
});
