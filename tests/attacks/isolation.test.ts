/** What nobody gets around, and what comes back: T6, T22, T44, T56, T57, T63, T64 of tests/attacks/README.md. */
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ask, parse, upgradeHeaders } from "../helpers/raw-http.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const roomy = { AIRELAYS_RATE_LIMIT_BURST: "100000" };

describe("a relay", () => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await startTestRelay({ env: roomy });
  });
  afterAll(() => relay.close());

  it("T64 needs the token on every route of its own but the page, the health and an empty hello, however they are written", async () => {
    const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
    const open = new Set<string>();
    const paths = new Set(relay.routes.map(({ path }) => path.replaceAll(/:\w+|\*+/g, "x")));
    expect(paths.size).toBeGreaterThan(40);
    for (const path of [...paths, "/v1", "/admin", "/metrics", "/docs", "/.env", "/healthz/x"]) {
      const variants = [path, `${path}/`, `/${path}`, path.toUpperCase(), `${path}?x=/healthz`];
      for (const target of [...variants, path.replace(/\w(?=\w*$)/, (last) => encode(last))]) {
        for (const method of methods) {
          const { status } = await fetch(`${relay.url}${target}`, { method });
          if (status !== 401) open.add(`${status} ${method} ${target.split("?")[0]}`);
        }
      }
    }
    // The router reads an escaped letter as the letter, and so does the admission.
    const told = ["", "%68ealthz", "healthz"];
    // Claude Code asks before it has a token, and is told nothing at all.
    const hello = ["api/%68ello", "api/hello"];
    const expected = [...told, ...hello, ...hello.map((path) => `no-tools/${path}`)];
    expect(open).toEqual(
      new Set(
        ["GET", "HEAD"].flatMap((method) => expected.map((path) => `200 ${method} /${path}`)),
      ),
    );
    // Six thousand requests.
  }, 60_000);

  it("T6 lets no spelling of a path past the token", async () => {
    const pieces = fc.constantFrom(
      ...["/", "//", "healthz", "v1", "models", "no-tools", "%2f", "%2e%2e", "..", ".", ";"],
      ...["%00", "?", "#", "\\", "%5c", "%25", "%", "@", ":", "http://127.0.0.1", "X", "é"],
    );
    const targets = fc.array(pieces, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(targets, async (target) => {
        const { status, body } = await ask(relay.url, { target });
        // What is left in the address after a `?` or `#` is no path: the public pair may answer.
        const isPair = body.includes('"app_name"') || body.includes("<h1>AIRelays");
        expect(isPair ? "the public pair" : status).toBeOneOf([400, 401, "the public pair"]);
        expect(body).not.toContain('"object"');
      }),
      { numRuns: 300 },
    );
  });

  it("T64 needs the token on an upgrade, wherever it goes", async () => {
    for (const target of ["/", "/healthz", "/v1/responses", "/v1/realtime", "/x"]) {
      const { status } = await ask(relay.url, { target, headers: upgradeHeaders });
      expect([target, status]).toEqual([target, isPublic(target) ? 200 : 401]);
    }
  });

  it("T13 T19 looks at upgrades and at broken requests on both loopback addresses", async () => {
    const { port } = new URL(relay.url);
    for (const url of [`http://127.0.0.1:${port}`, `http://[::1]:${port}`]) {
      const upgrade = { target: "/v1/responses", headers: upgradeHeaders };
      expect((await ask(url, upgrade)).body).toContain('"code":"invalid_api_key"');
      const foreign = { ...upgrade, headers: [...upgradeHeaders, "Origin: https://evil.example"] };
      expect((await ask(url, foreign)).body).toContain('"code":"forbidden_origin"');
      expect((await ask(url, { headers: ["broken"] })).body).toContain('"code":"invalid_request"');
    }
  });

  it("T63 keeps every answer out of caches, and lets none be sniffed", async () => {
    const bearer = `Authorization: Bearer ${relay.token}`;
    for (const [target, headers] of [
      ["/", []],
      ["/healthz", []],
      ["/v1/models", [bearer]],
      ["/v1/models", []],
      ["/v1/nothing", [bearer]],
      ["/%ff", []],
    ] as const) {
      const answer = await ask(relay.url, { target, headers });
      expect(answer.headers).toMatchObject({
        "cache-control": "no-store, no-transform",
        "x-content-type-options": "nosniff",
      });
    }
    const page = await ask(relay.url, { target: "/" });
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.body).not.toMatch(/<script|\son\w+=/i);
  });

  it("T44 stops a body without end at its limit, and keeps nothing of it", async () => {
    const { hostname, port, host } = new URL(relay.url);
    const socket = connect(Number(port), hostname);
    const head = [
      "POST /v1/responses HTTP/1.1",
      `Host: ${host}`,
      `Authorization: Bearer ${relay.token}`,
      "Content-Type: application/json",
      "Transfer-Encoding: chunked",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    const megabyte = `100000\r\n${"x".repeat(0x100000)}\r\n`;
    let sent = 0;
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const more = (): void => {
        while (sent < 1024 && !socket.destroyed) {
          sent += 1;
          if (!socket.write(megabyte)) return;
        }
      };
      socket.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      socket.on("drain", more);
      // The relay closes while we still send.
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
      more();
    });
    expect(sent).toBeLessThan(200);
    // A reset may take the answer along.
    if (answer !== "") expect(parse(answer)).toMatchObject({ status: 413 });
    expect((await relay.get("/v1/models")).status).toBe(200);
  });

  it("T56 asks again after the upstream's 429, without a restart", async () => {
    const post = (input: string) => relay.post("/v1/responses", { model: "gpt-5.5", input });
    expect((await post("[sim:status code=429 variant=rate-limit]")).status).toBe(429);
    expect((await post("[sim:status code=429 variant=usage-limit]")).status).toBe(429);
    expect((await post("Hi")).status).toBe(200);
  });

  it("T57 sends the upstream one call for a request that it refuses", async () => {
    const before = (await relay.upstreamBodies()).length;
    const input = "[sim:early-failed code=invalid_prompt]";
    expect((await relay.post("/v1/responses", { model: "gpt-5.5", input })).status).toBe(400);
    expect((await relay.upstreamBodies()).length).toBe(before + 1);
  });
});

