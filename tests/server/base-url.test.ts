/** A client with the wrong base URL is told the right one, in its own dialect and behind the token. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay({ signedIn: false, env: { AIRELAYS_RATE_LIMIT_BURST: "1000" } });
});
afterAll(() => relay.close());

const openAi = (message: string) => ({
  error: { message, type: "invalid_request_error", code: "not_found", param: null },
});
const anthropic = (message: string) => ({
  type: "error",
  error: { type: "not_found_error", message },
  request_id: expect.any(String),
});
const ollama = (error: string) => ({ error });

it.each([
  ["/v1/v1/chat/completions", "/v1/chat/completions", "/v1", openAi],
  ["/chat/completions", "/v1/chat/completions", "/v1", openAi],
  ["//v1/chat/completions", "/v1/chat/completions", "/v1", openAi],
  ["/v1//chat/completions", "/v1/chat/completions", "/v1", openAi],
  ["/api/v1/chat/completions", "/v1/chat/completions", "/v1", openAi],
  ["/models", "/v1/models", "/v1", openAi],
  ["/responses", "/v1/responses", "/v1", openAi],
  ["/completions", "/v1/completions", "/v1", openAi],
  ["/no-tools/responses", "/no-tools/v1/responses", "/no-tools/v1", openAi],
  ["/messages", "/v1/messages", "", anthropic],
  ["/v1/v1/messages", "/v1/messages", "", anthropic],
  ["/v1/v1/messages/count_tokens", "/v1/messages/count_tokens", "", anthropic],
  ["/no-tools/v1/v1/messages", "/no-tools/v1/messages", "/no-tools", anthropic],
  ["/v1/api/chat", "/api/chat", "", ollama],
  ["/v1/api/tags", "/api/tags", "", ollama],
  ["/api/api/generate", "/api/generate", "", ollama],
])("%s is answered with the address that it means", async (path, meant, base, envelope) => {
  const url = `${relay.url}${path}`;
  for (const method of ["GET", "POST"]) {
    const authorization = `Bearer ${relay.token}`;
    const answer = await fetch(url, { method, headers: { authorization } });
    const message = `There is no route \`${path}\`. It is \`${meant}\`: the client's base URL has to be ${relay.url}${base}`;
    expect([answer.status, await answer.json()]).toEqual([404, envelope(message)]);

    const stranger = await fetch(url, { method });
    const told = await stranger.text();
    expect([stranger.status, told.includes("base URL")]).toEqual([401, false]);
    expect(Object.keys(JSON.parse(told))).toEqual(Object.keys(envelope("")));
  }
});

it("speaks the dialect of a client that names its API, on the list of models too", async () => {
  const headers = { "anthropic-version": "2023-06-01" };
  const answer = await relay.get("/v1/v1/models", { headers });
  expect([answer.status, await answer.json()]).toEqual([
    404,
    anthropic(
      `There is no route \`/v1/v1/models\`. It is \`/v1/models\`: the client's base URL has to be ${relay.url}`,
    ),
  ]);
});

it.each([
  ["/nothing", "There is no route `/nothing`. OpenAI-compatible routes begin with /v1."],
  ["/v1/nothing", "There is no route `/v1/nothing`."],
  ["/v2/batches", "There is no route `/v2/batches`. OpenAI-compatible routes begin with /v1."],
])("%s, which means nothing, is said not to be there", async (path, message) => {
  const answer = await relay.get(path);
  expect([answer.status, await answer.json()]).toEqual([404, openAi(message)]);
});
