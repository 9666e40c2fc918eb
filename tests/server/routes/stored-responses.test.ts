import { describe, expect, it } from "vitest";
import { assistantMessage, userMessage } from "../../helpers/local-state.ts";
import { startStateServer } from "../../helpers/state-server.ts";

const response = {
  id: "resp_1",
  object: "response",
  status: "completed",
  output: [assistantMessage("hi")],
};

async function setUp() {
  const server = await startStateServer();
  await server.responses?.put({
    id: "resp_1",
    input: [
      { id: "msg_a", item: userMessage("one") },
      { id: "msg_b", item: userMessage("two") },
    ],
    output: [{ id: "msg_1", item: assistantMessage("hi") }],
    response,
  });
  return server;
}

describe("a kept answer", () => {
  it("is read and deleted", async () => {
    const { call } = await setUp();
    expect(await call("GET", "/v1/responses/resp_1")).toEqual({ status: 200, body: response });
    expect(await call("DELETE", "/v1/responses/resp_1")).toEqual({
      status: 200,
      body: { id: "resp_1", object: "response", deleted: true },
    });
    expect((await call("GET", "/v1/responses/resp_1")).status).toBe(404);
  });

  it("lists what was asked, the newest first", async () => {
    const { call } = await setUp();
    const [a, b] = ["one", "two"].map((text, index) => ({
      ...userMessage(text),
      id: ["msg_a", "msg_b"][index],
      status: "completed",
    }));
    expect(await call("GET", "/v1/responses/resp_1/input_items")).toEqual({
      status: 200,
      body: { object: "list", data: [b, a], first_id: "msg_b", last_id: "msg_a", has_more: false },
    });
    expect(
      (await call("GET", "/v1/responses/resp_1/input_items?order=asc&limit=1")).body,
    ).toMatchObject({
      data: [a],
      has_more: true,
    });
  });

  it("cannot be cancelled any more", async () => {
    const { call } = await setUp();
    expect(await call("POST", "/v1/responses/resp_1/cancel")).toMatchObject({
      body: {
        error: {
          message:
            "The answer is `completed` and cannot be cancelled. A running one is stopped by closing its connection.",
          param: "response_id",
        },
      },
    });
  });

  it("cannot be streamed again", async () => {
    const { call } = await setUp();
    expect(await call("GET", "/v1/responses/resp_1?stream=true")).toMatchObject({
      status: 400,
      body: { error: { code: "unsupported_parameter", param: "stream" } },
    });
  });
});

const calls = [
  ["GET", ""],
  ["DELETE", ""],
  ["GET", "/input_items"],
  ["POST", "/cancel"],
] as const;

it.each(calls)("says what is kept when it is not: %s …%s", async (method, end) => {
  const { call } = await startStateServer();
  expect(await call(method, `/v1/responses/resp_2${end}`)).toEqual({
    status: 404,
    body: {
      error: {
        message:
          "There is no such answer here: the last 10 answers are kept, for 1 hours, until the relay stops.",
        type: "invalid_request_error",
        code: "not_found",
        param: "response_id",
      },
    },
  });
});

it.each(calls)("says that none are kept when that is so: %s …%s", async (method, end) => {
  const { call } = await startStateServer({ responses: "off" });
  expect(await call(method, `/v1/responses/resp_1${end}`)).toMatchObject({
    status: 404,
    body: {
      error: {
        message: "There is no such answer here: none are, because `state.responses` is `off`.",
      },
    },
  });
});
