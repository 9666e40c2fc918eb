/**
 * The packed and installed CLI from `init` to `serve`, with the official SDK as its client and the
 * stand-in, in this process, as its upstream.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";
import { version } from "../../src/version.ts";
import { installPackedCli, type PackedCli, packAgain } from "../helpers/packed-cli.ts";
import type { RunningChild } from "../helpers/running-child.ts";
import { approveDevice, realClock } from "../helpers/test-relay.ts";

const model = "gpt-5.5";
const marker = "[airelays stand-in, no AI]";
const setUpMs = 180_000;

let simulator: Simulator;
let cli: PackedCli;

beforeAll(async () => {
  simulator = await startSimulator({ clock: realClock });
  cli = await installPackedCli({
    AIRELAYS_UPSTREAM_BASE_URL: simulator.upstreamBaseUrl,
    AIRELAYS_ISSUER_BASE_URL: simulator.issuerBaseUrl,
  });
}, setUpMs);

afterAll(async () => {
  await cli?.remove();
  await simulator?.close();
});

/** `init`, then the device login with the consent given at the stand-in; the relay token. */
async function initAndLogIn(): Promise<string> {
  const { stdout, code } = await cli.run("init", "--json");
  expect(code).toBe(0);
  const login = cli.start("login", "--device");
  const [, userCode = ""] = await login.until(/^ {2}([A-Z2-9]{4}-[A-Z2-9]{5})$/m);
  await approveDevice(simulator.issuerBaseUrl, userCode);
  const result = await login.done;
  expect({ ...result, stderr: "" }).toEqual({
    stdout: expect.stringMatching(/^Signed in\n[\s\S]*demo@airelays\.invalid/),
    stderr: "",
    code: 0,
  });
  return JSON.parse(stdout).relay_token;
}

async function serveOnFreePort(): Promise<{ relay: RunningChild; baseURL: string }> {
  const relay = cli.start("serve", "--port", "0");
  const [, baseURL = ""] = await relay.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/);
  return { relay, baseURL };
}

describe("connect", () => {
  it("has the packages with it that read the files of tools", async () => {
    const config = join(cli.folder, "..", "open.toml");
    await writeFile(config, "[security]\nrequire_bearer_auth = false\n");
    for (const tool of ["codex", "opencode", "continue"]) {
      const argv = ["--config", config, "connect", tool, "--port", "1", "--json"];
      const { stdout, code } = await cli.run(...argv);
      expect({ tool, code }).toEqual({ tool, code: 0 });
      expect(JSON.parse(stdout).file.settings).toContain("http://127.0.0.1:1/v1");
    }
  });
});

describe("the package", () => {
  it("holds the program and its documents, and no source, test or source map", async () => {
    expect(cli.files).toEqual(
      expect.arrayContaining(["LICENSE", "README.md", "dist/main.js", "package.json"]),
    );
    const wanted = /^(dist\/([\w.-]+\.js|LICENSES\.txt)|[A-Z]+\.md|LICENSE|package\.json)$/;
    expect(cli.files.filter((path) => !wanted.test(path))).toEqual([]);
    const scripts = cli.files.filter((path) => path.endsWith(".js"));
    const texts = await Promise.all(
      scripts.map((path) => readFile(join(cli.folder, path), "utf8")),
    );
    expect(texts.filter((text) => text.includes("sourceMappingURL"))).toEqual([]);
  });

  it(
    "T60 is the same to the byte when it is built and packed again",
    async () => {
      expect(await packAgain()).toBe(cli.integrity);
    },
    setUpMs,
  );

  it("T60 runs nothing when it is installed", async () => {
    const { scripts } = JSON.parse(await readFile(join(cli.folder, "package.json"), "utf8"));
    const hooks = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];

    expect(hooks.filter((name) => name in scripts)).toEqual([]);
    // npm builds a package with this file, asked or not.
    expect(cli.files).not.toContain("binding.gyp");
  });

  it("offers nothing to import, so that there are no types to be wrong", async () => {
    const manifest = JSON.parse(await readFile(join(cli.folder, "package.json"), "utf8"));
    const entries = ["main", "module", "exports", "imports", "types", "typings", "typesVersions"];
    expect(entries.filter((name) => name in manifest)).toEqual([]);
    expect(manifest.bin).toEqual({ airelays: "dist/main.js" });
  });

  it("T60 is published with its provenance, which names where it was built from", async () => {
    const manifest = JSON.parse(await readFile(join(cli.folder, "package.json"), "utf8"));
    expect(manifest.publishConfig).toEqual({ access: "public", provenance: true });
    // npm refuses a provenance whose repository is another than this one.
    expect(manifest.repository.url).toMatch(/^git\+https:\/\/github\.com\/[\w-]+\/[\w-]+\.git$/);
    expect(manifest.homepage).toContain(manifest.repository.url.slice(4, -4));
    expect(manifest.bugs).toContain(manifest.repository.url.slice(4, -4));
  });

  it("names its version", async () => {
    expect(await cli.run("--version")).toEqual({ stdout: `${version}\n`, stderr: "", code: 0 });
  });

  it("answers a wrong command line with one line, the next step and exit 2", async () => {
    expect(await cli.run("stauts")).toEqual({
      stdout: "",
      stderr:
        "error: Unknown command `stauts`; did you mean `airelays status`?\nhint: airelays --help\n",
      code: 2,
    });
  });
});

