import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secretFileProblem, tokenProblem } from "../../src/access/token-fitness.ts";
import { isForeign } from "../../src/storage/atomic-file.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

describe("a relay token", () => {
  it.each([
    "sk-1234",
    "sk-123456",
    "sk-dummy",
    "sk-xxxx",
    "sk-no-key-required",
    "sk-litellm-master-key",
    "sk-your-api-key-here",
    "your-api-key",
    "your-api-key-1",
    "YOUR_OPENAI_API_KEY",
    "your-secret-token-here",
    "<your-relay-token>",
    "changeme",
    "change-me-in-production",
    "please-change-this-token",
    "replace-with-your-key",
    "my-super-secret-key",
    "super-secret-token",
    "token-abc123",
    "pwd",
    "123456",
    "0123456789abcdef",
    "1234567890123456",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "abababababababababababab",
    "password",
    "secret",
    "lm-studio",
    "ollama",
    "EMPTY",
    "not-needed",
    "dummy",
    "hunter2-hunter2",
    "fünfzehn-bytes",
    "",
  ])("T24 is not %j", (token) => {
    expect(tokenProblem(token)).toMatch(/^(has \d+ bytes|is a sample|repeats)/);
  });

  it.each(["Zm9vYmFyYmF6cXV4cXV1eA", "a-token-of-my-own", "sechzehn bytes !"])(
    "may be %j",
    (token) => {
      expect(tokenProblem(token)).toBeUndefined();
    },
  );
});

describe("the file of a relay token", () => {
  const reader = { platform: "linux", userId: 1000 } as const;

  async function makeFile(mode = 0o600): Promise<string> {
    const file = join(await makeTempFolder(), "relay-token");
    await writeFile(file, "x");
    await chmod(file, mode);
    return file;
  }

  it("may be missing, or its owner's alone", async () => {
    const file = await makeFile();
    expect(secretFileProblem(`${file}.none`, reader)).toBeUndefined();
    expect(secretFileProblem(file, { ...reader, userId: process.getuid?.() })).toBeUndefined();
  });

  it.runIf(process.platform !== "win32").each([0o644, 0o640, 0o604, 0o660, 0o606])(
    "T36 is not readable or writable by others: mode %o",
    async (mode) => {
      const file = await makeFile(mode);
      const userId = process.getuid?.();
      expect(secretFileProblem(file, { ...reader, userId })).toContain(`chmod 600 '${file}'`);
      expect(secretFileProblem(file, { ...reader, platform: "win32" })).toBeUndefined();
    },
  );

  it("T36 is no symbolic link, wherever it points", async () => {
    const file = await makeFile();
    await symlink(file, `${file}.link`);
    expect(secretFileProblem(`${file}.link`, reader)).toContain("is a symbolic link");
  });

  it.each([
    [1001, 1000, true],
    [1000, 1000, false],
    [0, 1000, false],
    [1001, 0, false],
    [1001, undefined, false],
  ])("T36 of the user %i, read by %s, is foreign: %s", (owner, userId, expected) => {
    expect(isForeign(owner, userId)).toBe(expected);
  });
});
