import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDiskResponses } from "../../src/storage/disk-responses.ts";
import { createMemoryResponses, type ResponseStore } from "../../src/storage/responses.ts";
import { assistantMessage, settableClock, userMessage } from "../helpers/local-state.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

const limits = { maxCount: 3, maxBytes: 100_000, maxAgeMs: 3_600_000 };

function turn(number: number, text = "hello") {
  const item = assistantMessage("hi", `msg_out${number}`);
  return {
    id: `resp_${number}`,
    input: [{ id: `msg_in${number}`, item: userMessage(text) }],
    output: [{ id: item.id, item }],
    response: { id: `resp_${number}`, object: "response", status: "completed", output: [item] },
  };
}

async function diskStore(
  options: { directory?: string; clock?: ReturnType<typeof settableClock> } = {},
) {
  const directory = options.directory ?? join(await makeTempFolder(), "state", "responses");
  const clock = options.clock ?? settableClock();
  const notices: string[] = [];
  const store = createDiskResponses({
    directory,
    limits,
    clock,
    onNotice: (text) => notices.push(text),
  });
  return { directory, clock, notices, store, names: async () => (await readdir(directory)).sort() };
}

async function memoryStore() {
  const clock = settableClock();
  return { clock, store: createMemoryResponses(limits, clock) as ResponseStore };
}

describe.each([
  ["in memory", memoryStore],
  ["on disk", diskStore],
])("answers kept %s", (_name, make) => {
  it("are given back whole, until they are deleted", async () => {
    const { store } = await make();
    expect(await store.get("resp_1")).toBeUndefined();
    await store.put(turn(1));
    expect(await store.get("resp_1")).toEqual(turn(1));
    expect([await store.delete("resp_1"), await store.delete("resp_1")]).toEqual([true, false]);
    expect(await store.get("resp_1")).toBeUndefined();
  });

  it("are bounded by count, the oldest goes first", async () => {
    const { store } = await make();
    for (const number of [1, 2, 3, 4]) await store.put(turn(number));
    const kept = await Promise.all([1, 2, 3, 4].map((n) => store.get(`resp_${n}`)));
    expect(kept.map((each) => each?.id)).toEqual([undefined, "resp_2", "resp_3", "resp_4"]);
  });

  it("are bounded by bytes, and one that is too large alone is refused", async () => {
    const { store } = await make();
    await store.put(turn(1, "a".repeat(60_000)));
    await store.put(turn(2, "b".repeat(60_000)));
    expect((await store.get("resp_1"))?.id).toBeUndefined();
    await expect(store.put(turn(3, "c".repeat(100_000)))).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringMatching(
        /^The turn has 100\d{3} bytes, and `state\.max_bytes` is 100000\.$/,
      ),
    });
    expect((await store.get("resp_2"))?.id).toBe("resp_2");
  });

  it("are bounded by age", async () => {
    const { store, clock } = await make();
    await store.put(turn(1));
    clock.set(clock.now() + 3_599_999);
    expect((await store.get("resp_1"))?.id).toBe("resp_1");
    clock.set(clock.now() + 1);
    expect(await store.get("resp_1")).toBeUndefined();
  });

  it("are searched for items, the newest first", async () => {
    const { store } = await make();
    await store.put(turn(1));
    await store.put({ ...turn(2), input: [{ id: "msg_in1", item: userMessage("newer") }] });
    const found = await store.findItems(new Set(["msg_in1", "msg_out1", "msg_none"]));
    expect([...found]).toEqual([
      ["msg_in1", { id: "msg_in1", item: userMessage("newer") }],
      ["msg_out1", turn(1).output[0]],
    ]);
  });

  it.each([
    "../x",
    "resp_../../x",
    "resp_",
    "RESP_1",
    "resp_1/..",
    "resp_\0",
    "CON",
    "resp_é",
    `resp_${"a".repeat(4_000)}`,
  ])("take no id like %j", async (id) => {
    const { store } = await make();
    await expect(store.put({ ...turn(1), id })).rejects.toMatchObject({ code: "storage_failed" });
    expect([await store.get(id), await store.delete(id)]).toEqual([undefined, false]);
  });
});

