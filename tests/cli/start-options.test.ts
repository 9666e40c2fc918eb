import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { fromStartOptions, toStartOptions } from "../../src/cli/start-options.ts";

const token = resolve("/etc/token");
const here = resolve("/home/me");

const args = {
  _: ["serve"],
  $0: "airelays",
  config: "~/my.toml",
  "data-dir": "data",
  dataDir: "data",
  host: "::1",
  "no-auth": true,
  "bearer-token-file": token,
  ollama: "",
  detach: true,
  "started-by": "background",
};

it("are the words that give the same options in any folder, without those of this start", () => {
  expect(toStartOptions(args, here)).toEqual([
    "--config=~/my.toml",
    `--data-dir=${join(here, "data")}`,
    "--host=::1",
    "--no-auth",
    `--bearer-token-file=${token}`,
    "--ollama",
  ]);
});

it("are read back as the parser would", () => {
  expect(fromStartOptions(toStartOptions(args, here))).toEqual({
    config: "~/my.toml",
    "data-dir": join(here, "data"),
    host: "::1",
    "no-auth": true,
    "bearer-token-file": token,
    ollama: "",
  });
  expect(fromStartOptions(["--config=a=b\nc"])).toEqual({ config: "a=b\nc" });
});
