import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { raw } from "../helpers/raw-http.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";
import { relayOver, transports } from "../helpers/transports.ts";
import { rawBlock, zstd } from "../helpers/zstd.ts";

interface ErrorBody {
  readonly error: { message: string; type: string; code: string | null; param: string | null };
}

const chatBody = (text: string, more: object = {}) => ({
  model: "gpt-5.5",
  messages: [{ role: "user", content: text }],
  ...more,
});
const responsesBody = (text: string, more: object = {}) => ({
  model: "gpt-5.5",
  input: text,
  ...more,
});

async function errorOf(answer: Response) {
  const { error } = (await answer.json()) as ErrorBody;
  return { status: answer.status, ...error };
}

function compress(encoding: string, text: string): Buffer {
  if (encoding === "gzip") return gzipSync(text);
  if (encoding === "br") return brotliCompressSync(text);
  return encoding === "deflate" ? deflateSync(text) : zstd([rawBlock(text)]);
}

describe("a relay that is signed in", () => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "1000" } });
  });
  afterAll(() => relay.close());

  it("has each of its routes once", () => {
    const routes = relay.routes.map(({ method, path }) => `${method} ${path}`);
    expect(routes.filter((each, at) => routes.indexOf(each) !== at)).toEqual([]);
  });

  describe("who may speak to it", () => {
    it.each([
      "/v1/models",
      "/v1/models/gpt-5.5",
      "/v1/relay/status",
      "/v1/subscription/status",
      "/v1/account/rate_limits",
      "/v1/responses",
      "/no-tools/v1/models",
      "/v1/never/heard/of",
      "/nothing",
      "/v1%2fmodels",
      "//v1/models",
      "/healthz/",
    ])("T64 refuses %s without the token", async (path) => {
      for (const method of ["GET", "POST", "HEAD", "OPTIONS", "DELETE"]) {
        const answer = await fetch(`${relay.url}${path}`, { method });
        expect([method, answer.status]).toEqual([method, 401]);
        expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="airelays"');
      }
    });

    it("takes the token as a bearer in any case, or as x-api-key", async () => {
      for (const headers of [
        { authorization: `bearer ${relay.token}` },
        { authorization: `BEARER  ${relay.token} ` },
        { "x-api-key": relay.token },
      ]) {
        expect((await fetch(`${relay.url}/v1/models`, { headers })).status).toBe(200);
      }
    });

    it("T30 survives a token of any bytes, as often as it comes", async () => {
      const { host } = new URL(relay.url);
      for (let i = 0; i < 3; i += 1) {
        const answer = await raw(
          relay.url,
          `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer \xff\xfeé\r\nConnection: close\r\n\r\n`,
        );
        expect(answer).toMatch(/^HTTP\/1\.1 401 /);
      }
      expect((await relay.get("/v1/models")).status).toBe(200);
    });

    it.each(["evil.example:80", "localhost.evil.example", "0.0.0.0", "127.0.0.1@evil.example", ""])(
      "T2 refuses the Host %j even on public paths",
      async (host) => {
        const answer = await raw(
          relay.url,
          `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        );
        expect(answer).toMatch(/^HTTP\/1\.1 40[03] /);
      },
    );

    it("T18 refuses pages of other sites, with the token too", async () => {
      for (const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
      ] as Record<string, string>[]) {
        const { status } = await relay.get("/v1/models", { headers });
        expect(status).toBe(403);
      }
    });

    it("tells nothing about the account or the disk where no token is needed", async () => {
      const health = await fetch(`${relay.url}/healthz`);
      expect(await health.json()).toEqual({
        ok: true,
        app_name: "AIRelays",
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        instance: expect.stringMatching(/^[0-9a-f]{32}$/),
        upstream_auth: expect.stringMatching(/^(ok|unknown)$/),
      });
      const page = await fetch(`${relay.url}/`);
      const text = await page.text();
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
      for (const secret of ["demo@airelays.invalid", relay.loaded.config.paths.dataDir]) {
        expect(text).not.toContain(secret);
      }
    });
  });

  describe("errors", () => {
    it("do not repeat what may be a token in the path", async () => {
      const { message } = await errorOf(await relay.get(`/v1/models/x/${"t".repeat(43)}`));
      expect(message).toBe("There is no route `/v1/models/x/[redacted]`.");
    });

    it("have OpenAI's envelope on unknown paths and wrong methods", async () => {
      expect(await errorOf(await relay.get("/v1/nothing"))).toEqual({
        status: 404,
        message: "There is no route `/v1/nothing`.",
        type: "invalid_request_error",
        code: "not_found",
        param: null,
      });
      const wrong = await relay.get("/v1/chat/completions");
      expect(wrong.headers.get("allow")).toBe("POST");
      expect(await errorOf(wrong)).toEqual({
        status: 405,
        message: "`/v1/chat/completions` does not answer GET; it answers POST.",
        type: "invalid_request_error",
        code: "method_not_allowed",
        param: null,
      });
    });

    it.each([
      "/v1/embeddings",
      "/v1/audio/speech",
      "/v1/images/generations",
      "/v1/assistants/asst_1",
      "/v1/responses/compact",
      "/v1/responses/input_tokens",
      "/no-tools/v1/embeddings",
      "/no-tools/v1/responses/compact",
    ])("say of %s, by any method, that it is missing and what to use", async (path) => {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
        const answer = await relay.get(path, { method });
        expect([method, await errorOf(answer)]).toMatchObject([
          method,
          { status: 501, type: "unsupported_error", code: "unsupported_error" },
        ]);
      }
    });

    it.each([
      ["{", 400, "invalid_json"],
      ["", 400, "invalid_json"],
      ["[]", 400, "invalid_request"],
      ['{"model":"gpt-5.5"}', 400, "invalid_request"],
      ['{"__proto__":{"model":"x"},"constructor":1}', 400, "invalid_request"],
    ])("answer the body %j with %i %s", async (body, status, code) => {
      for (const path of ["/v1/chat/completions", "/v1/responses"]) {
        expect(await errorOf(await relay.post(path, body))).toMatchObject({ status, code });
      }
    });

    it("T48 tell a body that is nested too deeply, and the next request is fine", async () => {
      const deep = `{"model":"gpt-5.5","input":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
      for (let i = 0; i < 10; i += 1) {
        expect((await relay.post("/v1/responses", deep)).status).toBe(400);
      }
      expect((await relay.get("/v1/models")).status).toBe(200);
    });

    it.each([
      ["is nested more than 256 levels deep", "[".repeat(16e6)],
      ["has more than 500000 values", `[${"{},".repeat(5e6)}{}]`],
    ])("tell that a body %s before it is parsed", async (says, body) => {
      expect(await errorOf(await relay.post("/v1/responses", body))).toMatchObject({
        status: 400,
        code: "invalid_request",
        message: `The request body ${says}.`,
      });
    });

    it("quote nothing of a body that is no JSON", async () => {
      const { message } = await errorOf(await relay.post("/v1/responses", "hunter2-my-password"));
      expect(message).toBe("The request body is not valid JSON.");
    });

    it.each(["/v1/models/%ff", "/v1/%", "http://evil.example/healthz"])(
      "refuse the target %s in the same envelope",
      async (target) => {
        const { host } = new URL(relay.url);
        const answer = await raw(
          relay.url,
          `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        );
        expect(answer).toMatch(/^HTTP\/1\.1 400 .*nosniff.*\{"error":\{"message":/is);
      },
    );

    it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
      "refuse a body sent as %s",
      async (type) => {
        const answer = await relay.post("/v1/responses", responsesBody("Hi"), {
          headers: { "content-type": type },
        });
        expect(await errorOf(answer)).toMatchObject({
          status: 415,
          code: "unsupported_media_type",
        });
      },
    );

    it("T44 refuse a body that is too large before it is read, and the next request is fine", async () => {
      const { host } = new URL(relay.url);
      const head = `POST /v1/responses HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${relay.token}\r\nContent-Type: application/json\r\n`;
      const declared = await raw(relay.url, `${head}Content-Length: 99999999\r\n\r\n{`);
      expect(declared).toMatch(/^HTTP\/1\.1 413 .*connection: close/is);
      expect((await relay.get("/v1/models")).status).toBe(200);
    });

    it.each([
      ["[sim:status code=429 variant=usage-limit]", 429, "usage_limit_reached"],
      ["[sim:status code=429 variant=rate-limit]", 429, "upstream_rate_limited"],
      ["[sim:status code=403 variant=cloudflare]", 502, "upstream_blocked_by_cloudflare"],
      ["[sim:status code=500 variant=server-error]", 502, "upstream_error"],
      ["[sim:status code=503 variant=overloaded]", 503, "upstream_overloaded"],
      ["[sim:failed only=failed code=server_is_overloaded]", 503, "upstream_overloaded"],
      ["[sim:early-failed code=invalid_prompt]", 400, "invalid_prompt"],
      ["[sim:context-length]", 400, "context_length_exceeded"],
      ["[sim:end after=1]", 502, "upstream_stream_interrupted"],
      ["[sim:cut after=1]", 502, "upstream_stream_interrupted"],
    ])(
      "of the upstream (%s) are %i %s, streamed and whole, on both routes",
      async (text, status, code) => {
        for (const stream of [false, true]) {
          const answers = [
            await relay.post("/v1/chat/completions", chatBody(text, { stream })),
            await relay.post("/v1/responses", responsesBody(text, { stream })),
          ];
          for (const answer of answers) {
            expect(await errorOf(answer)).toMatchObject({ status, code });
          }
        }
      },
    );

    it("say when to come back", async () => {
      const answer = await relay.post(
        "/v1/responses",
        responsesBody("[sim:status code=429 variant=usage-limit]"),
      );
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(answer.headers.get("x-codex-primary-used-percent")).toBe("100");
      expect(answer.headers.get("x-ratelimit-remaining-requests")).toBe("0");
      expect(await answer.json()).toMatchObject({ error: { limit_window_minutes: 300 } });
    });

    it("name a model that the plan does not have", async () => {
      const answer = await relay.post("/v1/responses", { model: "gpt-4o", input: "Hi" });
      expect(await errorOf(answer)).toMatchObject({
        status: 404,
        code: "model_not_found",
        param: "model",
        message: expect.stringMatching(/not supported.* There are: .*`gpt-5\.5`/),
      });
    });
  });

  describe("models and status", () => {
    it("lists the account's models and shows one", async () => {
      const list = (await (await relay.get("/v1/models")).json()) as {
        object: string;
        data: { id: string; object: string; created: number; owned_by: string }[];
      };
      expect(list.object).toBe("list");
      expect(list.data.map(({ id }) => id)).toContain("gpt-5.5");
      expect(await (await relay.get("/v1/models/gpt-5.5")).json()).toEqual(
        list.data.find(({ id }) => id === "gpt-5.5"),
      );
      expect(await errorOf(await relay.get("/v1/models/gpt-4o"))).toMatchObject({
        status: 404,
        code: "model_not_found",
      });
    });

    it("tells the state of the relay, and no secret", async () => {
      const answer = await relay.get("/v1/relay/status");
      const text = await answer.text();
      expect(JSON.parse(text)).toMatchObject({
        object: "relay.status",
        app_name: "AIRelays",
        ready: { upstream_auth: true, relay_token: true },
        running_requests: 0,
        auth: { ready_for_requests: true, email: "demo@airelays.invalid" },
        relay: { bearer_token_source: "file", require_bearer_auth: true },
      });
      expect(text).not.toContain(relay.token);
      expect(text).not.toMatch(/eyJ|rt\.1\./);
    });

    it.each(["/v1/subscription/status", "/v1/account/rate_limits"])(
      "tells the plan's windows at %s",
      async (path) => {
        expect(await (await relay.get(path)).json()).toMatchObject({
          object: "subscription_status",
          rate_limits: { default: { allowed: true } },
        });
        expect(await (await relay.get(`${path}?raw=true`)).json()).toHaveProperty("raw.plan_type");
      },
    );
  });

  describe("answers", () => {
    it("sends the upstream a stream request that says who asks", async () => {
      await relay.post("/v1/chat/completions", chatBody("Who asks?"));
      const requests = (await (
        await fetch(`${relay.simulator.url}/simulator/requests`)
      ).json()) as { path: string; headers: Record<string, string>; body: object }[];
      const { headers, body } = requests.at(-1) ?? { headers: {}, body: {} };
      expect(body).toMatchObject({ stream: true, store: false, model: "gpt-5.5" });
      expect(headers).toMatchObject({ originator: "airelays", "user-agent": "airelays/test" });
    });

    it.each(["gzip", "br", "deflate", "zstd"])(
      "understands a body sent as %s",
      async (encoding) => {
        const body = compress(encoding, JSON.stringify(responsesBody("Compressed")));
        const answer = await fetch(`${relay.url}/v1/responses`, {
          method: "POST",
          body,
          headers: {
            authorization: `Bearer ${relay.token}`,
            "content-type": "application/json",
            "content-encoding": encoding,
          },
        });
        expect(answer.status).toBe(200);
        expect(await answer.text()).toContain("Compressed");
      },
    );

    it("T45 refuses a small body that would become a large one", async () => {
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
      const answer = await relay.post("/v1/responses", "", {
        body: bomb,
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
      });
      expect(await errorOf(answer)).toMatchObject({ status: 413, code: "request_too_large" });
    });

    it.each([
      ["a window of a gigabyte", zstd([], { window: 0xa0 }), 400, "zstd window of more than 8 MiB"],
      ["a content of a gigabyte", zstd([], { size: 2 ** 30 }), 413, "is larger than"],
      [
        "a content that its blocks cannot hold",
        zstd([rawBlock("{}")], { size: 2 ** 24 }),
        400,
        "as",
      ],
      ["a million blocks", zstd(Array(1_000_000).fill(rawBlock(""))), 400, "too many zstd frames"],
    ])("refuses a zstd body that claims %s, without making room", async (_, body, status, says) => {
      const before = process.memoryUsage().arrayBuffers;
      const answer = await relay.post("/v1/responses", "", {
        body: new Uint8Array(body),
        headers: { "content-type": "application/json", "content-encoding": "zstd" },
      });
      expect(await errorOf(answer)).toMatchObject({
        status,
        message: expect.stringContaining(says),
      });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
    });

    it("compacts what was said where the 501 of responses/compact says, and goes on from it", async () => {
      const refusal = await errorOf(await relay.post("/v1/responses/compact", {}));
      expect(refusal).toMatchObject({
        status: 501,
        message: expect.stringContaining('`{"type": "compaction_trigger"}` last in the `input`'),
      });
      const said = { role: "user", content: "Remember 42" };
      const trigger = { type: "compaction_trigger" };
      const compacted = await relay.post(
        "/v1/responses",
        responsesBody("", { input: [said, trigger] }),
      );
      const { output } = (await compacted.json()) as { output: object[] };
      expect(output).toEqual([
        { id: expect.any(String), type: "compaction", encrypted_content: expect.any(String) },
      ]);
      const next = { role: "user", content: "What was it?" };
      const answer = await relay.post(
        "/v1/responses",
        responsesBody("", { input: [...output, next] }),
      );
      expect(answer.status).toBe(200);
      expect((await relay.upstreamBodies()).at(-1)).toMatchObject({ input: [...output, next] });
    });

    it("T46 refuses encodings that it does not know, and bodies that are none", async () => {
      for (const [encoding, status] of [
        ["compress", 415],
        ["gzip, gzip", 415],
        ["gzip", 400],
        ["zstd", 400],
      ] as const) {
        const answer = await relay.post("/v1/responses", responsesBody("Hi"), {
          headers: { "content-type": "application/json", "content-encoding": encoding },
        });
        expect([encoding, answer.status]).toEqual([encoding, status]);
      }
    });

    it("gives a request the id that its client gave it, if that is a sane one", async () => {
      const headers = { "x-request-id": "my-id.1" };
      const named = await relay.post("/v1/responses", responsesBody("Hi"), { headers });
      expect(named.headers.get("x-request-id")).toBe("my-id.1");
      const odd = { "x-request-id": "a b" };
      const other = await relay.post("/v1/responses", responsesBody("Hi"), { headers: odd });
      expect(other.headers.get("x-request-id")).toMatch(/^req_/);
    });

    it("tells the plan's windows, the upstream's id and who answered", async () => {
      const answer = await relay.post("/v1/responses", {
        model: "gpt-5.4-mini-high",
        input: "Hi",
      });
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "x-codex-primary-used-percent": expect.stringMatching(/^\d/),
        "x-airelays-upstream-request-id": expect.any(String),
        "openai-processing-ms": expect.stringMatching(/^\d+$/),
        "x-airelays-model": "gpt-5.4-mini-2026-03-17; effort=high",
      });
    });

    it("T54 keeps the turns of a conversation together at the upstream, and others apart", async () => {
      const turn = async (first: string, headers: Record<string, string> = {}) => {
        await relay.post("/v1/chat/completions", chatBody(first), { headers });
        return (await relay.upstreamBodies()).at(-1)?.["prompt_cache_key"];
      };
      const [one, again, other] = [await turn("One"), await turn("One"), await turn("Other")];
      expect(one).toEqual(again);
      expect(one).not.toEqual(other);
      const session = { "session-id": "s" };
      expect(await turn("One", session)).toEqual(await turn("Other", session));
    });

    it("discloses what was ignored, streamed and whole", async () => {
      for (const stream of [false, true]) {
        const answer = await relay.post(
          "/v1/chat/completions",
          chatBody("Hi", { stream, temperature: 0.5, max_completion_tokens: 9, seed: 1 }),
        );
        expect(answer.status).toBe(200);
        expect(answer.headers.get("x-airelays-ignored-parameters")?.split(",").sort()).toEqual([
          "max_completion_tokens",
          "seed",
          "temperature",
        ]);
        await answer.text();
      }
    });

    it("refuses tools on the routes without tools, and answers the rest there", async () => {
      const tools = [{ type: "function", function: { name: "f" } }];
      const refused = await relay.post("/no-tools/v1/chat/completions", chatBody("Hi", { tools }));
      expect(await errorOf(refused)).toMatchObject({ status: 400, param: "tools" });
      for (const [path, body] of [
        ["/no-tools/v1/chat/completions", chatBody("Hi")],
        ["/no-tools/v1/responses", responsesBody("Hi")],
      ] as const) {
        expect((await relay.post(path, body)).status).toBe(200);
      }
    });

    it("has every route of /v1 under /no-tools too", async () => {
      const status = (await (await relay.get("/v1/relay/status")).json()) as {
        supported_routes: string[];
      };
      const paths = status.supported_routes.filter((path) => path.startsWith("/v1/"));
      expect(paths).toContain("/v1/conversations/:id/items/:itemId");
      for (const path of paths.map((each) => each.replaceAll(/:\w+/g, "x_1"))) {
        for (const method of ["GET", "POST", "DELETE", "PATCH"]) {
          const [plain, twin] = await Promise.all(
            ["", "/no-tools"].map(async (prefix) => {
              const answer = await relay.get(`${prefix}${path}`, { method });
              const { error } = (await answer.json()) as Partial<ErrorBody>;
              const { status, headers } = answer;
              return {
                status,
                allow: headers.get("allow"),
                code: error?.code,
                param: error?.param,
              };
            }),
          );
          expect([method, path, twin]).toEqual([method, path, plain]);
        }
      }
    });

    it("T50 keeps U+2028 and its like whole, streamed and whole", async () => {
      for (const stream of [false, true]) {
        const answer = await relay.post(
          "/v1/responses",
          responsesBody("[sim:unicode]", { stream }),
        );
        const text = await answer.text();
        for (const character of ["\u2028", "\u2029", "\u0085"]) expect(text).toContain(character);
      }
    });

    it("ends a cut stream with an error and without a terminator", async () => {
      const chat = await relay.post(
        "/v1/chat/completions",
        chatBody("[sim:cut after=6] one two three four five six seven", { stream: true }),
      );
      const chatText = await chat.text();
      expect(chatText).toContain('"code":"upstream_stream_interrupted"');
      expect(chatText).not.toContain("[DONE]");
      expect(chatText).not.toContain('"finish_reason":"');
      const responses = await relay.post(
        "/v1/responses",
        responsesBody("[sim:end after=6] one two three four five six seven", { stream: true }),
      );
      const responsesText = await responses.text();
      expect(responsesText).toMatch(/event: error\ndata: .*upstream_stream_interrupted.*\n\n$/);
      expect(responsesText).not.toContain("response.completed");
    });

    it("T63 marks every answer as not to be stored or sniffed", async () => {
      const answer = await relay.post("/v1/responses", responsesBody("Hi", { stream: true }));
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-content-type-options": "nosniff",
        "x-request-id": expect.stringMatching(/^req_[0-9a-f]{32}$/),
      });
      await answer.text();
    });
  });
});

describe("a relay that is not signed in", () => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await startTestRelay({ signedIn: false });
  });
  afterAll(() => relay.close());

  it("answers 503 with the next step, never 401", async () => {
    const answer = await relay.post("/v1/responses", responsesBody("Hi", { stream: true }));
    expect(answer.headers.get("x-airelays-upstream-auth")).toBe("missing");
    expect(await errorOf(answer)).toMatchObject({
      status: 503,
      type: "authentication_error",
      code: "upstream_auth_missing",
      message: expect.stringContaining("airelays login"),
    });
  });
});

describe("a relay in open mode", () => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await startTestRelay({ env: { AIRELAYS_REQUIRE_BEARER_AUTH: "false" } });
  });
  afterAll(() => relay.close());

  it("needs no token, and still refuses foreign pages and hosts", async () => {
    expect((await fetch(`${relay.url}/v1/models`)).status).toBe(200);
    const headers = { origin: "https://evil.example" };
    expect((await fetch(`${relay.url}/v1/models`, { headers })).status).toBe(403);
  });
});

describe.each(transports)("one relay for each case, over %s", (transport) => {
  const startRelay = relayOver(transport);
  let relay: TestRelay;
  afterEach(() => relay.close());

  it("T55 ends the upstream call when the client leaves, before and after the first byte", async () => {
    relay = await startRelay();
    for (const text of ["[sim:silence]", "[sim:stall after=8] one two three four"]) {
      const controller = new AbortController();
      const pending = relay.post("/v1/responses", responsesBody(text, { stream: true }), {
        signal: controller.signal,
      });
      if (text.includes("silence")) await upstreamState(relay, (state) => state.received === 1);
      else await (await pending).body?.getReader().read();
      controller.abort();
      await pending.catch(() => undefined);
      await upstreamState(relay, (state) => state.aborted === state.received);
    }
  });

  it("T55 gives the place of a client back that left before its answer began", async () => {
    relay = await startRelay();
    for (const [stream, text, received] of [
      [false, "[sim:slow events=50 delay_ms=20]", 8],
      [true, "[sim:silence]", 16],
    ] as const) {
      const made = Array.from({ length: 8 }, () => {
        const controller = new AbortController();
        const { signal } = controller;
        const pending = relay.post("/v1/responses", responsesBody(text, { stream }), { signal });
        return { controller, ended: pending.catch(() => undefined) };
      });
      await upstreamState(relay, (state) => state.received === received);
      for (const { controller } of made) controller.abort();
      await Promise.all(made.map(({ ended }) => ended));
      await upstreamState(relay, (state) => state.aborted === received);
      expect((await relay.get("/v1/models")).status).toBe(200);
    }
    const records = await relay.closeAndReadLog();
    const gone = records.filter(
      ({ phase, outcome }) => phase === "outbound_response" && outcome === "client_gone",
    );
    expect(gone).toHaveLength(16);
  });

  it("takes back the reasoning that it gave", async () => {
    relay = await startRelay();
    const body = responsesBody("[sim:reasoning]", { store: false });
    const first = (await (await relay.post("/v1/responses", body)).json()) as { output: object[] };
    const input = [
      { role: "user", content: "[sim:reasoning]" },
      ...first.output,
      { role: "user", content: "Go on." },
    ];
    expect((await relay.post("/v1/responses", { model: "gpt-5.5", input })).status).toBe(200);
    expect((await relay.upstreamBodies()).at(-1)?.["input"]).toContainEqual(
      expect.objectContaining({ type: "reasoning", encrypted_content: expect.any(String) }),
    );
  });

  it.each([
    ["/v1/responses", { input: "Hi.", tools: [{ type: { toString: 1 } }] }],
    ["/v1/responses", { input: "Hi.", tools: [{ type: "function", name: { toString: 1 } }] }],
    ["/v1/chat/completions", { messages: [], tools: [{ type: { toString: 1 } }] }],
    [
      "/v1/chat/completions",
      { messages: [{ role: "user", content: [{ type: { toString: 1 } }] }] },
    ],
  ])("refuses what is no text where one belongs, as the client's fault: %s", async (path, body) => {
    relay = await startRelay();
    const answer = await relay.post(path, { model: "gpt-5.5", ...body });
    expect(await errorOf(answer)).toMatchObject({ status: 400 });
  });

  it("T57 spends one refresh on a login that is refused, not one a request", async () => {
    relay = await startRelay();
    for (let i = 0; i < 3; i += 1) {
      const refused = await relay.post("/v1/responses", responsesBody("[sim:status code=401]"));
      expect((await errorOf(refused)).code).toBe("upstream_auth_rejected");
    }
    const state = await fetch(`${relay.simulator.url}/simulator/state`);
    expect(await state.json()).toMatchObject({ refreshes: 1 });
  });

  it("T27 keeps its token out of the log, wherever a client puts it", async () => {
    relay = await startRelay();
    await relay.get(`/v1/models/${relay.token}?key=${relay.token}&x=${relay.token}`);
    await relay.post("/v1/responses", responsesBody(`My token is ${relay.token}.`));
    const { token } = relay;
    const text = JSON.stringify(await relay.closeAndReadLog());
    expect(text).toContain("My token is [secret].");
    expect(text).not.toContain(token);
  });

  it("T32 repeats a call once with a refreshed login when the upstream refuses the old one", async () => {
    relay = await startRelay();
    await fetch(`${relay.simulator.url}/simulator/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ access_tokens: "revoke" }),
    });
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => relay.post("/v1/responses", responsesBody("Hi"))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const state = await fetch(`${relay.simulator.url}/simulator/state`);
    expect(await state.json()).toMatchObject({ refreshes: 1 });
  });

  it("writes what happened to the log: asked, sent, answered, and how it ended", async () => {
    relay = await startRelay();
    const answer = await relay.post(
      "/v1/chat/completions",
      chatBody("For the log", { temperature: 1, stream: true }),
    );
    const id = answer.headers.get("x-request-id");
    await answer.text();
    await fetch(`${relay.url}/v1/models`);
    await relay.get("/healthz");
    const { token } = relay;
    const records = await relay.closeAndReadLog();
    const mine = records.filter((record) => record.request_id === id);
    expect(mine.map(({ phase }) => phase)).toEqual([
      "inbound_request",
      "inbound_body",
      "upstream_request",
      "compatibility_adaptation",
      "upstream_response",
      "upstream_usage",
      "outbound_response",
    ]);
    expect(mine.at(-1)).toMatchObject({ status_code: 200, outcome: "completed" });
    expect(mine[4]).toMatchObject({
      body: { output: [{ content: [{ text: expect.stringContaining("For the log") }] }] },
    });
    const others = records.filter((record) => record.request_id !== id);
    expect(others.map(({ phase }) => phase)).toEqual(["endpoint_auth_failed", "outbound_response"]);
    expect(JSON.stringify(records)).not.toContain(token);
    expect(JSON.stringify(records)).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });

  it("follows a rotated token at once", async () => {
    relay = await startRelay();
    const { writePrivateFile } = await import("../../src/storage/atomic-file.ts");
    await writePrivateFile(relay.loaded.config.security.bearerTokenFile, "a-token-that-is-new\n");
    expect((await relay.get("/v1/models")).status).toBe(401);
    const headers = { authorization: "Bearer a-token-that-is-new" };
    expect((await relay.get("/v1/models", { headers })).status).toBe(200);
  });

  it("T55 counts a stream until its body ends", async () => {
    relay = await startRelay({ env: { AIRELAYS_CONCURRENT_REQUESTS_PER_IP: "1" } });
    const stall = responsesBody("[sim:stall after=8] one two three", { stream: true });
    const controller = new AbortController();
    const first = await relay.post("/v1/responses", stall, { signal: controller.signal });
    await first.body?.getReader().read();
    const second = await relay.get("/v1/models");
    expect(await errorOf(second)).toMatchObject({
      status: 429,
      code: "too_many_concurrent_requests",
    });
    controller.abort();
    await upstreamState(relay, (state) => state.aborted === 1);
    expect((await relay.get("/v1/models")).status).toBe(200);
  });

  it("T31 blocks wrong tokens after a while, and never the right one", async () => {
    relay = await startRelay({ env: { AIRELAYS_FAILED_AUTH_MAX_ATTEMPTS: "2" } });
    const headers = { authorization: "Bearer wrong" };
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      statuses.push((await relay.get("/v1/models", { headers })).status);
    }
    expect(statuses).toEqual([401, 401, 429]);
    expect((await relay.get("/v1/models")).status).toBe(200);
  });
});

interface UpstreamState {
  readonly received: number;
  readonly aborted: number;
}

/** Asks the stand-in until the state is reached; the test's own time limit ends a state that never is. */
async function upstreamState(
  { simulator }: TestRelay,
  isReached: (state: UpstreamState) => boolean,
): Promise<void> {
  for (;;) {
    const answer = await fetch(`${simulator.url}/simulator/requests`);
    const requests = (await answer.json()) as { path: string; aborted: boolean }[];
    const turns = requests.filter(({ path }) => path.endsWith("/codex/responses"));
    const aborted = turns.filter((turn) => turn.aborted).length;
    if (isReached({ received: turns.length, aborted })) return;
  }
}
