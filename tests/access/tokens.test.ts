import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createTokenSource } from "../../src/access/tokens.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await makeTempFolder();
  file = join(folder, "relay-token");
});

const source = (envToken?: string) => createTokenSource({ file, envToken, randomBytes });
const fingerprintOf = (token: string) =>
  createHash("sha256").update(token).digest("hex").slice(0, 12);
const verdicts = async (tokens: ReturnType<typeof source>, ...presented: (string | undefined)[]) =>
  Promise.all(presented.map((value) => tokens.verify(value)));

describe("current", () => {
  it("finds nothing without a file, and nothing in an empty one", async () => {
    const none = { source: undefined, fingerprint: undefined };
    expect(await source().current()).toEqual(none);
    await writeFile(file, " \r\n");
    expect(await source().current()).toEqual(none);
  });

  it("reads the file without the space around the token", async () => {
    await writeFile(file, "  abc \r\n");
    const found = await source().current();
    expect(found.token).toBe("abc");
    expect(found).toEqual({ source: "file", fingerprint: fingerprintOf("abc") });
  });

  it("prefers the environment, where an empty value is none", async () => {
    await writeFile(file, "from-file\n");
    expect((await source("from-env").current()).token).toBe("from-env");
    expect((await source("").current()).token).toBe("from-file");
  });

  it("shows no token to inspect or JSON", async () => {
    const found = await source("top-secret").current();
    expect(inspect(found) + JSON.stringify(found)).not.toContain("top-secret");
  });

  it("says which file could not be read", async () => {
    await mkdir(file);
    await expect(source().current()).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining(
        `The relay token file \`${file}\` could not be read: EISDIR`,
      ),
    });
  });
});

describe("verify", () => {
  it("T30 accepts the token of the file and nothing else", async () => {
    await writeFile(file, "right\n");
    expect(
      await verdicts(source(), "right", "right ", "Right", "righ", "rightt", "", undefined, "ünï"),
    ).toEqual([true, false, false, false, false, false, false, false]);
  });

  it("accepts the token of the environment only, when there is one", async () => {
    await writeFile(file, "from-file\n");
    expect(await verdicts(source("from-env"), "from-env", "from-file", "")).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("accepts nothing while there is no token, the empty one included", async () => {
    const tokens = source();
    expect(await verdicts(tokens, "", undefined, "x")).toEqual([false, false, false]);
    await writeFile(file, "");
    expect(await verdicts(tokens, "", undefined, "x")).toEqual([false, false, false]);
  });

  it("T30 answers false, and never throws, for any text whatever", async () => {
    await writeFile(file, `${"t".repeat(43)}\n`);
    const tokens = source();
    const anything = fc.oneof(
      fc.string({ unit: "binary" }),
      // Headers arrive as Latin-1, and a JavaScript string may hold half a surrogate pair.
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.constant("t".repeat(1_000_000)),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        expect(await tokens.verify(text)).toBe(false);
      }),
    );
  });

  it("knows a rotated token at once, even within one tick of the file's clock", async () => {
    await writeFile(file, "first-token\n");
    const running = source();
    expect(await verdicts(running, "first-token", "other-token")).toEqual([true, false]);
    const before = await stat(file);
    await writeFile(`${file}.new`, "other-token\n");
    await utimes(`${file}.new`, before.atime, before.mtime);
    await rename(`${file}.new`, file);
    expect(await verdicts(running, "first-token", "other-token")).toEqual([false, true]);
  });

  it("forgets the token when the file is removed, and finds it when it is back", async () => {
    const running = source();
    const token = await running.rotate();
    await rename(file, `${file}.away`);
    expect(await running.verify(token)).toBe(false);
    await rename(`${file}.away`, file);
    expect(await running.verify(token)).toBe(true);
  });
});

describe("rotate", () => {
  it("writes 32 random bytes as one line that only the owner can read", async () => {
    const token = await createTokenSource({
      file: join(folder, "new", "relay-token"),
      randomBytes: (size) => new Uint8Array(size).fill(0xfb),
    }).rotate();
    expect(token).toBe(`${"-_v7".repeat(10)}-_s`);
    const written = join(folder, "new", "relay-token");
    expect(await readFile(written, "utf8")).toBe(`${token}\n`);
    if (process.platform !== "win32") {
      expect([
        (await stat(written)).mode & 0o777,
        (await stat(join(folder, "new"))).mode & 0o777,
      ]).toEqual([0o600, 0o700]);
    }
  });

  it("ends the old token, in this process and in a running one", async () => {
    const running = source();
    const first = await running.rotate();
    expect(await running.verify(first)).toBe(true);
    const second = await source().rotate();
    expect(await verdicts(running, first, second)).toEqual([false, true]);
    const third = await running.rotate();
    expect(await verdicts(running, second, third)).toEqual([false, true]);
  });

  it("leaves the token of the environment in force", async () => {
    const tokens = source("from-env");
    const written = await tokens.rotate();
    expect(await verdicts(tokens, "from-env", written)).toEqual([true, false]);
  });
});

describe("ensure", () => {
  it("makes a token once", async () => {
    const first = await source().ensure();
    const again = await source().ensure();
    expect(first.token).toMatch(/^[\w-]{43}$/);
    expect([first.created, first.source, again.created, again.token]).toEqual([
      true,
      "file",
      false,
      first.token,
    ]);
  });

  it("writes no file when the environment has the token", async () => {
    const { created, source: from } = await source("from-env").ensure();
    expect({ created, from }).toEqual({ created: false, from: "env" });
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
