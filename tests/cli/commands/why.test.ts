import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { cellsOf } from "../../../src/cli/transits/figures.ts";
import { logRequest, type Records } from "../../helpers/log-files.ts";
import { failure, makeHome, runCommand } from "../../helpers/test-io.ts";
import { startTestRelay, type TestRelay } from "../../helpers/test-relay.ts";

let relay: TestRelay | undefined;
afterEach(async () => {
  await relay?.close();
  relay = undefined;
});

const noon = Date.UTC(2026, 2, 4, 12);
const id = `req_${"a".repeat(32)}`;

/** Asks the relay, and explains the request with what its log says. */
async function explain(
  path: string,
  body: unknown,
  env = {},
  options: string[] = [],
  columns = 100,
) {
  relay = await startTestRelay({ env });
  const answer = await relay.post(path, body);
  await answer.text();
  const requestId = answer.headers.get("x-request-id") ?? "";
  const { logsDir } = relay.loaded.config.paths;
  const argv = ["why", requestId, "--logs-dir", logsDir, ...options];
  const home = await makeHome();
  // The log is written a moment after the answer.
  for (;;) {
    const result = await runCommand(argv, { home, columns });
    if (result.code === 0) return { requestId, ...result };
    expect(result.stderr).toContain("is in the log");
  }
}

const chat = {
  model: "gpt-5.5-high",
  temperature: 0.3,
  stop: ["x"],
  stream: true,
  messages: [
    { role: "system", content: "Be terse." },
    { role: "user", content: "Say tree." },
  ],
};

describe("why", () => {
  it("shows what came, what was sent in its place with the reason for each, and what came back", async () => {
    const { requestId, stdout } = await explain("/v1/chat/completions", chat);
    const page = stdout
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, "then")
      .replace(/\d+(\.\d)?m?s\b/g, "0ms")
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "uuid");
    expect(page.replace(requestId, "the id")).toMatchInlineSnapshot(`
      "the id

      Request
        Time:              then UTC
        Asked:             POST /v1/chat/completions
        Client:            node
        Model:             gpt-5.5-high, sent as gpt-5.5
        Ended:             200 completed: the answer is whole and was sent
        Times:             first byte 0ms, whole 0ms
        Tokens:            12 in, 0 of them cached, 9 out

      Changes
        - ignored stop: The upstream has no stop sequences.
        - ignored temperature: The upstream chooses how it samples.

      Body: - as the client sent it, + as it was sent upstream
        Sent as they came: stream.
        - model: "gpt-5.5-high"
        + model: "gpt-5.5"
            why: Aliases and effort suffixes are resolved.
        - temperature: 0.3
            why: The upstream chooses how it samples.
        - stop: ["x"]
            why: The upstream has no stop sequences.
        - messages[0]: {"role":"system","content":"Be terse."}
        - messages[1]: {"role":"user","content":"Say tree."}
            why: Leading system and developer messages become \`instructions\`, the others input items.
        + input: [{"type":"message","role":"user","content":[{"type":"input_text","text":"Say tree."}]}]
            why: What was said, as the upstream takes it.
        + instructions: "Be terse."
            why: The system text of the conversation.
        + reasoning: {"summary":"auto","effort":"high"}
            why: The effort that the client, or the model's name, asked for.
        + prompt_cache_key: "uuid"
            why: Keeps the turns of a conversation at one prompt cache.
        + include: ["reasoning.encrypted_content"]
            why: Nothing is stored upstream, so the sealed reasoning is always asked for.
        + store: false
            why: Nothing is stored upstream.

      What came back
        200, 14 events, ended by response.completed, the upstream's id
        uuid.
        text: [airelays stand-in, no AI] Say tree.
      "
    `);
  });

  it("says the same as JSON", async () => {
    const { requestId, stdout } = await explain("/v1/chat/completions", chat, {}, ["--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      request_id: requestId,
      method: "POST",
      path: "/v1/chat/completions",
      model: "gpt-5.5-high",
      sent_model: "gpt-5.5",
      status_code: 200,
      outcome: "completed",
      changes: [
        { kind: "ignored", parameter: "stop", reason: "The upstream has no stop sequences." },
        { kind: "ignored", parameter: "temperature" },
      ],
      client: { kept: "whole", body: chat },
      upstream_requests: [
        { url: expect.any(String), kept: "whole", body: { model: "gpt-5.5", store: false } },
      ],
      upstream_response: { status_code: 200, ended_by: "response.completed", kept: "whole" },
      outbound_response: { kept: "nothing", body: null },
      error: null,
    });
  });

  it("says what a log without content did not keep", async () => {
    const env = { AIRELAYS_LOG_CONTENT: "metadata" };
    const { stdout } = await explain("/v1/chat/completions", chat, env);
    expect(stdout).toMatch(
      /The client's body \(\d+ characters\) was not kept: `logging\.content` was `metadata`\./,
    );
    expect(stdout).toMatch(/What was sent upstream \(\d+ characters\) was not kept/);
    expect(stdout).toMatch(/The answer \(\d+ characters\) was not kept/);
    expect(stdout).toContain("Model:             gpt-5.5");
    expect(stdout).toContain("ignored stop: The upstream has no stop sequences.");
    expect(stdout).not.toContain("Say tree.");
  });

  it("explains a refusal that never went upstream", async () => {
    const { stdout } = await explain("/v1/responses", {
      model: "gpt-5.5",
      input: "x",
      background: true,
    });
    expect(stdout).toContain("400 rejected: an error was sent in place of an answer");
    expect(stdout).toContain("Nothing was sent upstream.");
    expect(stdout).toContain("! error unsupported_parameter: ");
  });

  it("fits a narrow terminal, every line of it", async () => {
    const { stdout } = await explain("/v1/chat/completions", chat, {}, [], 40);
    const lines = stdout.split("\n");
    // The id has to be whole, to be copied.
    expect(lines.filter((line) => cellsOf(line) > 40)).toEqual([]);
    expect(stdout).toContain("--json");
  });
});

