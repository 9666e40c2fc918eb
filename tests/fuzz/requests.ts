/** Whole requests as bytes: good ones of every dialect, and what comes of them by a few changes. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { targets } from "./targets.ts";

export interface FuzzedRequest {
  readonly method: string;
  readonly bytes: Buffer;
}

type Headers = [name: string, value: string][];

const message = { role: "user", content: "Say tree." };
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const bodies: readonly (readonly [path: string, body: object])[] = [
  ["/v1/responses", { model: "gpt-5.5", input: "Say tree.", stream: true }],
  ["/v1/responses", { model: "gpt-5.5", input: [{ type: "message", ...message }], store: false }],
  [
    "/v1/responses",
    {
      model: "gpt-5.5-high",
      input: "Say tree.",
      tools: [{ type: "function", name: "f", parameters: schema, strict: false }],
      tool_choice: "auto",
      previous_response_id: "resp_1",
      conversation: "conv_00000000000000000000000000000001",
    },
  ],
  ["/v1/chat/completions", { model: "gpt-5.5", messages: [message], stream: true }],
  [
    "/v1/chat/completions",
    {
      model: "gpt-5.5",
      messages: [
        { role: "system", content: "Be short." },
        { role: "user", content: [{ type: "text", text: "Say tree." }] },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c1", content: "done" },
      ],
      tools: [{ type: "function", function: { name: "f", parameters: schema } }],
      response_format: { type: "json_schema", json_schema: { name: "a", schema } },
      n: 1,
      stop: ["x"],
    },
  ],
  ["/v1/completions", { model: "gpt-5.5", prompt: "Say tree." }],
  [
    "/v1/messages",
    {
      model: "gpt-5.5",
      max_tokens: 100,
      stream: true,
      system: [{ type: "text", text: "Be short.", cache_control: { type: "ephemeral" } }],
      messages: [
        message,
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "A tree.", signature: "c2VhbA==" },
            { type: "tool_use", id: "c1", name: "f", input: { a: 1 } },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "done" }] },
      ],
      tools: [{ name: "f", input_schema: schema }],
      thinking: { type: "enabled", budget_tokens: 2_000 },
      stop_sequences: ["x"],
    },
  ],
  ["/v1/messages/count_tokens", { model: "gpt-5.5", messages: [message] }],
  [
    "/api/chat",
    {
      model: "gpt-5.5:latest",
      messages: [
        { ...message, images: ["iVBORw0KGgo="] },
        { role: "assistant", tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] },
        { role: "tool", tool_name: "f", content: "done" },
      ],
      tools: [{ type: "function", function: { name: "f", parameters: schema } }],
      format: schema,
      think: "low",
      options: { temperature: 1 },
    },
  ],
  ["/api/generate", { model: "gpt-5.5", prompt: "Say tree.", stream: false, keep_alive: "5m" }],
  ["/api/show", { model: "gpt-5.5" }],
  ["/v1/conversations", { metadata: { a: "b" }, items: [{ type: "message", ...message }] }],
];

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1e308,
    -0.5,
    2 ** 53,
    "",
    " ",
    "\0",
    "\ud800",
    "\u2028",
    "__proto__",
    "constructor",
    "a".repeat(70_000),
    [],
    {},
    [[]],
    [null],
    { type: "function" },
    { $ref: "#" },
    "data:image/png;base64,AA",
    "file-x",
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A copy in which one place, somewhere, is another value, or gone, or there twice. */
function changeSomewhere(value: unknown, where: readonly number[], to: unknown): unknown {
  const [first = 0, ...rest] = where;
  if (typeof value !== "object" || value === null || where.length === 0) return to;
  const keys = Object.keys(value);
  const key = keys[first % (keys.length + 1)];
  if (Array.isArray(value)) {
    if (key === undefined) return [...value, to];
    return value.map((each, index) =>
      String(index) === key ? changeSomewhere(each, rest, to) : each,
    );
  }
  if (key === undefined) return { ...value, [typeof to === "string" ? to.slice(0, 200) : "x"]: to };
  if (to === undefined)
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  const inner = (value as Record<string, unknown>)[key];
  return { ...value, [key]: changeSomewhere(inner, rest, to) };
}

type TextChange = (json: string) => string;
const textChange: fc.Arbitrary<TextChange> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<TextChange>((json) => json) },
  fc.nat(400).map(
    (length): TextChange =>
      (json) =>
        json.slice(0, length),
  ),
  fc.constantFrom<TextChange>(
    (json) => `\ufeff${json}`,
    (json) => json.replace("{", '{"__proto__":{"polluted":1},'),
    (json) => json.replace("{", '{"model":1e400,"model":NaN,'),
    (json) => json.replace("{", '{"x":"\\ud800","y":1e400,'),
    (json) => `${"[".repeat(5_000)}${json}`,
    () => `{"model":"gpt-5.5","input":${"[".repeat(300)}${"]".repeat(300)}}`,
    (json) => json + json,
    () => "",
    () => "null",
    () => '"text"',
  ),
);

const body: fc.Arbitrary<{ path: string; bytes: Buffer }> = fc
  .tuple(
    fc.constantFrom(...bodies),
    fc.array(fc.tuple(fc.array(fc.nat(9), { maxLength: 4 }), fc.option(odd, { nil: undefined })), {
      maxLength: 2,
    }),
    textChange,
    fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, fc.uint8Array({ maxLength: 300 })),
  )
  .map(([[path, good], changes, change, noise]) => {
    const value = changes.reduce<unknown>(
      (whole, [where, to]) => changeSomewhere(whole, where, to),
      good,
    );
    const text = change(JSON.stringify(value) ?? "");
    return { path, bytes: noise === undefined ? Buffer.from(text) : Buffer.from(noise) };
  });

