/** The calls of the official SDK on the routes of local state. */
import OpenAI, { toFile } from "openai";
import { expect, it } from "vitest";
import { startStateServer } from "../../helpers/state-server.ts";

async function setUp() {
  const server = await startStateServer();
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "relay-token", maxRetries: 0 });
  return { ...server, client };
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

it("uploads, lists page by page, waits for and deletes files", async () => {
  const { client } = await setUp();
  const upload = async (name: string) =>
    client.files.create({ file: await toFile(Buffer.from("hello"), name), purpose: "user_data" });
  const first = await upload("é.txt");
  const second = await upload("b.txt");
  expect([first.filename, first.bytes, first.purpose]).toEqual(["é.txt", 5, "user_data"]);
  expect(await all(client.files.list({ limit: 1 }))).toEqual([second, first]);
  expect(await client.files.waitForProcessing(first.id)).toEqual(first);
  expect((await client.files.delete(first.id)).deleted).toBe(true);
  await expect(client.files.retrieve(first.id)).rejects.toMatchObject({
    status: 404,
    code: "not_found",
  });
});

it("keeps conversations and their items", async () => {
  const { client } = await setUp();
  const { id } = await client.conversations.create({ items: [{ role: "user", content: "hi" }] });
  await client.conversations.items.create(id, { items: [{ role: "assistant", content: "yo" }] });
  const items = await all(client.conversations.items.list(id, { limit: 1, order: "asc" }));
  expect(items.map((item) => item.type === "message" && item.role)).toEqual(["user", "assistant"]);
  const updated = await client.conversations.update(id, { metadata: { a: "b" } });
  expect(updated.metadata).toEqual({ a: "b" });
  expect((await client.conversations.delete(id)).deleted).toBe(true);
});

it("reads and deletes kept answers", async () => {
  const { client, responses } = await setUp();
  await responses?.put({
    id: "resp_1",
    input: [{ id: "msg_1", item: { role: "user", content: "hi" } }],
    output: [],
    response: { id: "resp_1", object: "response", output: [] },
  });
  expect((await client.responses.retrieve("resp_1")).id).toBe("resp_1");
  expect((await all(client.responses.inputItems.list("resp_1"))).map(({ id }) => id)).toEqual([
    "msg_1",
  ]);
  await client.responses.delete("resp_1");
  await expect(client.responses.cancel("resp_1")).rejects.toMatchObject({ status: 404 });
});
