import { defineConfig } from "tsup";

// One entry, split into a chunk per lazily imported command, so that `--version` loads no server.
// Dependencies stay outside the bundle: package.json shows what is used.
export default defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  target: "node20",
  platform: "node",
  splitting: true,
  clean: true,
  sourcemap: false,
  dts: false,
  external: ["keytar"],
});
