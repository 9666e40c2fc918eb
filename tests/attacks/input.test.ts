/** What a client, or the upstream, puts in: T42 to T52 of tests/attacks/README.md. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ask } from "../helpers/raw-http.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const json = "Content-Type: application/json";
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

describe("a relay with a hostile client", () => {
  let relay: TestRelay;
  let bearer: string;
  const post = (target: string, body: string) =>
    ask(relay.url, { method: "POST", target, headers: [bearer, json], body });
  beforeAll(async () => {
    relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "10000" } });
    bearer = `Authorization: Bearer ${relay.token}`;
  });
  afterAll(() => relay.close());

  it.each([
    "..%2f..%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%2e%2e",
    "%00",
    "file-%00",
    "C:%5cx",
    "%5c%5chost%5cshare",
    "CON",
    "file-1.",
    "file-1%20",
    "f".repeat(4_000),
    "\u0444ile-1".replace("\u0444", "%d1%84"),
    "__proto__",
    "constructor",
  ])("T42 finds nothing by an id that it did not make: %s", async (id) => {
    for (const path of ["files", "conversations", "responses"]) {
      for (const [method, more] of [
        ["GET", ""],
        ["DELETE", ""],
        ["GET", path === "files" ? "/content" : "/items"],
      ] as const) {
        const target = `/v1/${path}/${id}${more}`;
        const answer = await ask(relay.url, { method, target, headers: [bearer] });
        expect([target, answer.status]).not.toEqual([target, 200]);
        expect(answer.status).toBeLessThan(500);
      }
    }
    const body = { model: "gpt-5.5", previous_response_id: decodeURIComponent(id), input: "Hi" };
    expect((await post("/v1/responses", JSON.stringify(body))).status).toBe(400);
  });

  it("T43 gives a stored page back as a download", async () => {
    const form = new FormData();
    form.set("purpose", "user_data");
    form.set("file", new File(["<script>"], "a.html", { type: "text/html" }));
    const upload = await relay.get("/v1/files", { method: "POST", body: form });
    const { id } = (await upload.json()) as { id: string };
    const { headers } = await relay.get(`/v1/files/${id}/content`);
    expect([
      headers.get("content-type"),
      headers.get("x-content-type-options"),
      headers.get("content-disposition")?.split(";")[0],
    ]).toEqual(["application/octet-stream", "nosniff", "attachment"]);
  });

  it.each([
    ['{"model":"gpt-5.5","input":"a","__proto__":{"polluted":1}}', [200]],
    ['{"model":"gpt-5.5","input":"a","constructor":{"prototype":{"polluted":1}}}', [200]],
    [`{"model":"gpt-5.5","input":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, [400]],
    [
      `{"model":"gpt-5.5","input":"a","metadata":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`,
      [200, 400],
    ],
    ['{"model":"x","model":"gpt-5.5","input":"a"}', [200]],
    ['{"model":"gpt-5.5","input":"\\ud800"}', [200, 400]],
    ['{"model":"gpt-5.5","input":"a","temperature":NaN}', [400]],
    ['{"model":"gpt-5.5","input":"a","temperature":1e400}', [200, 400]],
    ['\ufeff{"model":"gpt-5.5","input":"a"}', [200, 400]],
    ['{"model":"gpt-5.5","input":"a"}}', [400]],
    ['{"model":"gpt-5.5","input":"a\nb"}', [400]],
  ])("T48 stands %s", async (body, statuses) => {
    for (const target of ["/v1/responses", "/v1/chat/completions"]) {
      const sent = target.endsWith("completions") ? body.replace('"input"', '"prompt"') : body;
      const { status } = await post(target, sent);
      expect(target.endsWith("completions") ? [...statuses, 400] : statuses).toContain(status);
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((await ask(relay.url, { headers: [bearer] })).status).toBe(200);
  });

  it("T49 lets no control character of a client into a header or a message", async () => {
    const hostile = "x\r\nSet-Cookie: a=b\u001b[2J\u009b\u0000\u202e";
    const bodies = [
      { model: hostile, input: "a" },
      { model: "gpt-5.5-high", reasoning: { effort: hostile }, input: "a" },
      { model: "gpt-5.5", input: "a", [hostile]: 1 },
      { model: "gpt-5.5", input: "a", tool_choice: hostile },
      { model: "gpt-5.5", input: [{ type: hostile }] },
      { model: "gpt-5.5", input: "a", previous_response_id: hostile },
    ];
    for (const body of bodies) {
      for (const target of ["/v1/responses", "/no-tools/v1/responses"]) {
        const { status, headers, body: text } = await post(target, JSON.stringify(body));
        expect(status).toBeLessThan(500);
        expect(headers).not.toHaveProperty("set-cookie");
        expect(JSON.stringify(headers)).not.toMatch(/\\u00|\u009b|\u202e/);
        expect(JSON.stringify(Object.keys(headers))).not.toMatch(control);
        expect(text.split("\n").length).toBe(1);
      }
    }
    for (const header of ["X-Request-Id: a\x1b[2J", "X-Request-Id: <script>"]) {
      const { headers } = await ask(relay.url, { headers: [bearer, header] });
      if (headers["x-request-id"] !== undefined) expect(headers["x-request-id"]).toMatch(/^req_/);
    }
    const { body } = await ask(relay.url, { target: "/v1/%1b%5b2J%c2%9b", headers: [bearer] });
    expect(body).not.toMatch(control);
  });

  it.each(["api_base", "base_url", "api_key", "custom_host", "custom_llm_provider", "proxy"])(
    "T21 leaves %s out and says so, and asks its own upstream",
    async (name) => {
      const before = (await relay.upstreamBodies()).length;
      const address = "http://127.0.0.1:9/v1";
      const { status, headers } = await ask(relay.url, {
        method: "POST",
        target: "/v1/responses",
        headers: [bearer, json, `X-Portkey-Custom-Host: ${address}`, `X-Base-Url: ${address}`],
        body: JSON.stringify({ model: "gpt-5.5", input: "Hi", [name]: address }),
      });
      expect([status, headers["x-airelays-ignored-parameters"]]).toEqual([200, name]);
      const bodies = await relay.upstreamBodies();
      expect(bodies.length).toBe(before + 1);
      expect(JSON.stringify(bodies.at(-1))).not.toContain(address);
    },
  );

  it("T23 opens no connection to an address in a request", async () => {
    let connections = 0;
    const bait = createServer((_req, res) => res.end()).on("connection", () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => bait.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise((resolve) => bait.close(() => resolve())));
    const own = `http://127.0.0.1:${(bait.address() as AddressInfo).port}/secret.png`;
    for (const url of [own, "http://169.254.169.254/latest", "file:///etc/passwd", "ftp://x/"]) {
      for (const part of [
        { type: "input_image", image_url: url },
        { type: "input_file", file_url: url },
      ]) {
        const body = { model: "gpt-5.5", input: [{ role: "user", content: [part] }] };
        expect((await post("/v1/responses", JSON.stringify(body))).status).toBeLessThan(500);
      }
    }
    expect(connections).toBe(0);
  });

  it("T9 sends the upstream its own headers and none of the client's", async () => {
    await fetch(`${relay.simulator.url}/simulator/requests`, { method: "DELETE" });
    await ask(relay.url, {
      method: "POST",
      target: "/v1/responses",
      headers: [
        bearer,
        json,
        "X_Forwarded_User: admin",
        "X-Forwarded-For: 10.0.0.1",
        "Proxy-Authorization: Basic eA==",
        "Cookie: session=1",
        "Connection: close, Authorization",
        "TE: trailers",
        "ChatGPT-Account-Id: other",
        "OpenAI-Organization: other",
        "Originator: codex_cli_rs",
        "User-Agent: evil",
        "X-Any: evil",
      ],
      body: JSON.stringify({ model: "gpt-5.5", input: "Whose headers?" }),
    });
    const answer = await fetch(`${relay.simulator.url}/simulator/requests`);
    const calls = (await answer.json()) as { path: string; headers: Record<string, string> }[];
    const { headers = {} } = calls.findLast(({ path }) => path.endsWith("/responses")) ?? {};
    expect(Object.keys(headers).sort()).toEqual([
      "accept",
      "authorization",
      "chatgpt-account-id",
      "connection",
      "content-length",
      "content-type",
      "host",
      "originator",
      "session-id",
      "user-agent",
    ]);
    expect([headers["originator"], headers["user-agent"]]).toEqual(["airelays", "airelays/test"]);
    expect(JSON.stringify(headers)).not.toMatch(/evil|other|admin/);
  });

  it("T52 answers who has no token before the body is sent", async () => {
    const answer = await ask(relay.url, {
      method: "POST",
      target: "/v1/responses",
      headers: [json, "Content-Length: 30000000"],
    });
    expect([answer.status, answer.headers["connection"]]).toEqual([401, "close"]);
  });

  it.each(["gzip, gzip, gzip, gzip", "snappy"])("T46 unpacks no %s", async (encoding) => {
    const headers = [bearer, json, `Content-Encoding: ${encoding}`];
    const answer = await ask(relay.url, {
      method: "POST",
      target: "/v1/responses",
      headers,
      body: "x",
    });
    expect([400, 415]).toContain(answer.status);
  });

  it("T51 reads a megabyte of anything in bounded time", async () => {
    const long = "a".repeat(1_000_000);
    for (const body of [
      { model: long, input: "a" },
      { model: `${long}-high`, input: "a" },
      { model: "gpt-5.5", input: `data:${long}` },
      {
        model: "gpt-5.5",
        input: [
          {
            role: "user",
            content: [{ type: "input_image", image_url: `data:image/png;base64,${long}!` }],
          },
        ],
      },
      { model: "gpt-5.5", input: "a", previous_response_id: long },
      { model: "gpt-5.5", input: "a", tools: [{ type: "function", name: long }] },
      { model: "gpt-5.5", input: "a", [long]: 1 },
    ]) {
      expect((await post("/v1/responses", JSON.stringify(body))).status).toBeLessThan(500);
    }
  });
});