describe("a record that is not as it should be", () => {
  const closing = ["outbound_response", { status_code: 200, outcome: "completed" }] as const;

  async function show(records: Records): Promise<string> {
    const home = await makeHome();
    await logRequest(home, { id, at: noon, records });
    const { stdout, code } = await runCommand(["why", "aaaaaaaa"], { home });
    expect(code).toBe(0);
    return stdout;
  }

  it("tells that HTTP was taken for a WebSocket, and why", async () => {
    const fallback = {
      from: "websocket",
      to: "http",
      code: "upstream_unreachable",
      message: "The handshake took too long.",
      for_seconds: 600,
    };
    const home = await makeHome();
    await logRequest(home, { id, at: noon, records: [["transport_fallback", fallback], closing] });
    const { stdout } = await runCommand(["why", id], { home });
    const json = JSON.parse((await runCommand(["why", id, "--json"], { home })).stdout);
    expect(stdout).toContain(
      "Transport:         http instead of websocket, for 10 minutes: The handshake took too long.\n",
    );
    expect(json.transport_fallbacks).toEqual([fallback]);
  });

  it("is told to lack the values that the log replaces", async () => {
    const image_url = `data:image/png;base64,${"A".repeat(3_000)}`;
    const body = { model: "gpt-5.5", input: [{ image_url }], api_key: "k-1234567890" };
    const stdout = await show([["inbound_body", { body }], closing]);
    expect(stdout).toContain(
      "The client's body is here without 2 values: secrets and files are not logged.",
    );
  });

  it("is told to have no end when the relay was killed", async () => {
    expect(await show([["inbound_request", { method: "GET", path: "/v1/models" }]])).toContain(
      "unknown: its last record was never written",
    );
  });

  it("T51 cannot move the cursor", async () => {
    const evil = "\u001b[2J\r\n\u009b31m\u202e";
    const stdout = await show([
      ["inbound_request", { method: "POST", path: evil, headers: { "user-agent": evil } }],
      ["inbound_body", { body: { [evil]: evil, model: evil } }],
      [
        "compatibility_adaptation",
        { changes: [{ kind: "ignored", parameter: evil, reason: evil }] },
      ],
      [
        "outbound_response",
        { status_code: 400, outcome: evil, error: { code: evil, message: evil } },
      ],
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

it("says that there is no such request, and how to find one", async () => {
  const home = await makeHome();
  expect(await runCommand(["why", "80580184"], { home })).toEqual(
    failure(
      1,
      `error: No request \`80580184\` is in the log at \`${join(home, ".airelays", "logs")}\`.`,
      "hint: airelays logs",
    ),
  );
  expect(await runCommand(["why", "805"], { home })).toEqual(
    failure(
      2,
      "error: A request is named by its id, or at least six letters of it",
      "hint: airelays logs",
    ),
  );
});
