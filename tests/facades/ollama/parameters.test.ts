/** The table that the manual is made of, held against what the decoders do. */
import { describe, expect, it } from "vitest";
import { decodeChat } from "../../../src/facades/ollama/chat-request.ts";
import { decodeGenerate } from "../../../src/facades/ollama/generate-request.ts";
import { type OllamaRoute, parameters } from "../../../src/facades/ollama/parameters.ts";

/** A value of each parameter that asks for something. */
const samples: Readonly<Record<string, unknown>> = {
  model: "m",
  messages: [{ role: "user", content: "Hi" }],
  tools: [{ type: "function", function: { name: "f" } }],
  prompt: "Hi",
  system: "Be brief.",
  images: ["iVBORw0KGgo="],
  stream: true,
  format: "json",
  think: "high",
  keep_alive: "5m",
  options: { temperature: 1 },
  raw: true,
  suffix: "}",
  template: "{{ .Prompt }}",
  context: [1],
  logprobs: true,
  top_logprobs: 3,
};

const decoders = { chat: decodeChat, generate: decodeGenerate };
const bases = { chat: { model: "m", messages: [] }, generate: { model: "m", prompt: "" } };
const routes: readonly OllamaRoute[] = ["chat", "generate"];

const fateOf = (route: OllamaRoute, name: string): string => {
  try {
    const { changes } = decoders[route]({ ...bases[route], [name]: samples[name] });
    return changes.some(({ parameter }) => parameter.split(".")[0] === name)
      ? "disclosed"
      : "translated";
  } catch (error) {
    expect(error).toMatchObject({ code: "unsupported_parameter", details: { param: name } });
    return "refused";
  }
};

it("has a sample of each parameter", () => {
  expect(Object.keys(samples)).toEqual(parameters.map(({ name }) => name));
});

describe.each(routes)("/api/%s", (route) => {
  it.each(parameters.map((each) => [each.name, each.fates[route] ?? "disclosed"]))(
    "does with `%s` what the manual says: %s",
    (name, fate) => {
      expect(fateOf(route, name)).toBe(fate);
    },
  );

  it("changes the request with everything that it translates", () => {
    const plain = JSON.stringify(decoders[route](bases[route]));
    // They ask for what would be anyway, or only for something where nothing else is asked.
    const silent = ["model", "stream", "keep_alive"];
    for (const { name, fates } of parameters) {
      if (fates[route] !== "translated" || silent.includes(name)) continue;
      const decoded = decoders[route]({ ...bases[route], [name]: samples[name] });
      expect([name, JSON.stringify(decoded)]).not.toEqual([name, plain]);
    }
  });
});
