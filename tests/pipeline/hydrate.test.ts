import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Chain, createLocalState } from "../../src/pipeline/hydrate.ts";
import type { ResponseSnapshot } from "../../src/protocol/events.ts";
import type { InputItem, ResponsesRequest, StateRequest } from "../../src/protocol/request.ts";
import { createConversationStore } from "../../src/storage/conversations.ts";
import { createFileStore } from "../../src/storage/files.ts";
import { createMemoryResponses, type StoredTurn } from "../../src/storage/responses.ts";
import {
  assistantMessage,
  bytesOf,
  countingIds,
  hex,
  settableClock,
  userMessage,
} from "../helpers/local-state.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

async function setUp(options: { responses?: "off" } = {}) {
  const folder = await makeTempFolder();
  const notices: string[] = [];
  const onNotice = (text: string) => notices.push(text);
  const clock = settableClock();
  const ids = countingIds();
  const files = createFileStore({
    directory: join(folder, "uploads"),
    maxFileBytes: 1_000,
    maxTotalBytes: 1_000,
    clock,
    ids,
    onNotice,
  });
  const conversations = createConversationStore({
    directory: join(folder, "c"),
    clock,
    ids,
    onNotice,
  });
  const limits = { maxCount: 100, maxBytes: 100_000, maxAgeMs: 720 * 3_600_000 };
  const responses = options.responses === "off" ? undefined : createMemoryResponses(limits, clock);
  const state = createLocalState({ files, conversations, responses, ids, onNotice });
  const hydrate = (input: readonly InputItem[], more: Partial<StateRequest> = {}) =>
    // Where nothing is kept, asking for it is refused; not saying is fine.
    state.hydrate(
      { model: "gpt-5.5", input },
      { ...(responses === undefined ? {} : { store: true }), ...more },
    );
  /** A whole turn; gives what the upstream was sent. */
  const play = async (
    input: readonly InputItem[],
    response: ResponseSnapshot,
    more: Partial<StateRequest> = {},
  ): Promise<ResponsesRequest> => {
    const { request, remember } = await hydrate(input, more);
    await remember(response);
    return request;
  };
  return { files, conversations, responses, state, notices, hydrate, play };
}

function answer(number: number, ...output: readonly InputItem[]): ResponseSnapshot {
  return { id: `resp_${number}`, status: "completed", output };
}

const thought = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "sealed" };
const call = { id: "fc_1", type: "function_call", call_id: "call_1", name: "f", arguments: "{}" };
const result = { type: "function_call_output", call_id: "call_1", output: "done" };
const error = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (reason: { code: string; message: string; details: { param?: string } }) => ({
      code: reason.code,
      message: reason.message,
      param: reason.details.param,
    }),
  );

describe("previous_response_id", () => {
  it("puts everything that was said before the new input, sealed thoughts included", async () => {
    const { play, hydrate } = await setUp();
    await play([userMessage("one")], answer(1, thought, call));
    await play([result], answer(2, assistantMessage("two")), { previousResponseId: "resp_1" });
    const { request } = await hydrate([userMessage("three")], { previousResponseId: "resp_2" });
    const { id: _id, ...sealed } = thought;
    expect(request.input).toEqual([
      userMessage("one"),
      sealed,
      call,
      result,
      assistantMessage("two"),
      userMessage("three"),
    ]);
  });

  it("goes on when an older answer of the chain was deleted", async () => {
    const { play, hydrate, responses } = await setUp();
    await play([userMessage("one")], answer(1, assistantMessage("two")));
    await play([userMessage("three")], answer(2), { previousResponseId: "resp_1" });
    await responses?.delete("resp_1");
    const { request } = await hydrate([], { previousResponseId: "resp_2" });
    expect(request.input).toHaveLength(3);
  });

  it("can branch: two requests go on from one answer", async () => {
    const { play, hydrate } = await setUp();
    await play([userMessage("one")], answer(1));
    await play([userMessage("left")], answer(2), { previousResponseId: "resp_1" });
    const { request } = await hydrate([userMessage("right")], { previousResponseId: "resp_1" });
    expect(request.input).toEqual([userMessage("one"), userMessage("right")]);
  });

  it("leaves out thoughts without their sealed content, which the upstream would look for in vain", async () => {
    const { play, hydrate } = await setUp();
    await play([], answer(1, { id: "rs_1", type: "reasoning", summary: [] }));
    expect((await hydrate([], { previousResponseId: "resp_1" })).request.input).toEqual([]);
  });

  it("says what is kept when it knows none", async () => {
    const { hydrate } = await setUp();
    expect(await error(hydrate([], { previousResponseId: "resp_1" }))).toEqual({
      code: "previous_response_not_found",
      message:
        "`previous_response_id` names an answer that is not kept here: the last 100 answers are kept, for 720 hours, until the relay stops, unless they were made with `store: false`. Send the whole conversation in `input`.",
      param: "previous_response_id",
    });
  });

  it("cannot be hoped for by `store: true` when answers are not kept", async () => {
    const { hydrate } = await setUp({ responses: "off" });
    expect(await error(hydrate([], { store: true }))).toMatchObject({
      code: "invalid_request",
      param: "store",
    });
  });

  it("is refused when answers are not kept", async () => {
    const { hydrate } = await setUp({ responses: "off" });
    expect(await error(hydrate([], { previousResponseId: "resp_1" }))).toEqual({
      code: "invalid_request",
      message:
        "`previous_response_id` cannot be used: this relay keeps no answers, because `state.responses` is `off`. Send the whole conversation in `input`, or set it to `memory` or `disk`.",
      param: "previous_response_id",
    });
  });

  it("is refused together with a conversation", async () => {
    const { hydrate } = await setUp();
    expect(
      await error(hydrate([], { previousResponseId: "resp_1", conversationId: "conv_1" })),
    ).toEqual({
      code: "invalid_request",
      message:
        "`previous_response_id` and `conversation` cannot be used together. Send one of them.",
      param: "previous_response_id",
    });
  });
});

