import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRunFiles, removeRunFile, writeRunFile } from "../src/run-files.ts";
import { makeTempFolder } from "./helpers/temp-folder.ts";

const older = {
  instance: "a1",
  pid: 41,
  url: "http://127.0.0.1:1",
  startedAt: 1,
  version: "1.0.0",
};
const start = { by: "service", options: ["--port=1"], folder: "/", environment: ["X"] } as const;
const newer = {
  hostName: "here",
  drainSeconds: 10,
  start,
  ...older,
  instance: "b2",
  startedAt: 2,
  ollamaUrl: "http://127.0.0.1:2",
};

describe("the run files of a data folder", () => {
  it("tell every relay that serves it, the newest first, until it is gone", async () => {
    const dataDir = await makeTempFolder();
    expect(await readRunFiles(dataDir)).toEqual([]);
    await writeRunFile(dataDir, older);
    await writeRunFile(dataDir, newer);
    expect(await readRunFiles(dataDir)).toEqual([newer, older]);
    await removeRunFile(dataDir, "b2");
    await removeRunFile(dataDir, "b2");
    expect(await readRunFiles(dataDir)).toEqual([older]);
    expect(await readdir(join(dataDir, "run"))).toEqual(["a1.json"]);
  });

  it("tell of the others when one cannot be read", async () => {
    const dataDir = await makeTempFolder();
    await writeRunFile(dataDir, older);
    // Left by a relay that root ran, say. Root can read every file, so a folder stands in for it.
    await mkdir(join(dataDir, "run", "b2.json"));
    expect(await readRunFiles(dataDir)).toEqual([older]);
  });

  it("tell nothing of what no relay wrote", async () => {
    const dataDir = await makeTempFolder();
    const folder = join(dataDir, "run");
    await mkdir(folder);
    const texts = [
      "",
      "{",
      "[]",
      JSON.stringify({ ...older, pid: 0 }),
      JSON.stringify({ ...older, pid: "1" }),
      JSON.stringify({ ...older, instance: "../x" }),
      JSON.stringify({ ...older, url: undefined }),
    ];
    await Promise.all(texts.map((text, index) => writeFile(join(folder, `${index}.json`), text)));
    await writeFile(join(folder, "c3.json.12.unfinished"), JSON.stringify(older));
    expect(await readRunFiles(dataDir)).toEqual([]);
  });
});
