/** A new dialect and a new upstream are one file each: the pipeline answers every pair of them. */
import { describe, expect, it } from "vitest";
import type { Facade } from "../src/facades/facade.ts";
import { createFacades } from "../src/facades/index.ts";
import { createGenerate } from "../src/pipeline/generate.ts";
import type { Upstream } from "../src/upstreams/upstream.ts";
import { completed, created, message } from "./helpers/frames.ts";
import { noState, scriptedUpstream, testScope } from "./helpers/scripted-upstream.ts";

/** Speaks one word in and lines of text out. */
const wordFacade: Facade<{ readonly loud: boolean }> = {
  name: "word",
  path: "/word",
  contentType: "application/x-ndjson",
  keepalive: "",
  idPrefix: "w_",
  decode: (body) => ({
    request: { model: "any", input: [{ role: "user", content: String(body) }] },
    stream: true,
    state: { store: false },
    options: { loud: true },
    changes: [],
    spelled: {},
  }),
  encoder: ({ loud }) => ({
    write({ event }) {
      if (event.type !== "response.output_text.delta") return "";
      return `${JSON.stringify(loud ? event.delta.toUpperCase() : event.delta)}\n`;
    },
    end: () => "end\n",
    fail: (error) => `${error.code}\n`,
  }),
  whole: (response) => response.id,
  errorBody: (error) => error.message,
};

/** Answers with the model's name, from nowhere. */
const nameUpstream: Upstream = {
  ...scriptedUpstream([]),
  name: "name",
  open: async (request, scope) =>
    scriptedUpstream([[[created, ...message(0, `I am ${request.model}`), completed()]]]).open(
      request,
      scope,
    ),
};

const facades = createFacades({ chatReasoning: "none" });

const bodies: Readonly<Record<string, unknown>> = {
  word: "hello",
  chat: { model: "m", stream: true, messages: [{ role: "user", content: "hello" }] },
  messages: { model: "m", stream: true, messages: [{ role: "user", content: "hello" }] },
  completions: { model: "m", stream: true, prompt: "hello" },
  responses: { model: "m", stream: true, input: "hello" },
  "ollama-chat": { model: "m", messages: [{ role: "user", content: "hello" }] },
  "ollama-generate": { model: "m", prompt: "hello" },
};

const upstreams: readonly (readonly [string, () => Upstream])[] = [
  ["the new upstream", () => nameUpstream],
  ["a scripted one", () => scriptedUpstream([[[created, ...message(0, "I am m"), completed()]]])],
];

describe.each(upstreams)("%s", (_name, makeUpstream) => {
  it.each([...facades, wordFacade as Facade].map((facade) => [facade.name, facade] as const))(
    "answers through %s",
    async (name, facade) => {
      const generate = createGenerate({
        state: noState,
        resolve: async (model) => ({ upstream: makeUpstream(), model, effort: undefined }),
        openPolicy: { retryAttempts: 0, graceMs: 60_000, backoffMs: 0 },
        keepaliveMs: 0,
        logStreamLines: false,
        onUsage: () => undefined,
      });
      const outcome = await generate(facade, bodies[name], testScope(), { allowTools: true });
      if (outcome.kind !== "stream") throw new Error("A stream was asked for.");
      let text = "";
      const result = await outcome.send({
        write(part) {
          text += part;
          return true;
        },
        flush: () => undefined,
        drained: async () => undefined,
        end: () => undefined,
      });
      expect(result).toEqual({ outcome: "completed" });
      expect(outcome.headers["content-type"]).toBe(facade.contentType);
      expect(text.toLowerCase()).toContain("i am ");
    },
  );
});
