import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRelayError } from "../../src/errors.ts";
import { readForm } from "../../src/server/multipart.ts";

interface Seen {
  /** What became of the form: its parts, or the error. */
  readonly results: Promise<unknown>[];
  readonly released: unknown[];
}

async function serve(take: (bytes: Readable) => Promise<unknown> = text) {
  const seen: Seen = { results: [], released: [] };
  const server = createServer((req, res) => {
    const release = async (taken: unknown): Promise<void> => {
      seen.released.push(taken);
    };
    const result = readForm(req, take, release, new AbortController().signal).then(
      ({ fields, file }) => ({ fields: Object.fromEntries(fields), file }),
      (error: unknown) =>
        isRelayError(error) ? { code: error.code, message: error.message } : error,
    );
    seen.results.push(result);
    void result.then(() => res.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** Sends a body and gives what became of it. */
  const post = async (body: string | FormData, headers: Record<string, string> = {}) => {
    await (await fetch(url, { method: "POST", body, headers })).text();
    return seen.results[0];
  };
  return { url, seen, post };
}

function form(...entries: readonly (readonly [string, string | Blob, string?])[]): FormData {
  const data = new FormData();
  for (const [name, value, filename] of entries) {
    if (typeof value === "string") data.append(name, value);
    else data.append(name, value, filename);
  }
  return data;
}

const multipart = { "content-type": "multipart/form-data; boundary=XX" };
const part = (disposition: string, content: string): string =>
  `--XX\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;

describe("a form", () => {
  it.each([
    [
      "before",
      [
        ["purpose", "vision"],
        ["file", new Blob(["hello"], { type: "text/plain" }), "é.txt"],
      ],
    ],
    [
      "after",
      [
        ["file", new Blob(["hello"], { type: "text/plain" }), "é.txt"],
        ["purpose", "vision"],
      ],
    ],
  ] as const)("gives its fields with those %s the file", async (_where, entries) => {
    const { post } = await serve();
    expect(await post(form(...entries))).toEqual({
      fields: { purpose: "vision" },
      file: { filename: "é.txt", contentType: "text/plain", taken: "hello" },
    });
  });

  it.each([
    ["a field", "x"],
    ["a field that is too long", "x".repeat(5_000)],
  ])("is refused with %s that has no name, and ends no process", async (_what, content) => {
    const { post } = await serve();
    expect(await post(`${part("a", content)}--XX--\r\n`, multipart)).toEqual({
      code: "invalid_request",
      message: "The form cannot be read: a part has no name.",
    });
  });

  it("is refused with a file that has no name", async () => {
    const { post } = await serve();
    expect(await post(`${part('filename="a"', "x")}--XX--\r\n`, multipart)).toEqual({
      code: "invalid_request",
      message: "The form cannot be read: a part has no name.",
    });
  });

  it("may have no file", async () => {
    const { post } = await serve();
    expect(await post(form(["purpose", "vision"]))).toEqual({
      fields: { purpose: "vision" },
      file: undefined,
    });
  });

  it("hands the bytes on while they come", async () => {
    let first = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      first = resolve;
    });
    const { url, seen } = await serve(async (bytes) => {
      bytes.once("data", () => first());
      return (await text(bytes)).length;
    });
    const client = request(url, { method: "POST", headers: multipart });
    const answered = new Promise((resolve) =>
      client.on("response", (answer) => resolve(answer.resume())),
    );
    client.write(`${part('name="file"; filename="a"', "x".repeat(100_000)).slice(0, -2)}`);
    await begun;
    client.end(`${"y".repeat(100_000)}\r\n--XX--\r\n`);
    await answered;
    expect(await seen.results[0]).toMatchObject({ file: { taken: 200_000 } });
  });

  it.each([
    ["JSON", "{}", { "content-type": "application/json" }],
    ["no boundary", "--XX--", { "content-type": "multipart/form-data" }],
    ["another form", "a=b", { "content-type": "application/x-www-form-urlencoded" }],
  ])("is refused by its type: %s", async (_what, body, headers) => {
    const { post } = await serve();
    expect(await post(body, headers)).toMatchObject({ code: "unsupported_media_type" });
  });

  it.each([
    [
      "the file in another field",
      `${part('name="image"; filename="a"', "x")}--XX--\r\n`,
      "the file is in the field `image`, not in `file`",
    ],
    [
      "two files",
      `${part('name="file"; filename="a"', "x").repeat(2)}--XX--\r\n`,
      "it has more parts than one file and its fields",
    ],
    [
      "too many fields",
      `${part('name="a"', "x").repeat(20)}--XX--\r\n`,
      "it has more parts than one file and its fields",
    ],
    [
      "a long field",
      `${part('name="a"', "x".repeat(5_000))}--XX--\r\n`,
      "the field `a` is too long",
    ],
    ["no end", part('name="file"; filename="a"', "x"), "Unexpected end of multipart data"],
    ["nothing in it", "", "Unexpected end of multipart data"],
  ])("is refused that has %s", async (_what, body, reason) => {
    const { post } = await serve();
    expect(await post(body, multipart)).toEqual({
      code: "invalid_request",
      message: `The form cannot be read: ${reason}.`,
    });
  });

  it("gives up a file that was taken when what follows is broken", async () => {
    let done = (): void => undefined;
    const taken = new Promise<void>((resolve) => {
      done = resolve;
    });
    const { url, seen } = await serve(async (bytes) => {
      const content = await text(bytes);
      done();
      return content;
    });
    const client = request(url, { method: "POST", headers: multipart });
    const answered = new Promise((resolve) =>
      client.on("response", (answer) => resolve(answer.resume())),
    );
    client.write(`${part('name="file"; filename="a"', "hello")}--XX\r\n`);
    await taken;
    client.end(part('name="b"', "x".repeat(5_000)).slice("--XX\r\n".length));
    await answered;
    expect(seen.released).toEqual(["hello"]);
  });

  it("fails with what the taker of the file threw, without reading to the end", async () => {
    const { url, seen } = await serve(async (bytes) => {
      for await (const _piece of bytes) throw new Error("full");
    });
    const client = request(url, { method: "POST", headers: multipart });
    client.on("error", () => undefined);
    const answered = new Promise((resolve) =>
      client.on("response", (answer) => resolve(answer.resume())),
    );
    client.write(part('name="file"; filename="a"', "x".repeat(100_000)));
    await answered;
    client.destroy();
    expect(await seen.results[0]).toEqual(new Error("full"));
    expect(seen.released).toEqual([]);
  });

  it("ends for the taker of the file when the client goes", async () => {
    let gone: (error: unknown) => void = () => undefined;
    const ended = new Promise((resolve) => {
      gone = resolve;
    });
    const { url } = await serve((bytes) => text(bytes).catch(gone));
    const client = request(url, { method: "POST", headers: multipart });
    client.on("error", () => undefined);
    client.write(part('name="file"; filename="a"', "x".repeat(100_000)), () => client.destroy());
    expect(await ended).toBeInstanceOf(Error);
  });
});
