import { expect, it } from "vitest";
import { fromStartOptions, toStartOptions } from "../../src/cli/start-options.ts";

const args = {
  _: ["serve"],
  $0: "airelays",
  config: "~/my.toml",
  "data-dir": "data",
  dataDir: "data",
  host: "::1",
  "no-auth": true,
  "bearer-token-file": "/etc/token",
  ollama: "",
  detach: true,
  "started-by": "background",
};

it("are the words that give the same options in any folder, without those of this start", () => {
  expect(toStartOptions(args, "/home/me")).toEqual([
    "--config=~/my.toml",
    "--data-dir=/home/me/data",
    "--host=::1",
    "--no-auth",
    "--bearer-token-file=/etc/token",
    "--ollama",
  ]);
});

it("are read back as the parser would", () => {
  expect(fromStartOptions(toStartOptions(args, "/home/me"))).toEqual({
    config: "~/my.toml",
    "data-dir": "/home/me/data",
    host: "::1",
    "no-auth": true,
    "bearer-token-file": "/etc/token",
    ollama: "",
  });
  expect(fromStartOptions(["--config=a=b\nc"])).toEqual({ config: "a=b\nc" });
});
