import { expect, it, vi } from "vitest";
import { responses } from "../../src/facades/openai/responses.ts";
import { createGenerate } from "../../src/pipeline/generate.ts";
import { warmUp } from "../../src/upstreams/warm-up.ts";
import { noState, testScope } from "../helpers/scripted-upstream.ts";

it("answers with nothing, asks nobody and costs nothing", async () => {
  const resolve = vi.fn();
  const onUsage = vi.fn();
  const generate = createGenerate({
    state: noState,
    resolve,
    openPolicy: { retryAttempts: 0, graceMs: 60_000, backoffMs: 0 },
    keepaliveMs: 0,
    logStreamLines: false,
    onUsage,
  });
  const outcome = await generate(responses, { model: "gpt-5.5", input: "Hi" }, testScope(), {
    allowTools: true,
    upstream: warmUp,
  });
  expect(outcome).toMatchObject({
    kind: "whole",
    body: {
      id: "resp_prewarm_1",
      object: "response",
      created_at: 7,
      status: "completed",
      model: "gpt-5.5",
      output: [],
      usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
    },
  });
  expect([resolve.mock.calls, onUsage.mock.calls]).toEqual([[], []]);
});
