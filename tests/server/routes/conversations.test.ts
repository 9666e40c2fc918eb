import { describe, expect, it } from "vitest";
import { assistantMessage, hex, userMessage } from "../../helpers/local-state.ts";
import { startStateServer } from "../../helpers/state-server.ts";

const id = `conv_${hex(1)}`;
const path = `/v1/conversations/${id}`;
const created = { id, object: "conversation", created_at: 1_700_000_000, metadata: {} };

/** A server with one conversation that has these items. */
async function setUp(items: readonly unknown[] = [], metadata: object = {}) {
  const server = await startStateServer();
  const answer = await server.call("POST", "/v1/conversations", { items, metadata });
  return { ...server, answer };
}

describe("a conversation", () => {
  it("is created, read, updated and deleted", async () => {
    const { call, answer } = await setUp([], { topic: "tea" });
    const conversation = { ...created, metadata: { topic: "tea" } };
    expect(answer).toEqual({ status: 200, body: conversation });
    expect(await call("GET", path)).toEqual({ status: 200, body: conversation });
    const updated = { ...created, metadata: { topic: "coffee" } };
    expect(await call("POST", path, { metadata: { topic: "coffee" } })).toEqual({
      status: 200,
      body: updated,
    });
    expect(await call("GET", path)).toEqual({ status: 200, body: updated });
    expect(await call("DELETE", path)).toEqual({
      status: 200,
      body: { id, object: "conversation.deleted", deleted: true },
    });
    expect((await call("GET", path)).status).toBe(404);
  });

  it.each([undefined, {}, { metadata: null, items: null }])("is created from %j", async (body) => {
    const { call } = await startStateServer();
    expect(await call("POST", "/v1/conversations", body)).toEqual({ status: 200, body: created });
  });

  it.each([
    ["GET", ""],
    ["POST", "", { metadata: {} }],
    ["DELETE", ""],
    ["GET", "/items"],
    ["POST", "/items", { items: [userMessage("a")] }],
    ["GET", "/items/msg_1"],
    ["DELETE", "/items/msg_1"],
  ])("that does not exist is not found: %s %s", async (method, end, body = undefined) => {
    const { call } = await startStateServer();
    expect(await call(method, `${path}${end}`, body)).toEqual({
      status: 404,
      body: {
        error: {
          message: "There is no such conversation. Create one with POST /v1/conversations.",
          type: "invalid_request_error",
          code: "not_found",
          param: "conversation_id",
        },
      },
    });
  });

  it.each(["..", "..%2f..%2fx", "conv_%00", "C:%5Cx", "CON", `conv_${"a".repeat(4_000)}`])(
    "is not looked for under %s",
    async (hostile) => {
      const { call } = await startStateServer();
      expect([404, 405]).toContain((await call("GET", `/v1/conversations/${hostile}`)).status);
    },
  );

  it.each([
    [{ metadata: "x" }, "metadata"],
    [{ metadata: [] }, "metadata"],
    [{ metadata: { a: 1 } }, "metadata.a"],
    [{ metadata: { a: "x".repeat(513) } }, "metadata.a"],
    [{ metadata: { ["k".repeat(65)]: "x" } }, "metadata"],
    [
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, "x"])) },
      "metadata",
    ],
    [{ items: {} }, "items"],
    [{ items: Array.from({ length: 21 }, () => userMessage("a")) }, "items"],
    [{ items: ["x"] }, "items[0]"],
    [{ items: [{}] }, "items[0].type"],
    [{ items: [{ type: 3 }] }, "items[0].type"],
    [{ items: [userMessage("a"), { role: "critic", content: "x" }] }, "items[1].role"],
    [{ items: [{ role: "user" }] }, "items[0].content"],
    [{ items: [{ role: "user", content: [3] }] }, "items[0].content[0]"],
    [{ items: [{ role: "user", content: [{}] }] }, "items[0].content[0].type"],
    [{ items: [{ type: "item_reference", id: "msg_1" }] }, "items[0]"],
  ])("is not created from %j", async (body, param) => {
    const { call } = await startStateServer();
    const answer = await call("POST", "/v1/conversations", body);
    expect(answer).toMatchObject({ status: 400, body: { error: { param } } });
  });

  it("is not changed by metadata named like what every object has", async () => {
    const { send, call } = await setUp();
    const body = JSON.parse('{"metadata": {"__proto__": "x"}}');
    expect((await send("POST", path, body)).status).toBe(200);
    expect(Object.keys((await call("GET", path)).body["metadata"] as object)).toEqual([
      "__proto__",
    ]);
  });
});

describe("the items of a conversation", () => {
  const first = { ...userMessage("one"), id: `msg_${hex(2)}`, status: "completed" };
  const second = assistantMessage("two");

  it("are listed in pages, the newest first", async () => {
    const { call } = await setUp([userMessage("one"), second]);
    expect((await call("GET", `${path}/items`)).body).toEqual({
      object: "list",
      data: [second, first],
      first_id: "msg_1",
      last_id: first.id,
      has_more: false,
    });
    expect((await call("GET", `${path}/items?order=asc&limit=1`)).body).toEqual({
      object: "list",
      data: [first],
      first_id: first.id,
      last_id: first.id,
      has_more: true,
    });
    expect((await call("GET", `${path}/items?limit=101`)).status).toBe(400);
  });

  it("are added, read and deleted", async () => {
    const { call } = await setUp([userMessage("one")]);
    expect(await call("POST", `${path}/items`, { items: [second] })).toEqual({
      status: 200,
      body: {
        object: "list",
        data: [second],
        first_id: "msg_1",
        last_id: "msg_1",
        has_more: false,
      },
    });
    expect(await call("GET", `${path}/items/msg_1`)).toEqual({ status: 200, body: second });
    expect(await call("DELETE", `${path}/items/msg_1`)).toEqual({ status: 200, body: created });
    expect((await call("GET", `${path}/items`)).body).toMatchObject({ data: [first] });
    for (const method of ["GET", "DELETE"]) {
      expect(await call(method, `${path}/items/msg_1`)).toMatchObject({
        status: 404,
        body: { error: { code: "not_found", param: "item_id" } },
      });
    }
  });

  it.each([{}, { items: [] }, { items: null }])("cannot be added from %j", async (body) => {
    const { call } = await setUp();
    expect(await call("POST", `${path}/items`, body)).toMatchObject({
      status: 400,
      body: { error: { param: "items" } },
    });
  });
});