describe("the installed CLI, signed in and serving", () => {
  let token: string;
  let baseURL: string;
  let relay: RunningChild;
  let client: OpenAI;

  beforeAll(async () => {
    token = await initAndLogIn();
    ({ relay, baseURL } = await serveOnFreePort());
    client = new OpenAI({ baseURL, apiKey: token, maxRetries: 0 });
  }, setUpMs);

  it("reports itself ready", async () => {
    const { stdout, stderr, code } = await cli.run("status", "--json");

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      relay: { config_exists: true, bearer_token_present: true },
      auth: { ready_for_requests: true, email: "demo@airelays.invalid" },
      running: [{ url: new URL(baseURL).origin, started_by: "terminal", same_version: true }],
      next_steps: [],
    });
    expect(stdout).not.toContain(token);
  });

  describe("to the SDK's responses", () => {
    it("answers create with text and usage", async () => {
      const response = await client.responses.create({ model, input: "Say tree." });

      expect(response).toMatchObject({
        object: "response",
        status: "completed",
        output_text: `${marker} Say tree.`,
        usage: {
          input_tokens: expect.any(Number),
          output_tokens: expect.any(Number),
          total_tokens: expect.any(Number),
        },
      });
      const { usage } = response;
      expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
    });

    it("streams the same text in deltas, and a whole final response", async () => {
      const stream = client.responses.stream({ model, input: "Count one two three." });
      const deltas: string[] = [];
      for await (const event of stream) {
        if (event.type === "response.output_text.delta") deltas.push(event.delta);
      }
      const final = await stream.finalResponse();

      expect(deltas.length).toBeGreaterThan(3);
      expect(deltas.join("")).toBe(`${marker} Count one two three.`);
      expect(final).toMatchObject({
        status: "completed",
        output_text: `${marker} Count one two three.`,
      });
    });

    it("carries a function call to the client and its output back", async () => {
      const tools = [weatherTool];
      const first = await client.responses.create({
        model,
        tools,
        input: "[sim:tool-call] Weather?",
      });
      const call = first.output.find((item) => item.type === "function_call");
      expect(call).toMatchObject({
        name: "get_weather",
        arguments: JSON.stringify({ city: `${marker} city` }),
        call_id: expect.stringMatching(/^call_/),
        status: "completed",
      });

      const second = await client.responses.create({
        model,
        tools,
        input: [
          { role: "user", content: "Weather?" },
          ...first.output.filter((item) => item.type === "function_call"),
          { type: "function_call_output", call_id: call?.call_id ?? "", output: "17 degrees" },
        ],
      });

      expect(second.output_text).toBe(`${marker} The tool said: 17 degrees`);
    });

    it("streams the arguments of a function call in deltas", async () => {
      const stream = client.responses.stream({
        model,
        tools: [weatherTool],
        input: "[sim:tool-call] Weather?",
      });
      const deltas: string[] = [];
      for await (const event of stream) {
        if (event.type === "response.function_call_arguments.delta") deltas.push(event.delta);
      }

      expect(deltas.length).toBeGreaterThan(1);
      expect(JSON.parse(deltas.join(""))).toEqual({ city: `${marker} city` });
    });

    it("gives parse a value of the asked shape", async () => {
      const response = await client.responses.parse({
        model,
        input: "A person.",
        text: { format: zodTextFormat(person, "person") },
      });

      expect(response.output_parsed).toEqual(aPerson);
    });
  });

  describe("to the SDK's chat completions", () => {
    it("answers create with one choice, a finish reason and usage", async () => {
      const completion = await client.chat.completions.create({
        model,
        messages: [
          { role: "system", content: "Be short." },
          { role: "user", content: "Say tree." },
        ],
      });

      expect(completion).toMatchObject({
        object: "chat.completion",
        choices: [
          {
            index: 0,
            finish_reason: "stop",
            message: { role: "assistant", content: `${marker} Say tree.` },
          },
        ],
        usage: {
          prompt_tokens: expect.any(Number),
          completion_tokens: expect.any(Number),
          total_tokens: expect.any(Number),
        },
      });
    });

    it("streams deltas, one finish reason, and usage last when asked", async () => {
      const stream = await client.chat.completions.create({
        model,
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: "user", content: "Count one two three." }],
      });
      const chunks = await collect(stream);

      const choices = chunks.flatMap((chunk) => chunk.choices);
      expect(choices[0]?.delta.role).toBe("assistant");
      expect(choices.map(({ delta }) => delta.content ?? "").join("")).toBe(
        `${marker} Count one two three.`,
      );
      expect(
        choices.map(({ finish_reason }) => finish_reason).filter((reason) => reason !== null),
      ).toEqual(["stop"]);
      expect(chunks.at(-1)).toMatchObject({
        choices: [],
        usage: {
          prompt_tokens: expect.any(Number),
          completion_tokens: expect.any(Number),
          total_tokens: expect.any(Number),
        },
      });
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    });

    it("lets runTools call the function and answer with its result", async () => {
      const seen: unknown[] = [];
      const runner = client.chat.completions.runTools({
        model,
        messages: [{ role: "user", content: "[sim:tool-call] Weather?" }],
        tools: [
          {
            type: "function",
            function: {
              name: "get_weather",
              description: "Weather of a city",
              parameters: { ...weatherTool.parameters },
              parse: JSON.parse,
              function: (given: unknown) => {
                seen.push(given);
                return "17 degrees";
              },
            },
          },
        ],
      });

      expect(await runner.finalContent()).toBe(`${marker} The tool said: 17 degrees`);
      expect(seen).toEqual([{ city: `${marker} city` }]);
      const reasons = runner.allChatCompletions().map(({ choices }) => choices[0]?.finish_reason);
      expect(reasons).toEqual(["tool_calls", "stop"]);
    });

    it("gives parse a value of the asked shape", async () => {
      const completion = await client.chat.completions.parse({
        model,
        messages: [{ role: "user", content: "A person." }],
        response_format: zodResponseFormat(person, "person"),
      });

      expect(completion.choices[0]?.message.parsed).toEqual(aPerson);
    });
  });

  it("lists the models, and gives one by its name", async () => {
    const models = await collect(client.models.list());

    expect(models.map(({ id }) => id)).toContain(model);
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: "model" });
    await expect(client.models.retrieve("no-such-model")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  it("ends the upstream call when the client leaves", async () => {
    const leave = new AbortController();
    const answer = await fetch(`${baseURL}/responses`, {
      method: "POST",
      signal: leave.signal,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ model, stream: true, input: "[sim:stall after=6] leaving" }),
    });
    await answer.body?.getReader().read();
    const before = await callOf("leaving");
    leave.abort();

    expect(before).toMatchObject({ aborted: false, finished: false });
    await expect
      .poll(() => callOf("leaving"), { timeout: 5_000 })
      .toMatchObject({ aborted: true, finished: false });
  });

  it("refuses the old token at once when it is rotated, and takes the new one", async () => {
    const statusWith = async (key: string): Promise<number> => {
      const answer = await fetch(`${baseURL}/models`, {
        headers: { authorization: `Bearer ${key}` },
      });
      return answer.status;
    };
    expect(await statusWith(token)).toBe(200);

    const { stdout, code } = await cli.run("token", "rotate", "--json");

    const fresh = JSON.parse(stdout).relay_token;
    expect(code).toBe(0);
    expect(fresh).not.toBe(token);
    expect([await statusWith(token), await statusWith(fresh)]).toEqual([401, 200]);
    const late = new OpenAI({ baseURL, apiKey: token, maxRetries: 0 });
    await expect(late.models.list()).rejects.toMatchObject({
      status: 401,
      code: "invalid_api_key",
    });
  });

  it("stops on Ctrl-C with exit 0, having shown no token", async () => {
    relay.interrupt();

    const { stdout, stderr, code } = await relay.done;
    expect({ stdout, code }).toEqual({ stdout: "", code: 0 });
    expect(stderr).not.toContain(token);
    await expect(fetch(`${baseURL}/models`)).rejects.toThrow("fetch failed");
  });
});

