/**
 * Run in a process of its own, in which no file may grow beyond some kilobytes: what a disk that
 * fills up does, a part is written and then no more. Writes into the folder it is given, and tells
 * how the writes ended.
 */
import { join } from "node:path";
import { writePrivateFile } from "../../src/storage/atomic-file.ts";
import { appendToJournal } from "../../src/storage/journal.ts";

// Left alone, the signal ends the process before the write can fail.
process.on("SIGXFSZ", () => undefined);

const [folder = ""] = process.argv.slice(2);
const large = "x".repeat(100_000);
const endings = await Promise.allSettled([
  writePrivateFile(join(folder, "whole.json"), large),
  appendToJournal(join(folder, "lines.jsonl"), { large }),
]);
process.stdout.write(
  JSON.stringify(endings.map((each) => (each.status === "rejected" ? each.reason.code : "kept"))),
);