const form = (disposition: string, content: string): Buffer =>
  Buffer.from(
    `--x\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--x\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${content}\r\n--x--\r\n`,
  );
const forms: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'name="file"; filename="a.txt"',
        'name="file"',
        'name="x"; filename="../../a"',
        "name",
        'name="file"; filename="\\"',
      ),
      fc.constantFrom("", "content", "\r\n--x", "a".repeat(100_000)),
    )
    .map(([disposition, content]) => form(disposition, content)),
  fc.nat(200).map((length) => form('name="file"; filename="a.txt"', "content").subarray(0, length)),
);

/** Changes of the headers; a name given twice is sent twice. */
const headerChange: fc.Arbitrary<Headers> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Headers>([]) },
  fc.constantFrom<Headers>(
    [["host", "evil.example"]],
    [["host", ""]],
    [["host", "127.0.0.1, evil.example"]],
    [["host", "[::1"]],
    [["authorization", ""]],
    [["authorization", "Bearer"]],
    [["authorization", "Bearer \u00ff\u00fe"]],
    [["x-api-key", "x"]],
    [["content-type", "text/plain"]],
    [["content-type", "application/json; charset=latin1"]],
    [["content-type", "multipart/form-data"]],
    [["content-encoding", "gzip"]],
    [["content-encoding", "zstd"]],
    [["content-encoding", "br, br"]],
    [["content-encoding", "x"]],
    [["content-length", "0"]],
    [["content-length", "-1"]],
    [["content-length", "1e9"]],
    [["content-length", "99999999999"]],
    [
      ["content-length", "5"],
      ["content-length", "6"],
    ],
    [["transfer-encoding", "chunked"]],
    [["transfer-encoding", "gzip, chunked"]],
    [["expect", "100-continue"]],
    [["expect", "x"]],
    [
      ["upgrade", "websocket"],
      ["connection", "upgrade"],
    ],
    [
      ["upgrade", "h2c"],
      ["connection", "upgrade"],
    ],
    [
      ["upgrade", "websocket"],
      ["connection", "upgrade"],
      ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["sec-websocket-version", "13"],
    ],
    [["origin", "null"]],
    [["origin", "http://localhost:3000"]],
    [["sec-fetch-site", "cross-site"]],
    [["x-forwarded-for", "1.1.1.1, ,"]],
    [["range", "bytes=0-"]],
    [["x-request-id", "\u001b[31m"]],
    [["session-id", "a".repeat(5_000)]],
    [["cookie", "a=b".repeat(6_000)]],
    [["te", "trailers"]],
    [["accept-encoding", "\u0000"]],
    [["__proto__", "x"]],
    [["bad name", "x"]],
    [["x", "a\r\n folded"]],
  ),
);

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant("POST") },
  { weight: 4, arbitrary: fc.constant("GET") },
  fc.constantFrom(
    "HEAD",
    "OPTIONS",
    "DELETE",
    "PUT",
    "PATCH",
    "TRACE",
    "PROPFIND",
    "get",
    "BREW",
    "",
  ),
);

const usual = (token: string): Headers => [
  ["host", "127.0.0.1"],
  ["authorization", `Bearer ${token}`],
  ["content-type", "application/json"],
];

/** Mostly near a good request, so that most of them come far. */
export function requests(token: string): fc.Arbitrary<FuzzedRequest> {
  const aimed = fc.record({
    method: fc.oneof({ weight: 9, arbitrary: fc.constant("POST") }, method),
    content: body.map(({ path, bytes }) => ({ target: path, bytes, type: undefined })),
    changes: headerChange,
    pack: fc.boolean(),
  });
  const uploads = fc.record({
    method: fc.constant("POST"),
    content: forms.map((bytes) => ({
      target: "/v1/files",
      bytes,
      type: "multipart/form-data; boundary=x",
    })),
    changes: headerChange,
    pack: fc.constant(false),
  });
  const wild = fc.record({
    method,
    content: fc
      .tuple(
        targets,
        fc.oneof(
          body.map(({ bytes }) => bytes),
          fc.constant(Buffer.alloc(0)),
        ),
      )
      .map(([target, bytes]) => ({ target, bytes, type: undefined })),
    changes: headerChange,
    pack: fc.constant(false),
  });
  return fc
    .oneof(
      { weight: 4, arbitrary: aimed },
      { weight: 1, arbitrary: uploads },
      { weight: 3, arbitrary: wild },
    )
    .map(({ method, content, changes, pack }) => {
      const bytes = pack ? gzipSync(content.bytes) : content.bytes;
      const headers: Headers = [
        ...usual(token),
        ...(pack ? ([["content-encoding", "gzip"]] as Headers) : []),
        ["content-length", String(bytes.length)],
        ["connection", "close"],
      ];
      if (content.type !== undefined) headers.push(["content-type", content.type]);
      const replaced = new Set(changes.map(([name]) => name));
      const last = new Map(headers);
      const kept = [...last].filter(([name]) => !replaced.has(name));
      const lines = [...kept, ...changes].map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const head = `${method} ${content.target} HTTP/1.1\r\n${lines}\r\n`;
      return { method, bytes: Buffer.concat([Buffer.from(head, "latin1"), bytes]) };
    });
}