describe("what is kept of an answer", () => {
  it("is the answer as asked for, without what names the account", async () => {
    const { play, responses } = await setUp();
    const snapshot = {
      ...answer(1, assistantMessage("hi")),
      store: false,
      safety_identifier: "user-1",
      previous_response_id: null,
    };
    await play([userMessage("hello")], snapshot);
    expect(await responses?.get("resp_1")).toEqual({
      id: "resp_1",
      input: [{ id: `msg_${hex(1)}`, item: userMessage("hello") }],
      output: [{ id: "msg_1", item: assistantMessage("hi") }],
      response: {
        ...answer(1, assistantMessage("hi")),
        store: true,
        previous_response_id: null,
      },
    });
  });

  it("has an id for every item, because each is listed by one", async () => {
    const { play, responses } = await setUp();
    await play([], answer(1, { type: "message", role: "assistant", content: [] }));
    const kept = await responses?.get("resp_1");
    expect(kept?.response["output"]).toEqual([
      { id: `msg_${hex(1)}`, type: "message", role: "assistant", content: [] },
    ]);
  });

  it("is nothing with `store: false`", async () => {
    const { play, responses } = await setUp();
    await play([userMessage("hello")], answer(1), { store: false });
    expect(await responses?.get("resp_1")).toBeUndefined();
  });

  it("is nothing when answers are not kept, and the request goes out as it came", async () => {
    const { state, notices } = await setUp({ responses: "off" });
    const request = { model: "gpt-5.5", input: [userMessage("hello")] };
    const hydrated = await state.hydrate(request, {});
    await hydrated.remember(answer(1));
    expect(hydrated.request).toBe(request);
    expect(notices).toEqual([]);
  });

  it("is reported when it cannot be kept, and fails nobody", async () => {
    const { play, notices } = await setUp();
    await play([userMessage("x".repeat(100_000))], answer(1));
    await play([userMessage("x")], { ...answer(1), id: "../x" });
    expect(notices).toEqual([
      expect.stringMatching(
        /^An answer could not be kept: The turn has 100\d{3} bytes, and `state\.max_bytes` is 100000\.$/,
      ),
      "An answer could not be kept: The upstream gave the answer an id that is none.",
    ]);
  });
});

