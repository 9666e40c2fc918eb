#!/usr/bin/env node
// `airelays` as the snippets of the documents call it. What would wait for a person does not: a
// sign-in is confirmed at the stand-in, and what serves until Ctrl-C gets one. Ports are free ones.
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";

const { SNIPPETS_MAIN: main = "", SNIPPETS_ISSUER: issuer = "" } = process.env;
const argv = process.argv.slice(2);
const [command, ...rest] = argv;
/** It takes a new person from nothing to serving: a home of its own, where nothing is done yet. */
const isNew = command === "start" && !rest.includes("--detach");
const serves = ["serve", "demo", "start"].includes(command);

function adapted() {
  if (command === "login")
    return [command, "--device", ...rest.filter((each) => each !== "--device")];
  if (!serves) return argv;
  const kept = rest.flatMap((each, at) => {
    const before = rest[at - 1];
    if (each === "--port" || before === "--port") return [];
    if (before === "--ollama" && !each.startsWith("-")) return [];
    return each === "--ollama" ? ["--ollama", "127.0.0.1:0"] : [each];
  });
  return [command, ...kept, "--port", "0", ...(isNew ? ["--device"] : [])];
}

function surroundings() {
  if (!isNew) return process.env;
  const { AIRELAYS_BEARER_TOKEN: _, HOME: home = "", ...env } = process.env;
  const fresh = mkdtempSync(join(home, "new-"));
  return { ...env, HOME: fresh, USERPROFILE: fresh };
}

const child = spawn(process.execPath, [main, ...adapted()], {
  env: surroundings(),
  stdio: ["ignore", "pipe", "pipe"],
});
let printed = "";
let isApproved = false;
let isStopped = false;
for (const name of ["stdout", "stderr"]) {
  child[name].setEncoding("utf8").on("data", (text) => {
    process[name].write(text);
    printed += text;
    void react();
  });
}

async function react() {
  const [, code] = /^ {2}([A-Z2-9]{4}-[A-Z2-9]{5})$/m.exec(printed) ?? [];
  if ((command === "login" || isNew) && code !== undefined && !isApproved) {
    isApproved = true;
    await fetch(`${issuer}/codex/device`, {
      method: "POST",
      body: new URLSearchParams({ user_code: code }),
    });
  }
  if (serves && printed.includes("Ctrl-C stops") && !isStopped) {
    isStopped = true;
    child.kill("SIGINT");
  }
}

child.on("close", (code) => {
  process.exitCode = code ?? 1;
});
