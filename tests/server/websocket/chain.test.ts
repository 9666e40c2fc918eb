import { expect, it } from "vitest";
import { createChainMemory } from "../../../src/server/websocket/chain.ts";
import type { StoredTurn } from "../../../src/storage/responses.ts";

function turn(id: string, text = ""): StoredTurn {
  return { id, input: [{ id: "msg_1", item: { text } }], output: [], response: {} };
}

it("remembers the newest turn of each lane, for every lane", () => {
  const memory = createChainMemory({ maxBytes: 1_000 });
  memory.turnOf("").put(turn("resp_1"));
  memory.turnOf("").put(turn("resp_2"));
  memory.turnOf("a").put(turn("resp_3"));
  const seen = ["resp_1", "resp_2", "resp_3"].map((id) => memory.turnOf("b").get(id)?.id);
  expect(seen).toEqual([undefined, "resp_2", "resp_3"]);
});

it("forgets what a failed turn went on from, and nothing that it did not ask for", () => {
  const memory = createChainMemory({ maxBytes: 1_000 });
  memory.turnOf("").put(turn("resp_1"));
  memory.turnOf("a").put(turn("resp_2"));
  const unrelated = memory.turnOf("a");
  unrelated.get("resp_9");
  unrelated.fail();
  const failed = memory.turnOf("a");
  failed.get("resp_1");
  failed.fail();
  expect(memory.turnOf("").get("resp_1")).toBeUndefined();
  expect(memory.turnOf("").get("resp_2")?.id).toBe("resp_2");
});

it("stays within its bytes: the oldest lane goes, and a turn that is too large alone is not kept", () => {
  const memory = createChainMemory({ maxBytes: 600 });
  memory.turnOf("a").put(turn("resp_1", "x".repeat(200)));
  memory.turnOf("b").put(turn("resp_2", "x".repeat(200)));
  memory.turnOf("c").put(turn("resp_3", "x".repeat(200)));
  memory.turnOf("c").put(turn("resp_4", "x".repeat(700)));
  const kept = ["resp_1", "resp_2", "resp_3", "resp_4"].map((id) => memory.turnOf("").get(id)?.id);
  expect(kept).toEqual([undefined, "resp_2", undefined, undefined]);
  memory.turnOf("c").put(turn("resp_5", "x".repeat(200)));
  expect(memory.turnOf("").get("resp_2")?.id).toBe("resp_2");
});

it("is empty once it was cleared", () => {
  const memory = createChainMemory({ maxBytes: 100 });
  memory.turnOf("").put(turn("resp_1"));
  memory.clear();
  expect(memory.turnOf("").get("resp_1")).toBeUndefined();
});
