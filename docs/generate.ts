/**
 * Writes the pages that are generated from the source: `npm run docs`. With `--check` it writes
 * nothing and fails, naming the pages that differ.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pages } from "./pages.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isCheck = process.argv.includes("--check");
const differing: string[] = [];
for (const { path, render } of pages) {
  const file = join(root, path);
  const text = render();
  // Git may have checked the page out with CRLF on Windows.
  const present = (await readFile(file, "utf8").catch(() => "")).replaceAll("\r\n", "\n");
  if (present === text) continue;
  if (isCheck) {
    differing.push(path);
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`wrote ${path}`);
  }
}
if (differing.length > 0) {
  console.error(`Out of date: ${differing.join(", ")}. Run: npm run docs`);
  process.exitCode = 1;
}