describe("answers kept on disk", () => {
  it("are there after a restart, in their order and with their age", async () => {
    const { directory, clock, store } = await diskStore();
    for (const number of [3, 1, 2]) {
      await store.put(turn(number));
      clock.set(clock.now() + 1_000);
    }
    const again = await diskStore({ directory, clock });
    expect(await again.store.get("resp_3")).toEqual(turn(3));
    await again.store.put(turn(4));
    expect(await again.names()).toEqual(["resp_1.json", "resp_2.json", "resp_4.json"]);
    clock.set(clock.now() + 3_598_500);
    expect(await again.store.get("resp_1")).toBeUndefined();
    expect(await again.names()).toEqual(["resp_2.json", "resp_4.json"]);
  });

  it("are private", async () => {
    const { directory, store } = await diskStore();
    await store.put(turn(1));
    const modes = await Promise.all(
      [directory, join(directory, "resp_1.json")].map((path) => stat(path)),
    );
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600]);
  });

  it("survive a write that was cut off: the old answer or none, and nothing is left of it", async () => {
    const { directory, store } = await diskStore();
    await store.put(turn(1));
    const text = await readFile(join(directory, "resp_1.json"), "utf8");
    await writeFile(join(directory, "resp_2.json.1234567.unfinished"), text.slice(0, 50));
    await utimes(join(directory, "resp_2.json.1234567.unfinished"), 0, 0);
    const again = await diskStore({ directory });
    expect(await again.store.get("resp_1")).toEqual(turn(1));
    expect(await again.store.get("resp_2")).toBeUndefined();
    expect(await again.names()).toEqual(["resp_1.json"]);
  });

  it.each([
    ["cut off", (text: string) => text.slice(0, -10)],
    ["another answer's", (text: string) => text.replaceAll("resp_1", "resp_9")],
    ["empty", () => ""],
    ["without items", (text: string) => text.replace('"input":[', '"input":["x",')],
  ])("that are %s are set aside and reported", async (_what, damage) => {
    const { directory, store } = await diskStore();
    await store.put(turn(1));
    const path = join(directory, "resp_1.json");
    await writeFile(path, damage(await readFile(path, "utf8")));
    const again = await diskStore({ directory });
    const asked = await Promise.all([again.store.get("resp_1"), again.store.get("resp_1")]);
    expect(asked).toEqual([undefined, undefined]);
    expect(await again.names()).toEqual(["resp_1.json.damaged-1"]);
    expect(again.notices).toEqual([
      "A stored answer cannot be read. It is no longer used, and kept as `resp_1.json.damaged-1`.",
    ]);
  });

  it("that somebody removed are gone, without a word", async () => {
    const { directory, store, notices } = await diskStore();
    await store.put(turn(1));
    await rm(join(directory, "resp_1.json"));
    expect(await store.get("resp_1")).toBeUndefined();
    expect(notices).toEqual([]);
  });

  it("leave other files of the folder alone", async () => {
    const { directory, store, names } = await diskStore();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "notes.txt"), "mine");
    await store.put(turn(1));
    expect(await names()).toEqual(["notes.txt", "resp_1.json"]);
  });

  it("are kept and given though an old one cannot be removed, and that is told", async () => {
    const { directory, store, notices } = await diskStore();
    for (const number of [1, 2, 3]) await store.put(turn(number));
    // A folder is not removed like a file.
    await rm(join(directory, "resp_1.json"));
    await mkdir(join(directory, "resp_1.json"));
    await store.put(turn(4));
    expect(await store.get("resp_4")).toEqual(turn(4));
    expect(notices).toEqual([
      expect.stringMatching(/^A stored answer that is no longer kept could not be removed: /),
    ]);
  });
});
