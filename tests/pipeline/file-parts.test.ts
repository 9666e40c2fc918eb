import { describe, expect, it } from "vitest";
import { createFileParts } from "../../src/pipeline/file-parts.ts";
import { toFileRecord } from "../../src/storage/file-record.ts";

/** Files by id: name, media type and bytes. */
const kept: Readonly<Record<string, readonly [string, string, Buffer]>> = {
  pdf: ["a.pdf", "application/pdf", Buffer.from("%PDF")],
  png: ["a.png", "image/png", Buffer.from("PNG")],
  nameless: ["b.png", "application/octet-stream", Buffer.from("PNG")],
  notes: ["notes.md", "text/markdown", Buffer.from("# Hi\n\xff é", "latin1")],
  json: ["a.json", "application/json", Buffer.from("{}")],
  zip: ["a.zip", "application/zip", Buffer.from("PK")],
  full: ["full.txt", "text/plain", Buffer.alloc(1_000_000, "a")],
  over: ["over.txt", "text/plain", Buffer.alloc(1_000_001, "a")],
  large: ["large.pdf", "application/pdf", Buffer.alloc(33 * 1024 * 1024)],
};

function setUp() {
  const reads: string[] = [];
  const parts = createFileParts({
    async find(id) {
      const [filename = "", contentType = "", { length = 0 } = {}] = kept[id] ?? [];
      const facts = { filename, contentType, purpose: "user_data" };
      return kept[id] && toFileRecord(id, length, 0, facts);
    },
    async read(id) {
      reads.push(id);
      return kept[id]?.[2];
    },
  });
  const inline = (...content: readonly unknown[]) =>
    parts.inline({ role: "user", content }, "input[0]");
  const partOf = async (part: unknown) =>
    ((await inline(part)) as { content: unknown[] }).content[0];
  return { reads, parts, inline, partOf };
}

const file = (file_id: string, more: object = {}) => ({ type: "input_file", file_id, ...more });
const image = (file_id: string, more: object = {}) => ({ type: "input_image", file_id, ...more });
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a file id", () => {
  it.each([
    [
      "of a PDF becomes a data URL with the name",
      file("pdf"),
      {
        type: "input_file",
        filename: "a.pdf",
        file_data: `data:application/pdf;base64,${base64("%PDF")}`,
      },
    ],
    [
      "of a PDF keeps the name that the request gives",
      file("pdf", { filename: "b.pdf", file_data: null, detail: "high" }),
      {
        type: "input_file",
        filename: "b.pdf",
        file_data: `data:application/pdf;base64,${base64("%PDF")}`,
        detail: "high",
      },
    ],
    [
      "of an image becomes an image",
      image("png", { detail: "low", image_url: null }),
      { type: "input_image", image_url: `data:image/png;base64,${base64("PNG")}`, detail: "low" },
    ],
    [
      "of an image in a file part becomes an image too",
      file("png"),
      { type: "input_image", image_url: `data:image/png;base64,${base64("PNG")}`, detail: "auto" },
    ],
    [
      "of an image without a media type is known by its name",
      image("nameless"),
      { type: "input_image", image_url: `data:image/png;base64,${base64("PNG")}`, detail: "auto" },
    ],
    [
      "of a text becomes text with one line above it, bad bytes replaced",
      file("notes"),
      { type: "input_text", text: "File: notes.md (text/markdown)\n\n# Hi\n\ufffd \ufffd" },
    ],
    [
      "of JSON becomes text",
      file("json"),
      { type: "input_text", text: "File: a.json (application/json)\n\n{}" },
    ],
  ])("%s", async (_what, part, expected) => {
    expect(await setUp().partOf(part)).toEqual(expected);
  });

  it("of a text is taken up to a million bytes", async () => {
    const part = (await setUp().partOf(file("full"))) as { text: string };
    expect(part.text).toHaveLength(1_000_000 + "File: full.txt (text/plain)\n\n".length);
  });

  it.each([
    [
      file("none"),
      "file_id",
      "names a file that is not kept here: `none`. Upload it with POST /v1/files.",
    ],
    [
      image("../x\u001b"),
      "file_id",
      "names a file that is not kept here: `../x?`. Upload it with POST /v1/files.",
    ],
    [
      file("zip"),
      "file_id",
      "names `a.zip`, which is `application/zip`. The upstream takes text, images and PDF; convert it to one of these.",
    ],
    [
      file("over"),
      "file_id",
      "names `over.txt`, a text of 1000001 bytes; at most 1000000 can be sent. Split it.",
    ],
    [image("pdf"), "file_id", "must name an image; `a.pdf` is `application/pdf`."],
    [image(3 as unknown as string), "file_id", "must be a string."],
  ])("is refused by name: %j", async (part, key, problem) => {
    const param = `input[0].content[1].${key}`;
    await expect(setUp().inline({ type: "input_text", text: "a" }, part)).rejects.toMatchObject({
      code: "invalid_request",
      message: `\`${param}\` ${problem}`,
      details: { param },
    });
  });

  it("works in the output of a tool", async () => {
    const { parts } = setUp();
    const item = { type: "function_call_output", call_id: "c", output: [file("json")] };
    expect(await parts.inline(item, "input[0]")).toEqual({
      ...item,
      output: [{ type: "input_text", text: "File: a.json (application/json)\n\n{}" }],
    });
  });
});

