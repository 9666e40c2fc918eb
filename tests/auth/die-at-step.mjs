// Loaded before the program (`--import`): counts the steps that change what a sign-in is on disk, in
// the keyring and at the login server. Kills the process before the step that DIE_AT_STEP names; in
// the middle of it when it is a write. Without that name it leaves the steps in the file of STEPS_TO.
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const dieAt = Number(process.env.DIE_AT_STEP ?? 0);
const steps = [];

function step(name, half = () => {}) {
  steps.push(name);
  if (steps.length !== dieAt) return;
  half();
  process.kill(process.pid, "SIGKILL");
}

/** Puts `before` in front of every call of a function. */
function wrap(target, name, before) {
  const real = target[name];
  target[name] = (...args) => {
    before(...args);
    return real.apply(target, args);
  };
}

/** Half of the text, as a write leaves it that is cut short. */
function writeHalf(fd, text) {
  fs.writeSync(fd, String(text).slice(0, String(text).length / 2));
}

// The packages call these, and our own code the promises below. Reading is no step.
for (const name of ["mkdir", "rename", "rmdir"]) wrap(fs, name, () => step(name));
wrap(fs, "open", (_path, flags) => flags === "w" && step("open"));
wrap(fs, "write", (fd, text) => step("write", () => writeHalf(fd, text)));
for (const name of ["rename", "rm"]) wrap(fs.promises, name, () => step(name));
const realOpen = fs.promises.open;
fs.promises.open = async (path, flags, mode) => {
  const isWriting = flags === "w" || flags === "wx";
  if (isWriting) step("open");
  const file = await realOpen(path, flags, mode);
  if (isWriting) {
    wrap(file, "writeFile", (text) => step("write", () => writeHalf(file.fd, text)));
  }
  return file;
};
// A call of the keyring is a process of its own.
wrap(childProcess, "spawn", () => step("spawn"));
const realFetch = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const answer = await realFetch(...args);
  // From here on the login server holds the old refresh token, or the code, to be spent.
  if (String(args[0]).endsWith("/oauth/token")) step("answer");
  return answer;
};
syncBuiltinESMExports();

if (process.env.STEPS_TO !== undefined) {
  process.on("exit", () => fs.writeFileSync(process.env.STEPS_TO, JSON.stringify(steps)));
}
