import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { makeTempFolder } from "../helpers/temp-folder.ts";

const writer = join(import.meta.dirname, "..", "helpers", "small-files.ts");

/** Runs the writer where no file may be larger than 8 blocks, of 512 or 1024 bytes. */
async function writeOnFullDisk(folder: string): Promise<unknown> {
  const command = 'ulimit -f 8; exec "$0" --import tsx "$1" "$2"';
  const args = ["-c", command, process.execPath, writer, folder];
  const env = { ...process.env, TSX_DISABLE_CACHE: "1", NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)("sh", args, { env });
  return JSON.parse(stdout);
}

it.skipIf(process.platform === "win32")(
  "T34 T35 a disk that fills up takes neither the file that was there nor a half of what comes",
  async () => {
    const folder = await makeTempFolder();
    await writeFile(join(folder, "whole.json"), "as it was");
    await writeFile(join(folder, "lines.jsonl"), '{"n":1}\n');
    expect(await writeOnFullDisk(folder)).toEqual(["EFBIG", "EFBIG"]);
    expect((await readdir(folder)).sort()).toEqual(["lines.jsonl", "whole.json"]);
    expect(await readFile(join(folder, "whole.json"), "utf8")).toBe("as it was");
    expect(await readFile(join(folder, "lines.jsonl"), "utf8")).toBe('{"n":1}\n');
  },
);