describe("the bytes of a file in the request", () => {
  it("become a data URL when they are bare base64 with a name", async () => {
    const part = { type: "input_file", filename: "A.PDF", file_data: "JVBERg==" };
    expect(await setUp().partOf(part)).toEqual({
      ...part,
      file_data: "data:application/pdf;base64,JVBERg==",
    });
  });

  it.each([
    [
      { filename: "a.xyz", file_data: "AAAA" },
      ".filename",
      "does not tell the type of the file: `a.xyz`. Send `file_data` as a data URL.",
    ],
    [
      { filename: "a.constructor", file_data: "AAAA" },
      ".filename",
      "does not tell the type of the file: `a.constructor`. Send `file_data` as a data URL.",
    ],
    [{ file_data: "AAAA" }, ".filename", "is required with bare base64 in `file_data`."],
    [{ filename: "a.pdf", file_data: "<html>" }, ".file_data", "must be base64 or a data URL."],
    [{ file_id: "pdf", file_data: "AAAA" }, "", "takes `file_id` or `file_data`, not both."],
  ])("are refused by name: %j", async (part, key, problem) => {
    const param = `input[0].content[0]${key}`;
    await expect(setUp().inline({ type: "input_file", ...part })).rejects.toMatchObject({
      code: "invalid_request",
      message: `\`${param}\` ${problem}`,
      details: { param },
    });
  });

  it("are never fetched from a URL", async () => {
    const part = { type: "input_file", file_url: "http://127.0.0.1/secret" };
    await expect(setUp().inline(part)).rejects.toMatchObject({
      code: "unsupported_parameter",
      details: { param: "input[0].content[0].file_url" },
    });
  });
});

it("gives back the very item when there is nothing to do", async () => {
  const { parts, reads } = setUp();
  const items = [
    { role: "user", content: "hello" },
    { type: "function_call_output", call_id: "c", output: "done" },
    { type: "reasoning", summary: [] },
    {
      role: "user",
      content: [
        { type: "input_text", text: "hello" },
        { type: "input_image", image_url: "https://example.com/a.png", file_id: null },
        { type: "input_file", file_data: "data:application/pdf;base64,AAAA" },
        { type: "unheard_of", file_id: 3 },
        "nonsense",
      ],
    },
  ];
  for (const item of items) expect(await parts.inline(item, "input[0]")).toBe(item);
  expect(reads).toEqual([]);
});

it("reads a file once, however often a request names it", async () => {
  const { inline, reads } = setUp();
  await inline(file("pdf"), file("pdf"));
  await inline(file("pdf"));
  expect(reads).toEqual(["pdf"]);
});

it("refuses a request whose files are too much together", async () => {
  const { inline } = setUp();
  await expect(inline(file("large"), file("large"))).rejects.toMatchObject({
    code: "request_too_large",
    message: "The files of this request are larger than 67108864 bytes together.",
    details: { param: "input[0].content[1].file_id" },
  });
});
