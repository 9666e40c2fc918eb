import { describe, expect, it } from "vitest";
import { logRequest, type Records } from "../../helpers/log-files.ts";
import { startServingHome } from "../../helpers/serving-home.ts";
import { deadAddress, failure, makeHome, runCommand, startCommand } from "../../helpers/test-io.ts";

const spends = "note: This asks the model once more, which spends a little of the plan.";
const noon = Date.UTC(2026, 2, 4, 12);
const model = "gpt-5.5";
const said = "[airelays stand-in, no AI] Say tree.";

describe("replay", () => {
  it("sends the recorded body again, on every route, and prints the text", async () => {
    const serving = await startServingHome();
    const messages = [{ role: "user", content: "Say tree." }];
    const requests: [path: string, body: Record<string, unknown>][] = [
      ["/v1/responses", { model, input: "Say tree." }],
      ["/v1/chat/completions", { model, messages }],
      ["/v1/completions", { model, prompt: "Say tree." }],
      ["/v1/messages", { model, max_tokens: 100, messages }],
      ["/api/chat", { model, messages }],
      ["/api/generate", { model, prompt: "Say tree." }],
    ];
    for (const [path, body] of requests) {
      for (const stream of [true, false]) {
        const id = await serving.ask(path, { ...body, stream });
        const { stdout, stderr, code } = await runCommand(["replay", id], serving);
        expect([path, stream, stdout, code]).toEqual([path, stream, `${said}\n`, 0]);
        expect(stderr).toMatch(/^note: This asks [^\n]*\n\nid: req_[0-9a-f]{32}\n$/);
      }
    }
  }, 60_000);

  it("prints the answer as JSON, a stream as an event a line", async () => {
    const serving = await startServingHome();
    const whole = await serving.ask("/v1/responses", { model, input: "Say tree." });
    const answer = await runCommand(["replay", whole, "--json"], serving);
    expect(JSON.parse(answer.stdout)).toMatchObject({ object: "response", status: "completed" });
    expect(answer.stderr).toBe(`${spends}\n`);
    const streamed = await serving.ask("/v1/responses", {
      model,
      input: "Say tree.",
      stream: true,
    });
    const events = (await runCommand(["replay", streamed, "--json"], serving)).stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect([events[0], events.at(-1)]).toEqual(["response.created", "response.completed"]);
  });

  it("exits 1 with the relay's own words when the request is refused or its stream breaks off", async () => {
    const serving = await startServingHome();
    const wrong = await serving.ask("/v1/responses", { model, input: 7 });
    const refused = await runCommand(["replay", wrong], serving);
    expect(refused).toMatchObject({ stdout: "", code: 1 });
    expect(refused.stderr).toMatch(/\nerror: The relay answered 400: `input` [^\n]*\n$/);
    const body = { model, input: "[sim:cut after=3] one two three", stream: true };
    const cut = await runCommand(["replay", await serving.ask("/v1/responses", body)], serving);
    expect(cut.code).toBe(1);
    expect(cut.stderr).toMatch(/\nerror: The answer failed: The connection to the upstream broke/);
  });

  it("stops at Ctrl-C with exit 2", async () => {
    const serving = await startServingHome();
    const input = "[sim:stall after=7] one two three four";
    const { home } = serving;
    const records: Records = [
      ["inbound_request", { method: "POST", path: "/v1/responses", headers: {}, query: {} }],
      ["inbound_body", { body: { model, input, stream: true } }],
    ];
    await logRequest(home, { id: `req_${"b".repeat(32)}`, at: Date.now(), records });
    const command = startCommand(["replay", "bbbbbbbb"], serving);
    await command.until(/no AI/);
    command.stop();
    expect(await command.done).toMatchObject({
      stderr: `${spends}\nerror: Stopped; the answer is not whole.\n`,
      code: 2,
    });
  });
});

describe("a request that cannot be sent again", () => {
  const id = `req_${"a".repeat(32)}`;
  const request = (path: string, method = "POST") =>
    ["inbound_request", { method, path, headers: {} }] as const;
  const body = (value: unknown) => ["inbound_body", { body: value }] as const;
  const image = { image_url: `data:image/png;base64,${"A".repeat(3_000)}` };

  it.each<[string, Records, "full" | "metadata", string]>([
    [
      "of which the log kept no content",
      [request("/v1/responses"), body({ model, input: "x" })],
      "metadata",
      "its body was not kept, because `logging.content` was `metadata`. With `full`, the next ones can.",
    ],
    [
      "with an image",
      [request("/v1/responses"), body({ model, input: [image] })],
      "full",
      "the log has its body without one value, because secrets and files are not logged. It would ask something else.",
    ],
    ["without a body", [request("/v1/responses")], "full", "the log has no body of it."],
    [
      "to another kind of route",
      [request("/v1/files/file_1", "DELETE")],
      "full",
      "`DELETE /v1/files/file_1` asks no model.",
    ],
    [
      "that was not let in",
      [["endpoint_auth_failed", { method: "POST", path: "/v1/responses" }]],
      "full",
      "it was not let in, so that nothing of it was kept.",
    ],
  ])(
    "%s is refused with the reason, and nobody is asked",
    async (_what, records, content, reason) => {
      const home = await makeHome();
      await logRequest(home, { id, at: noon, records, content });
      expect(await runCommand(["replay", id], { home })).toEqual(
        failure(1, `error: \`${id}\` cannot be sent again: ${reason}`),
      );
    },
  );

  it("is told when no relay answers, or something else does", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    const records = [request("/v1/responses"), body({ model, input: "x" })];
    await logRequest(home, { id, at: noon, records });
    const url = await deadAddress();
    const { port } = new URL(url);
    expect(await runCommand(["replay", id, "--port", port], { home })).toEqual(
      failure(1, `error: No relay answers at \`http://127.0.0.1:${port}\`. Run: airelays serve`),
    );
  });
});