describe("a conversation", () => {
  it("remembers its seeds and every turn", async () => {
    const { conversations, play, hydrate } = await setUp();
    const { id: conversationId } = await conversations.create({}, [userMessage("seed")]);
    await play([userMessage("one")], answer(1, thought, assistantMessage("two")), {
      conversationId,
      store: false,
    });
    const { request } = await hydrate([userMessage("three")], { conversationId });
    const { id: _id, ...sealed } = thought;
    expect(request.input).toEqual([
      userMessage("seed"),
      userMessage("one"),
      sealed,
      assistantMessage("two"),
      userMessage("three"),
    ]);
    const kept = await conversations.read(conversationId);
    expect(kept?.items.map(({ item }) => item)).toEqual([
      userMessage("seed"),
      userMessage("one"),
      thought,
      assistantMessage("two"),
    ]);
  });

  it("is named in the kept answer", async () => {
    const { conversations, play, responses } = await setUp();
    const { id: conversationId } = await conversations.create({}, []);
    await play([], answer(1), { conversationId });
    expect((await responses?.get("resp_1"))?.response["conversation"]).toEqual({
      id: conversationId,
    });
  });

  it("works when answers are not kept", async () => {
    const { conversations, play } = await setUp({ responses: "off" });
    const { id: conversationId } = await conversations.create({}, []);
    await play([userMessage("one")], answer(1), { conversationId });
    const request = await play([userMessage("two")], answer(2), { conversationId });
    expect(request.input).toEqual([userMessage("one"), userMessage("two")]);
  });

  it("sends its system messages as developer messages, which the upstream takes", async () => {
    const { conversations, hydrate } = await setUp();
    const { id: conversationId } = await conversations.create({}, [
      { role: "system", content: "Be kind." },
    ]);
    expect((await hydrate([], { conversationId })).request.input).toEqual([
      { role: "developer", content: "Be kind." },
    ]);
  });

  it.each([`conv_${hex(99)}`, "../x", ""])(
    "that does not exist is not found: %j",
    async (conversationId) => {
      const { hydrate } = await setUp();
      expect(await error(hydrate([], { conversationId }))).toEqual({
        code: "not_found",
        message:
          "`conversation` names a conversation that does not exist here. Create one with POST /v1/conversations.",
        param: "conversation",
      });
    },
  );

  it("that cannot take the turn is not in the answer as if it had", async () => {
    const { conversations, hydrate, responses } = await setUp();
    const { id: conversationId } = await conversations.create({}, []);
    conversations.append = () => Promise.reject(new Error("The disk is full."));
    const { echo, remember } = await hydrate([], { conversationId });
    expect(echo()).toMatchObject({ conversation: { id: conversationId }, store: true });
    await remember(answer(1));
    expect(echo()).toMatchObject({ conversation: null, store: true });
    expect((await responses?.get("resp_1"))?.response).toMatchObject({ conversation: null });
  });

  it("that was deleted meanwhile keeps nothing, and it is told", async () => {
    const { conversations, hydrate, notices } = await setUp();
    const { id: conversationId } = await conversations.create({}, []);
    const { echo, remember } = await hydrate([], { conversationId });
    await conversations.delete(conversationId);
    await remember(answer(1));
    expect(echo()).toMatchObject({ conversation: null });
    expect(notices).toEqual([
      "A conversation was deleted while it was answered; the turn is not kept.",
    ]);
  });
});

describe("an item reference", () => {
  it("is replaced by the item that was kept", async () => {
    const { play, hydrate } = await setUp();
    await play([userMessage("one")], answer(1, thought, assistantMessage("two")));
    const { request } = await hydrate([
      { type: "item_reference", id: "rs_1" },
      { id: "msg_1" },
      userMessage("three"),
    ]);
    const { id: _id, ...sealed } = thought;
    expect(request.input).toEqual([sealed, assistantMessage("two"), userMessage("three")]);
  });

  it("to an item of a conversation is resolved too", async () => {
    const { conversations, hydrate } = await setUp({ responses: "off" });
    const { items } = await conversations.create({}, [userMessage("one")]);
    const { request } = await hydrate([{ type: "item_reference", id: items[0]?.id }]);
    expect(request.input).toEqual([userMessage("one")]);
  });

  it("to what is said before anyway is not said twice", async () => {
    const { play, hydrate } = await setUp();
    await play([userMessage("one")], answer(1, assistantMessage("two")));
    const { request } = await hydrate(
      [{ type: "item_reference", id: "msg_1" }, userMessage("three")],
      {
        previousResponseId: "resp_1",
      },
    );
    expect(request.input).toEqual([
      userMessage("one"),
      assistantMessage("two"),
      userMessage("three"),
    ]);
  });

  it("keeps its id when the turn is kept again", async () => {
    const { play, responses } = await setUp();
    await play([userMessage("one")], answer(1));
    const id = (await responses?.get("resp_1"))?.input[0]?.id;
    await play([{ type: "item_reference", id }], answer(2));
    expect((await responses?.get("resp_2"))?.input).toEqual([{ id, item: userMessage("one") }]);
  });

  it("that nothing is kept for is named by its place", async () => {
    const { hydrate } = await setUp();
    const input = [userMessage("one"), { type: "item_reference", id: "msg_none" }];
    expect(await error(hydrate(input))).toEqual({
      code: "invalid_request",
      message:
        "`input[1].id` refers to an item that is not kept here: the last 100 answers are kept, for 720 hours, until the relay stops. Send the item itself.",
      param: "input[1].id",
    });
  });
});