describe("the installed demo", () => {
  it("needs no account, prints the exports, answers as a stand-in and stops with 0", async () => {
    const demo = cli.start("demo", "--port", "0");
    const [, baseURL = "", apiKey = ""] = await demo.until(
      /export OPENAI_BASE_URL=(\S+)\nexport OPENAI_API_KEY=(\S+)\n/,
    );
    const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

    const { output_text } = await client.responses.create({ model, input: "Who are you?" });
    demo.interrupt();

    expect(output_text).toBe(`${marker} Who are you?`);
    const { stdout, stderr, code } = await demo.done;
    expect({ stdout, code }).toEqual({
      stdout: `export OPENAI_BASE_URL=${baseURL}\nexport OPENAI_API_KEY=${apiKey}\n`,
      code: 0,
    });
    expect(stderr).toContain("This is a stand-in upstream: no account, no AI, canned answers.");
  });
});

const weatherTool = {
  type: "function" as const,
  name: "get_weather",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};

const person = z.object({
  name: z.string(),
  age: z.number().int().min(1),
  tags: z.array(z.string()),
});
/** What the stand-in makes of that shape. */
const aPerson = { name: `${marker} name`, age: 1, tags: [`${marker} tags`] };

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

interface UpstreamCall {
  readonly body: unknown;
  readonly aborted: boolean;
  readonly finished: boolean;
}

/** The stand-in's record of the call whose body holds the text. */
async function callOf(text: string): Promise<UpstreamCall | undefined> {
  const answer = await fetch(`${simulator.url}/simulator/requests`);
  const calls = (await answer.json()) as UpstreamCall[];
  return calls.find(({ body }) => JSON.stringify(body).includes(text));
}