it("T22 T59 follows no upstream to another host, and passes no page on", async () => {
  let asked = 0;
  const elsewhere = createServer((_req, res) => {
    asked += 1;
    res.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  const { port } = elsewhere.address() as AddressInfo;
  let status = 302;
  const upstream = createServer((_req, res) => {
    res.writeHead(status, {
      location: `http://127.0.0.1:${port}/`,
      "content-type": "text/html",
      "set-cookie": "a=b",
      server: "evil",
      "x-any": "\u009b2J",
    });
    res.end("<html><script>alert(1)</script>\u001b[2J</html>");
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/codex`;
  const relay = await startTestRelay({ env: { ...roomy, AIRELAYS_UPSTREAM_BASE_URL: base } });
  onTestFinished(async () => {
    await relay.close();
    for (const server of [elsewhere, upstream]) {
      server.closeAllConnections();
      server.close();
    }
  });
  for (status of [302, 307, 308, 403, 500, 503]) {
    for (const stream of [true, false]) {
      const answer = await relay.post("/v1/responses", { model: "gpt-5.5", input: "Hi", stream });
      const text = await answer.text();
      expect([status, answer.status]).toEqual([status, status === 403 ? 403 : 502]);
      expect(JSON.parse(text)).toHaveProperty("error.code");
      expect(text).not.toMatch(/html|script|\\u001b/);
      for (const name of ["set-cookie", "server", "x-any", "location"]) {
        expect(answer.headers.has(name)).toBe(false);
      }
    }
  }
  expect(asked).toBe(0);
});

const isPublic = (target: string): boolean => target === "/" || target === "/healthz";
const encode = (letter: string): string => `%${letter.charCodeAt(0).toString(16)}`;