describe("files", () => {
  const facts = { filename: "a.txt", contentType: "text/plain", purpose: "user_data" };
  const named = (file_id: string) => ({
    role: "user",
    content: [{ type: "input_file", file_id }],
  });

  it("are sent by content and kept by id", async () => {
    const { files, play, responses } = await setUp();
    const { id } = await (await files.receive(bytesOf("hello"))).keep(facts);
    const inlined = {
      role: "user",
      content: [{ type: "input_text", text: "File: a.txt (text/plain)\n\nhello" }],
    };
    expect((await play([named(id)], answer(1))).input).toEqual([inlined]);
    expect((await responses?.get("resp_1"))?.input[0]?.item).toEqual(named(id));
    const again = await play([userMessage("more")], answer(2), { previousResponseId: "resp_1" });
    expect(again.input).toEqual([inlined, userMessage("more")]);
  });

  it("are named by their place in the client's input", async () => {
    const { play, hydrate } = await setUp();
    await play([userMessage("one")], answer(1, assistantMessage("two")));
    const input = [{ type: "item_reference", id: "msg_1" }, named("file_none")];
    const { param } = (await error(hydrate(input, { previousResponseId: "resp_1" }))) ?? {};
    expect(param).toBe("input[1].content[0].file_id");
  });

  it("that were deleted after the turn in which they were sent are told as such", async () => {
    const { files, play, hydrate } = await setUp();
    const { id } = await (await files.receive(bytesOf("hello"))).keep(facts);
    await play([named(id)], answer(1));
    await files.delete(id);
    expect(await error(hydrate([], { previousResponseId: "resp_1" }))).toEqual({
      code: "invalid_request",
      message: `\`previous_response_id\` holds an item that can no longer be sent: \`item.content[0].file_id\` names a file that is not kept here: \`${id}\`. Upload it with POST /v1/files.`,
      param: "previous_response_id",
    });
  });
});

describe("a connection that remembers", () => {
  /** A chain of everything, as a connection may hand it in. */
  function chainOf(): Chain & { readonly turns: Map<string, StoredTurn> } {
    const turns = new Map<string, StoredTurn>();
    return {
      turns,
      terms: "this connection has its newest answer",
      get: (id) => turns.get(id),
      put: (turn) => turns.set(turn.id, turn),
    };
  }

  it.each(["off", undefined] as const)(
    "goes on from a turn with `store: false`, answers kept: %s",
    async (kept) => {
      const { state, responses } = await setUp(kept === undefined ? {} : { responses: kept });
      const chain = chainOf();
      const first = await state.hydrate(
        { model: "gpt-5.5", input: [userMessage("one")] },
        { store: false },
        chain,
      );
      await first.remember(answer(1, thought, call));
      expect(first.echo()).toMatchObject({ store: false });
      expect(await responses?.get("resp_1")).toBeUndefined();
      const second = await state.hydrate(
        { model: "gpt-5.5", input: [result] },
        { store: false, previousResponseId: "resp_1" },
        chain,
      );
      const { id: _id, ...sealed } = thought;
      expect(second.request.input).toEqual([userMessage("one"), sealed, call, result]);
      await second.remember(answer(2, assistantMessage("two")));
      expect(chain.turns.get("resp_2")?.input.map(({ item }) => item)).toEqual([
        userMessage("one"),
        thought,
        call,
        result,
      ]);
    },
  );

  it("goes on from a kept answer that it does not know", async () => {
    const { state, play } = await setUp();
    await play([userMessage("one")], answer(1, assistantMessage("two")));
    const { request } = await state.hydrate(
      { model: "gpt-5.5", input: [userMessage("three")] },
      { previousResponseId: "resp_1" },
      chainOf(),
    );
    expect(request.input).toHaveLength(3);
  });

  it.each([
    ["off", "this connection has its newest answer. Send"],
    [
      undefined,
      "this connection has its newest answer; the last 100 answers are kept, for 720 hours, until the relay stops, unless they were made with `store: false`. Send",
    ],
  ] as const)("says what it has when it knows none (%s)", async (kept, terms) => {
    const { state } = await setUp(kept === undefined ? {} : { responses: kept });
    const asked = { previousResponseId: "resp_9" };
    expect(await error(state.hydrate({ model: "gpt-5.5", input: [] }, asked, chainOf()))).toEqual({
      code: "previous_response_not_found",
      message: `\`previous_response_id\` names an answer that is not kept here: ${terms} the whole conversation in \`input\`.`,
      param: "previous_response_id",
    });
  });
});
