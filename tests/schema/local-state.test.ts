/** What the relay keeps itself - answers, conversations, files - against OpenAI's published schemas. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";
import { createOpenApi, readSchemas } from "./openapi.ts";

const openApi = createOpenApi(readSchemas());

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "1000" } });
});
afterAll(() => relay.close());

/** The JSON of an answer that has to keep the schema. */
async function expectKept(
  schema: string,
  path: string,
  init: { readonly method?: string; readonly body?: JsonObject | FormData } = {},
): Promise<JsonObject> {
  const { method = init.body === undefined ? "GET" : "POST", body } = init;
  const isForm = body instanceof FormData;
  const answer = await relay.get(path, {
    method,
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    ...(body === undefined || isForm ? {} : { headers: { "content-type": "application/json" } }),
  });
  const value = (await answer.json()) as JsonObject;
  expect({ path, status: answer.status, problems: openApi.problems(schema, value) }).toEqual({
    path,
    status: 200,
    problems: [],
  });
  return value;
}

const turn = { model: "gpt-5.5", input: "[sim:reasoning] Say tree." };

describe("what the relay keeps has the published shape:", () => {
  it("an answer and its input", async () => {
    const { id } = await expectKept("Response", "/v1/responses", { body: turn });

    await expectKept("Response", `/v1/responses/${id}`);
    await expectKept("ResponseItemList", `/v1/responses/${id}/input_items`);
    await expectKept("Response", "/v1/responses", { body: { ...turn, previous_response_id: id } });
  });

  it("a conversation and its items", async () => {
    const items = [{ type: "message", role: "user", content: "Hi." }];
    const schema = "ConversationResource";
    const { id } = await expectKept(schema, "/v1/conversations", { body: { items } });
    const path = `/v1/conversations/${id}`;

    await expectKept(schema, path);
    await expectKept(schema, path, { body: { metadata: { topic: "trees" } } });
    await expectKept("Response", "/v1/responses", { body: { ...turn, conversation: id } });
    await expectKept("ConversationItemList", `${path}/items`, { body: { items } });
    const { data } = await expectKept("ConversationItemList", `${path}/items`);
    const [first] = data as readonly JsonObject[];
    await expectKept("ConversationItem", `${path}/items/${first?.["id"]}`);
    await expectKept(schema, `${path}/items/${first?.["id"]}`, { method: "DELETE" });
    await expectKept("DeletedConversationResource", path, { method: "DELETE" });
  });

  it("a file", async () => {
    const form = new FormData();
    form.set("purpose", "user_data");
    form.set("file", new File(["hello"], "hello.txt", { type: "text/plain" }));
    const { id } = await expectKept("OpenAIFile", "/v1/files", { body: form });

    await expectKept("OpenAIFile", `/v1/files/${id}`);
    await expectKept("ListFilesResponse", "/v1/files");
    await expectKept("DeleteFileResponse", `/v1/files/${id}`, { method: "DELETE" });
  });
});
