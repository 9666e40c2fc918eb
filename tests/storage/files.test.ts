import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { createFileStore } from "../../src/storage/files.ts";
import { countingIds, hex, settableClock } from "../helpers/local-state.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

async function setUp() {
  const directory = join(await makeTempFolder(), "uploads");
  const notices: string[] = [];
  const ids = countingIds();
  const clock = settableClock();
  const make = () =>
    createFileStore({
      directory,
      maxFileBytes: 10,
      maxTotalBytes: 25,
      clock,
      ids,
      onNotice: (text) => notices.push(text),
    });
  const names = async () => (await readdir(directory)).sort();
  return { directory, notices, clock, store: make(), restarted: make, names };
}

async function* pieces(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

const facts = { filename: "a.txt", contentType: "text/plain", purpose: "user_data" };
const id1 = `file_${hex(1)}`;
const record1 = { id: id1, ...facts, bytes: 5, createdAt: 1_700_000_000_000 };

async function keep(store: ReturnType<typeof createFileStore>, text = "hello") {
  return (await store.receive(pieces(text))).keep(facts);
}

it("keeps the bytes and the facts over a restart", async () => {
  const { store, restarted } = await setUp();
  const upload = await store.receive(pieces("he", "llo"));
  expect(await upload.keep(facts)).toEqual(record1);
  const again = restarted();
  expect(await again.list()).toEqual([record1]);
  expect(await again.find(id1)).toEqual(record1);
  expect(String(await again.read(id1))).toBe("hello");
  const opened = await again.open(id1);
  expect([opened?.size, opened && (await textOf(opened.stream()))]).toEqual([5, "hello"]);
});

it("lists the oldest first, after a restart too", async () => {
  const { store, restarted, clock } = await setUp();
  for (const text of ["a", "b", "c"]) {
    await keep(store, text);
    clock.set(clock.now() - 1);
  }
  expect((await restarted().list()).map(({ id }) => id)).toEqual(
    [3, 2, 1].map((n) => `file_${hex(n)}`),
  );
});

it("removes what was deleted or discarded", async () => {
  const { store, names } = await setUp();
  await keep(store);
  expect([await store.delete(id1), await store.delete(id1)]).toEqual([true, false]);
  await (await store.receive(pieces("x"))).discard();
  expect(await names()).toEqual([]);
  expect([await store.find(id1), await store.read(id1), await store.open(id1)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe("the limits", () => {
  it("end an upload in the middle, and nothing of it stays", async () => {
    const { store, names } = await setUp();
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1;
        yield Buffer.from("1234");
      }
    }
    await expect(store.receive(endless())).rejects.toMatchObject({
      code: "request_too_large",
      message: "The file is larger than 10 bytes, the limit set by `uploads.max_upload_bytes`.",
    });
    expect(read).toBe(3);
    expect(await names()).toEqual([]);
  });

  it("hold for all files together, and what is gone makes room", async () => {
    const { store, restarted } = await setUp();
    await keep(store, "1234567890");
    await keep(store, "1234567890");
    const again = restarted();
    await expect(keep(again, "123456")).rejects.toMatchObject({
      code: "request_too_large",
      message:
        "All uploaded files together would be larger than 25 bytes, the limit set by `uploads.max_total_upload_bytes`. Delete some with `DELETE /v1/files/{id}`.",
    });
    await again.delete(id1);
    expect((await keep(again, "123456")).bytes).toBe(6);
  });

  it("cannot be passed by uploads that run side by side", async () => {
    const { store } = await setUp();
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map(() => store.receive(pieces("12345", "67890"))),
    );
    const kept = results.filter(({ status }) => status === "fulfilled");
    expect(kept.length).toBeGreaterThanOrEqual(1);
    expect(kept.length).toBeLessThanOrEqual(2);
    for (const each of kept) if (each.status === "fulfilled") await each.value.discard();
    expect((await keep(store, "1234567890")).bytes).toBe(10);
  });
});

it("removes an upload that its client left", async () => {
  const { store, names } = await setUp();
  async function* broken() {
    yield Buffer.from("123");
    throw new Error("gone");
  }
  await expect(store.receive(broken())).rejects.toThrow("gone");
  expect(await names()).toEqual([]);
  await keep(store, "1234567890");
  await keep(store, "1234567890");
});

it("removes files that have expired", async () => {
  const { store, names, clock } = await setUp();
  const upload = await store.receive(pieces("hello"));
  await upload.keep({ ...facts, expiresAfterSeconds: 3_600 });
  clock.set(clock.now() + 3_599_999);
  expect((await store.find(id1))?.expiresAt).toBe(1_700_003_600_000);
  clock.set(clock.now() + 1);
  expect(await store.find(id1)).toBeUndefined();
  expect(await names()).toEqual([]);
});

describe("a file that cannot be removed", () => {
  /** A folder in the place of the bytes is not removed like a file. */
  async function block(directory: string) {
    await rm(join(directory, `${id1}.bin`));
    await mkdir(join(directory, `${id1}.bin`));
  }

  it("expires all the same, costs no upload that is running, and is told", async () => {
    const { directory, store, clock, notices } = await setUp();
    await (await store.receive(pieces("1234567890"))).keep({
      ...facts,
      expiresAfterSeconds: 3_600,
    });
    const running = await store.receive(pieces("1234567890"));
    await block(directory);
    clock.set(clock.now() + 3_600_000);
    expect(await store.list()).toEqual([]);
    expect(notices).toEqual([
      expect.stringMatching(/^An upload that has expired could not be removed: /),
    ]);
    const record = await running.keep(facts);
    expect(String(await store.read(record.id))).toBe("1234567890");
    expect((await keep(store, "1234567890")).bytes).toBe(10);
  });

  it("stays when its deletion fails, and can be deleted again", async () => {
    const { directory, store } = await setUp();
    await keep(store);
    await block(directory);
    await expect(store.delete(id1)).rejects.toThrow();
    expect(await store.find(id1)).toEqual(record1);
    await rm(join(directory, `${id1}.bin`), { recursive: true });
    expect([await store.delete(id1), await store.find(id1)]).toEqual([true, undefined]);
  });
});

describe("another relay on the same folder", () => {
  it("may start between the last steps of an upload", async () => {
    const { directory, store, restarted } = await setUp();
    const upload = await store.receive(pieces("hello"));
    const other = restarted();
    const [record] = await Promise.all([
      upload.keep(facts),
      // What it does when it finds the record before the bytes have their name.
      rename(join(directory, `${id1}.part`), join(directory, `${id1}.bin`)),
    ]);
    expect([record, await store.find(id1), await other.find(id1)]).toEqual(Array(3).fill(record1));
  });
});

describe("after a crash", () => {
  it("half an upload is removed, unless another relay may be writing it", async () => {
    const { directory, store, restarted, names } = await setUp();
    await keep(store);
    const halves = [`file_${hex(9)}.part`, `file_${hex(8)}.json.123.unfinished`];
    for (const half of halves) await writeFile(join(directory, half), "hal");
    await restarted().list();
    expect(await names()).toEqual([`${id1}.bin`, `${id1}.json`, ...halves.reverse()]);
    for (const half of halves) await utimes(join(directory, half), 0, 0);
    expect(await restarted().list()).toEqual([record1]);
    expect(await names()).toEqual([`${id1}.bin`, `${id1}.json`]);
  });

  it("an upload that lacks only its last step is finished", async () => {
    const { directory, store, restarted } = await setUp();
    await keep(store);
    await writeFile(join(directory, `${id1}.part`), await readFile(join(directory, `${id1}.bin`)));
    await rm(join(directory, `${id1}.bin`));
    expect(String(await restarted().read(id1))).toBe("hello");
  });

  it("a deletion that lacks its last step is finished", async () => {
    const { directory, store, restarted, names } = await setUp();
    await keep(store);
    await rm(join(directory, `${id1}.bin`));
    expect(await restarted().find(id1)).toBeUndefined();
    expect(await names()).toEqual([]);
  });

  it("a damaged record is set aside, and its bytes stay for a person to look at", async () => {
    const { directory, store, restarted, names, notices } = await setUp();
    await keep(store);
    await writeFile(join(directory, `${id1}.json`), '{"id":"file_');
    expect(await restarted().list()).toEqual([]);
    await restarted().list();
    expect(await names()).toEqual([`${id1}.bin`, `${id1}.json.damaged-1`]);
    expect(notices).toEqual([
      `The record of an upload cannot be read. It is no longer used, and kept as \`${id1}.json.damaged-1\`.`,
    ]);
  });
});

it("knows a file no more whose bytes were removed by hand", async () => {
  const { directory, store } = await setUp();
  await keep(store);
  await rm(join(directory, `${id1}.bin`));
  expect([await store.read(id1), await store.open(id1)]).toEqual([undefined, undefined]);
});

it("is private", async () => {
  const { directory, store } = await setUp();
  await keep(store);
  const paths = [directory, join(directory, `${id1}.bin`), join(directory, `${id1}.json`)];
  const modes = await Promise.all(paths.map((path) => stat(path)));
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600, 0o600]);
});

it.each([
  ["../../etc/passwd", "../../etc/passwd"],
  ["C:\\CON", "C:\\CON"],
  ["a\r\nb\u001b[31m\u202e\u2028c\ud800.txt", "ab[31mc.txt"],
  ["", "upload.bin"],
  ["x".repeat(4_096), "x".repeat(255)],
])("keeps the name %j as data only", async (filename, kept) => {
  const { store, names } = await setUp();
  const upload = await store.receive(pieces("hello"));
  const record = await upload.keep({ ...facts, filename, contentType: "text/html\r\nx: y" });
  expect(record).toEqual({ ...record1, filename: kept, contentType: "application/octet-stream" });
  expect(await names()).toEqual([`${id1}.bin`, `${id1}.json`]);
});

it.each([
  "../x",
  "file_",
  `file_${hex(1)}.json`,
  `file_${hex(1)}/../x`,
  `file_${hex(1)}\0`,
  `FILE_${hex(1)}`,
  "file_\u0661",
])("knows no file %j", async (id) => {
  const { store } = await setUp();
  await keep(store);
  expect([await store.find(id), await store.read(id), await store.delete(id)]).toEqual([
    undefined,
    undefined,
    false,
  ]);
});
