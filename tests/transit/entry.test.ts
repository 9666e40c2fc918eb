import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoggedJson } from "../../src/scope.ts";
import { createEntry } from "../../src/transit/entry.ts";
import { redact, withoutSecrets } from "../../src/transit/redact.ts";

const clock = { now: () => 0 };

function lines(content: "full" | "metadata", fields: Record<string, unknown>): unknown[] {
  const entry = createEntry({ requestId: "req_1", clock, content });
  entry.record("x", fields);
  return entry
    .close()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

const head = { logged_at: "1970-01-01T00:00:00.000Z", request_id: "req_1", phase: "x" };

describe("createEntry", () => {
  it("T49 writes no control character, and nothing that turns the direction of a line", () => {
    const text = "\u001b[2J\u009b2J\r\n\u007f\u2028\u202e\u2066\u0000 end";
    const received = LoggedJson.received({ text }, `{"text":"\u009b2J\u202e"}`);
    const entry = createEntry({ requestId: "req_1", clock, content: "full" });
    entry.record("x", { path: text, body: { [text]: text } });
    entry.record("y", { body: received });
    const written = entry.close();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(written).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066]/);
    const [first, second] = written.trimEnd().split("\n");
    expect(JSON.parse(first ?? "")).toMatchObject({ path: text, body: { [text]: text } });
    expect(JSON.parse(second ?? "")).toMatchObject({ body: { text: "\u009b2J\u202e" } });
  });

  it("T27 hides secrets by their name, at any depth, and keeps their length and the start of a hash", () => {
    const [record] = lines("full", {
      headers: { Authorization: "Bearer abc", "x-api-key": "abc", cookie: "abc", accept: "*/*" },
      body: { tools: [{ refresh_token: "abc" }], token: "abc", file_data: "abc" },
    });
    const hidden = "[redacted, 3 characters, sha256 ba7816bf]";
    expect(record).toEqual({
      ...head,
      headers: {
        Authorization: expect.stringMatching(/^\[redacted, 10 characters, sha256 [0-9a-f]{8}\]$/),
        "x-api-key": hidden,
        cookie: hidden,
        accept: "*/*",
      },
      body: { tools: [{ refresh_token: hidden }], token: hidden, file_data: hidden },
    });
  });

  it("leaves alone what only looks like a secret: counts, codes and flags", () => {
    const fields = { ready: { relay_token: true }, error: { code: "invalid_value" }, tokens: 3 };
    expect(lines("full", fields)).toEqual([{ ...head, ...fields }]);
  });

  it("without content keeps the size of a body in its place", () => {
    expect(lines("metadata", { body: { input: "Hi" }, status_code: 200, line: "data" })).toEqual([
      {
        ...head,
        body: { kind: "omitted", characters: 14 },
        status_code: 200,
        line: { kind: "omitted", characters: 6 },
      },
    ]);
  });

  it("without content keeps the codes of an error, and not its words, which may quote the request", () => {
    const error = { code: "invalid_json", message: "Unexpected token: hunter2", param: null };
    expect(lines("metadata", { error, reason: "invalid_api_key" })).toEqual([
      {
        ...head,
        error: { code: "invalid_json", message: { kind: "omitted", characters: 27 }, param: null },
        reason: "invalid_api_key",
      },
    ]);
  });

  it("writes the rest of a request when a record cannot be written", () => {
    let deep: unknown = "x";
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    const entry = createEntry({ requestId: "req_1", clock, content: "full" });
    entry.record("y", { body: deep });
    entry.record("x", { status_code: 200 });
    const [first, second] = entry.close().split("\n");
    expect(JSON.parse(first ?? "")).toMatchObject({ phase: "y", unwritable: expect.any(String) });
    expect(JSON.parse(second ?? "")).toEqual({ ...head, status_code: 200 });
  });

  it("keeps a key named `__proto__` a key", () => {
    const body = JSON.parse('{"__proto__":{"a":1},"b":2}') as object;
    const entry = createEntry({ requestId: "req_1", clock, content: "full" });
    entry.record("x", { body });
    expect(entry.close()).toContain('"body":{"__proto__":{"a":1},"b":2}');
  });

  it("writes what the plain form would, whether the text is there already or not", () => {
    const key = fc.oneof(
      fc.constantFrom("token", "Api-Key", "helicone-auth", "prompt_cache_key", "__proto__", "a"),
      fc.string(),
    );
    const text = fc.oneof(fc.string(), fc.constant(`data:image/png;base64,${"A".repeat(2000)}`));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(key, value, (name, field) => {
        const plain = JSON.stringify(redact({ [name]: field }));
        const written = JSON.stringify(field);
        for (const given of [field, LoggedJson.received(field, written)]) {
          const kept = withoutSecrets(name, given);
          const json = kept instanceof LoggedJson ? kept.text : JSON.stringify(kept);
          expect(`{${JSON.stringify(name)}:${json}}`).toBe(plain);
        }
      }),
    );
  });

  it("keeps a body on its line, and lets no escape hide a letter", () => {
    for (const text of ['{\n"a": 1}', '{"a":\r1}', '{"a":"\\u0041"}']) {
      expect(LoggedJson.received(JSON.parse(text), text)).toEqual(JSON.parse(text));
    }
    expect(LoggedJson.received({ a: 1 }, '{"a": 1}')).toEqual(new LoggedJson({ a: 1 }, '{"a": 1}'));
  });

  it("takes no record after it was closed", () => {
    const entry = createEntry({ requestId: "req_1", clock, content: "full" });
    entry.record("x", {});
    entry.close();
    entry.record("y", {});
    expect(entry.close()).toBe("");
  });
});
