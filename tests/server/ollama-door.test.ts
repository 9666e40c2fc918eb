/** The second port: what is there, and who is let in. */
import { request } from "node:http";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type WebSocket as Socket, WebSocket } from "ws";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const model = "gpt-5.5";
const marker = "[airelays stand-in, no AI]";

/** A request with headers that `fetch` does not let one set. */
function statusOf(
  url: string,
  headers: Record<string, string> = {},
  /** Sent as it is, where a URL would tidy it. */
  path = url.replace(/^http:\/\/[^/]*/, ""),
): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false, path }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

/** The first event of an answer over a WebSocket, or the status that refused it. */
function firstEvent(url: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket: Socket = new WebSocket(url.replace("http", "ws"), { headers });
    socket.on("open", () => {
      socket.send(JSON.stringify({ type: "response.create", model, input: "Hi" }));
    });
    socket.on("message", (data) => {
      socket.close();
      resolve(JSON.parse(String(data)).type);
    });
    socket.on("unexpected-response", (_req, res) => {
      res.destroy();
      resolve(res.statusCode);
    });
    socket.on("error", reject);
  });
}

describe.each([
  ["with the token", "false", 401],
  ["open", "true", 200],
])("Ollama's port, %s", (_name, open, withoutToken) => {
  let relay: TestRelay;
  let authorization: string;
  beforeAll(async () => {
    relay = await startTestRelay({
      env: { AIRELAYS_OLLAMA_LISTEN: "127.0.0.1:0", AIRELAYS_OLLAMA_OPEN: open },
    });
    authorization = `Bearer ${relay.token}`;
  });
  afterAll(() => relay.close());

  it("says that Ollama is running, where the main port has its page", async () => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await fetch(relay.ollamaUrl, { method });
      expect([answer.status, await answer.text()]).toEqual([
        200,
        method === "GET" ? "Ollama is running" : "",
      ]);
    }
    expect(await (await fetch(relay.url)).text()).toContain("<title>AIRelays</title>");
  });

  it("answers OpenAI's routes with the same handler", async () => {
    const client = new OpenAI({
      baseURL: `${relay.ollamaUrl}/v1`,
      apiKey: open === "true" ? "ollama" : relay.token,
      maxRetries: 0,
    });
    const { choices } = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(choices[0]?.message.content).toBe(`${marker} Hi`);
  });

  it("wants the token only where it was not opened, and on the main port always", async () => {
    expect(await statusOf(`${relay.ollamaUrl}/api/tags`, { authorization })).toBe(200);
    expect(await statusOf(`${relay.ollamaUrl}/api/tags`)).toBe(withoutToken);
    expect(await statusOf(`${relay.url}/api/tags`)).toBe(401);
    expect(await statusOf(`${relay.url}/api/tags`, { authorization })).toBe(200);
  });

  it("keeps the account and what is stored for who has the token, however it is written", async () => {
    for (const path of [
      ...["/v1/relay/status", "/v1/files", "/v1/files/file-1/content", "/v1/conversations/conv_1"],
      ...["/v1/responses/resp_1", "/v1/%66iles", "/v1/models/../files", "/v1/models/%2e%2e/files"],
      ...["/api/../v1/files", "/v1/files?x=/api/tags", "/v1/files/", "/v1/nothing"],
    ]) {
      expect([path, await statusOf(relay.ollamaUrl, {}, path)]).toEqual([path, 401]);
    }
    expect(await statusOf(`${relay.ollamaUrl}/v1/files`, { authorization })).toBe(200);
    expect(await statusOf(`${relay.ollamaUrl}/v1/models?limit=1`)).toBe(withoutToken);
    expect(await statusOf(`${relay.ollamaUrl}/v1/models/${model}`)).toBe(withoutToken);
  });

  it("takes nobody's word from elsewhere", async () => {
    const url = `${relay.ollamaUrl}/api/tags`;
    expect(await statusOf(url, { authorization, host: "evil.example" })).toBe(403);
    expect(await statusOf(url, { authorization, origin: "https://evil.example" })).toBe(403);
    expect(await statusOf(url, { authorization, "sec-fetch-site": "cross-site" })).toBe(403);
    for (const name of [
      ...["x-forwarded-for", "forwarded", "x-forwarded-host", "x-forwarded-proto", "via"],
      ...["x-real-ip", "cf-connecting-ip", "tailscale-user-login"],
    ]) {
      expect([name, await statusOf(url, { [name]: "203.0.113.7" })]).toEqual([name, 401]);
    }
  });

  it("speaks over WebSockets on the same terms", async () => {
    const url = `${relay.ollamaUrl}/v1/responses`;
    expect(await firstEvent(url, { authorization })).toBe("response.created");
    expect(await firstEvent(url, {})).toBe(open === "true" ? "response.created" : 401);
    expect(await firstEvent(`${relay.url}/v1/responses`, {})).toBe(401);
  });
});

it("counts who comes without a token as one client, apart from the main port's", async () => {
  const relay = await startTestRelay({
    signedIn: false,
    env: {
      AIRELAYS_OLLAMA_LISTEN: "127.0.0.1:0",
      AIRELAYS_OLLAMA_OPEN: "true",
      AIRELAYS_RATE_LIMIT_BURST: "2",
      AIRELAYS_RATE_LIMIT_PER_MINUTE: "1",
    },
  });
  try {
    const url = `${relay.ollamaUrl}/api/version`;
    const statuses = [await statusOf(url), await statusOf(url), await statusOf(url)];
    expect(statuses).toEqual([200, 200, 429]);
    expect((await relay.get("/api/version")).status).toBe(200);
  } finally {
    await relay.close();
  }
});

it("lets answers on both ports end when the relay stops", async () => {
  const relay = await startTestRelay({ env: { AIRELAYS_OLLAMA_LISTEN: "127.0.0.1:0" } });
  const ask = (url: string) =>
    fetch(`${url}/api/generate`, {
      method: "POST",
      headers: { authorization: `Bearer ${relay.token}`, "content-type": "application/json" },
      body: JSON.stringify({ model, prompt: "[sim:slow events=5 delay_ms=20]" }),
    });
  const answers = await Promise.all([ask(relay.url), ask(relay.ollamaUrl)]);
  const closed = relay.close(10_000);
  for (const answer of answers) expect(await answer.text()).toContain('"done":true');
  await closed;
});
