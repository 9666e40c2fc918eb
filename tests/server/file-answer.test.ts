import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { type FileAnswer, sendFile, toFileAnswer } from "../../src/server/file-answer.ts";

/** A server that answers with the file; gives its address and how each sending ended. */
async function serve(answer: FileAnswer) {
  const endings: Promise<unknown>[] = [];
  const server = createServer((_req, res) => {
    endings.push(
      sendFile(res, answer, { "x-request-id": "req_1" }).catch((error: unknown) => error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, endings };
}

it("T43 sends the bytes as a download that no browser shows", async () => {
  const bytes = Buffer.from([0, 255, 10, 13]);
  const { url, endings } = await serve(toFileAnswer("a.html", 4, () => Readable.from([bytes])));
  const answer = await fetch(url);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  expect(answer.headers.get("x-request-id")).toBe("req_1");
  const names = ["content-type", "content-disposition", "x-content-type-options", "content-length"];
  expect(names.map((name) => answer.headers.get(name))).toEqual([
    "application/octet-stream",
    "attachment; filename=\"a.html\"; filename*=UTF-8''a.html",
    "nosniff",
    "4",
  ]);
  expect(await Promise.all(endings)).toEqual([undefined]);
});

it("opens nothing for HEAD", async () => {
  let opened = 0;
  const answer = toFileAnswer("a", 4, () => {
    opened += 1;
    return Readable.from([Buffer.alloc(4)]);
  });
  const { url } = await serve(answer);
  const { status, headers } = await fetch(url, { method: "HEAD" });
  expect([status, headers.get("content-length"), opened]).toEqual([200, "4", 0]);
});

it("stops reading when the client has gone", async () => {
  const source = new Readable({
    read() {
      this.push(Buffer.alloc(64 * 1024));
    },
  });
  const { url, endings } = await serve(toFileAnswer("a", 1e9, () => source));
  const client = request(url, (answer) => answer.once("data", () => client.destroy()));
  client.on("error", () => undefined);
  client.end();
  await new Promise((resolve) => source.once("close", resolve));
  expect(source.destroyed).toBe(true);
  expect(await Promise.all(endings)).toEqual([expect.any(Error)]);
});

it.each([
  ['a"b\\c%.txt', "a_b_c_.txt", "a%22b%5Cc%25.txt"],
  ["naïve 日本.txt", "na_ve __.txt", "na%C3%AFve%20%E6%97%A5%E6%9C%AC.txt"],
  ["a\r\nset-cookie: x", "a__set-cookie: x", "a%0D%0Aset-cookie%3A%20x"],
  ["it's (1)*", "it's (1)*", "it%27s%20%281%29%2A"],
])("names %j so that it cannot leave its header", (filename, plain, encoded) => {
  const { headers } = toFileAnswer(filename, 0, () => Readable.from([]));
  expect(headers["content-disposition"]).toBe(
    `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
  );
});
