import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createConversationStore } from "../../src/storage/conversations.ts";
import {
  assistantMessage,
  countingIds,
  hex,
  settableClock,
  userMessage,
} from "../helpers/local-state.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

async function setUp() {
  const directory = join(await makeTempFolder(), "state", "conversations");
  const notices: string[] = [];
  const ids = countingIds();
  const make = () =>
    createConversationStore({
      directory,
      clock: settableClock(),
      ids,
      onNotice: (text) => notices.push(text),
    });
  return { directory, notices, store: make(), restarted: make };
}

const stored = (text: string, id: string) => ({ id, item: userMessage(text) });

it("keeps metadata and items over a restart", async () => {
  const { store, restarted } = await setUp();
  const created = await store.create({ topic: "tea" }, [
    userMessage("hello"),
    assistantMessage("hi"),
  ]);
  expect(created).toEqual({
    id: `conv_${hex(1)}`,
    createdAt: 1_700_000_000,
    metadata: { topic: "tea" },
    items: [stored("hello", `msg_${hex(2)}`), { id: "msg_1", item: assistantMessage("hi") }],
  });
  expect(await restarted().read(created.id)).toEqual(created);
});

it("adds turns behind one another, two at a time included", async () => {
  const { store, restarted } = await setUp();
  const { id } = await store.create({}, []);
  await Promise.all([
    store.append(id, [stored("a", "msg_a"), stored("b", "msg_b")]),
    store.append(id, [stored("c", "msg_c")]),
  ]);
  const items = (await restarted().read(id))?.items;
  expect(items?.map((each) => each.id)).toEqual(["msg_a", "msg_b", "msg_c"]);
});

it("gives an item another id when its own is taken, two at a time included", async () => {
  const { store } = await setUp();
  const { id } = await store.create({}, []);
  const added = await Promise.all([
    store.append(id, [stored("a", "msg_a")]),
    store.append(id, [stored("again", "msg_a")]),
  ]);
  expect(added.flatMap((items) => items?.map((each) => each.id))).toEqual([
    "msg_a",
    `msg_${hex(2)}`,
  ]);
});

it("puts new metadata in the place of the old", async () => {
  const { store, restarted } = await setUp();
  const { id } = await store.create({ a: "1", b: "2" }, []);
  const updated = await store.updateMetadata(id, { a: "3" });
  expect(updated?.metadata).toEqual({ a: "3" });
  expect(await restarted().read(id)).toEqual(updated);
});

it("removes a deleted item from the disk", async () => {
  const { directory, store, restarted } = await setUp();
  const { id } = await store.create({ a: "1" }, [userMessage("secret"), userMessage("kept")]);
  const left = await store.deleteItem(id, `msg_${hex(2)}`);
  expect(left?.items).toEqual([stored("kept", `msg_${hex(3)}`)]);
  expect(await restarted().read(id)).toEqual(left);
  expect(await readFile(join(directory, `${id}.jsonl`), "utf8")).not.toContain("secret");
  expect(await store.deleteItem(id, "msg_none")).toBeUndefined();
});

it("removes a deleted conversation, once", async () => {
  const { directory, store } = await setUp();
  const { id } = await store.create({}, [userMessage("hello")]);
  expect([await store.delete(id), await store.delete(id)]).toEqual([true, false]);
  expect(await readdir(directory)).toEqual([]);
  expect([
    await store.read(id),
    await store.append(id, []),
    await store.updateMetadata(id, {}),
  ]).toEqual([undefined, undefined, undefined]);
});

it.each([
  "../x",
  "conv_",
  `conv_${hex(1).replace("1", "A")}`,
  `conv_${hex(1)}/..`,
  `conv_${hex(1)}\0`,
  `conv_${hex(1)} `,
  "CON",
])("knows no conversation %j", async (id) => {
  const { store } = await setUp();
  await store.create({}, []);
  expect([await store.read(id), await store.delete(id)]).toEqual([undefined, false]);
});

it("loses at most the turn that a crash cut off, and says so", async () => {
  const { directory, store, restarted, notices } = await setUp();
  const { id } = await store.create({ a: "1" }, [userMessage("kept")]);
  const path = join(directory, `${id}.jsonl`);
  const { size } = await stat(path);
  await store.append(id, [stored("lost", "msg_a")]);
  await truncate(path, size + 20);
  const again = restarted();
  await again.append(id, [stored("new", "msg_b")]);
  expect((await again.read(id))?.items.map((each) => each.id)).toEqual([`msg_${hex(2)}`, "msg_b"]);
  expect((await readdir(directory)).sort()).toEqual([`${id}.jsonl`, `${id}.jsonl.damaged-1`]);
  expect(notices).toHaveLength(1);
});

it("does not know a conversation whose beginning is lost, and keeps the file", async () => {
  const { directory, store, notices } = await setUp();
  const { id } = await store.create({}, [userMessage("hello")]);
  await writeFile(join(directory, `${id}.jsonl`), '{"created_at": 1, "meta');
  expect(await store.read(id)).toBeUndefined();
  expect(await readFile(join(directory, `${id}.jsonl.damaged-1`), "utf8")).toContain('"meta');
  expect(notices).toHaveLength(1);
});

it("is private", async () => {
  const { directory, store } = await setUp();
  const { id } = await store.create({}, []);
  await store.append(id, [stored("a", "msg_a")]);
  const modes = await Promise.all(
    [directory, join(directory, `${id}.jsonl`)].map((path) => stat(path)),
  );
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600]);
});

it("finds items in all conversations", async () => {
  const { store } = await setUp();
  const first = await store.create({}, [userMessage("one")]);
  await store.create({}, [userMessage("two")]);
  const [item] = first.items;
  expect([...(await store.findItems(new Set([item?.id ?? "", "msg_none"])))]).toEqual([
    [item?.id, item],
  ]);
});

it("works again after a folder that could not be read", async () => {
  const { directory, store } = await setUp();
  await mkdir(join(directory, ".."), { recursive: true });
  await writeFile(directory, "a file where the folder should be");
  await expect(store.create({}, [])).rejects.toMatchObject({ code: "ENOTDIR" });
  await rm(directory);
  expect((await store.create({ a: "1" }, [])).metadata).toEqual({ a: "1" });
});
