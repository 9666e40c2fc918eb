/**
 * Runs real clients against `airelays demo` and prints a table. Each client is installed, in the
 * version that it is pinned to, into a temporary folder. Build first: `npm run build`.
 */
import { spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;
const program = join(here, "..", "..", "dist", "main.js");

const clients = {
  "ai-sdk": async (folder, env) => {
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
    return run(process.execPath, ["run.mjs"], { cwd: folder, env });
  },
  "claude-code": (folder, env) => run("bash", ["run.sh"], { cwd: folder, env }),
  codex: (folder, env) => run("bash", ["run.sh"], { cwd: folder, env }),
  continue: (folder, env) => run("bash", ["run.sh"], { cwd: folder, env }),
  langchain: async (folder, env) => {
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
    return run(process.execPath, [program, "run", process.execPath, "run.mjs"], {
      cwd: folder,
      env,
    });
  },
  opencode: (folder, env) => run("bash", ["run.sh"], { cwd: folder, env }),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in clients));
if (unknown.length > 0) {
  throw new Error(`No such client: ${unknown.join(", ")}. There are: ${Object.keys(clients)}.`);
}

const rows = [];
const demo = await startDemo();
try {
  for (const [name, check] of Object.entries(clients)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    rows.push(...(await checkClient(name, check, demo.env)));
  }
} finally {
  await demo.stop();
}
printTable(rows);
process.exitCode = rows.length > 0 && rows.every(({ result }) => result === "PASS") ? 0 : 1;

/** The rows of one client, run in a copy of its folder. */
async function checkClient(name, check, env) {
  const folder = await mkdtemp(join(tmpdir(), `airelays-client-${name}-`));
  try {
    await cp(join(here, name), folder, { recursive: true });
    const { stdout, code } = await check(folder, { ...process.env, ...env });
    const lines = [...stdout.matchAll(/^(PASS|FAIL) (.*)$/gm)];
    const found = lines.map(([, result, text]) => ({ client: name, result, check: text }));
    if (found.length > 0 && (code === 0 || found.some(({ result }) => result === "FAIL"))) {
      return found;
    }
    return [...found, { client: name, result: "FAIL", check: `ended with ${code}` }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The relay on its stand-in, with what it prints for a shell as an environment. */
function startDemo() {
  const child = spawn(process.execPath, [program, "demo", "--port", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let printed = "";
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    told += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    void ended.then(() => reject(new Error(`The demo ended early:\n${told}`)));
    child.stdout.setEncoding("utf8").on("data", (text) => {
      printed += text;
      const names = [...printed.matchAll(/^export (\w+)=(\S+)\n/gm)];
      if (names.length < 2) return;
      resolve({
        env: connectEnv(Object.fromEntries(names.map(([, name, value]) => [name, value]))),
        async stop() {
          child.kill("SIGINT");
          await ended;
        },
      });
    });
  });
}

/** What `airelays connect` and `airelays run` need to find the demo, and the token beside it. */
function connectEnv(env) {
  return {
    ...env,
    AIRELAYS: program,
    AIRELAYS_PORT: new URL(env.OPENAI_BASE_URL).port,
    AIRELAYS_BEARER_TOKEN: env.OPENAI_API_KEY,
  };
}

/** Runs a program to its end; what it says beside its output goes to ours. */
function run(command, argv, options) {
  const child = spawn(command, argv, { ...options, stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ stdout, code }));
  });
}

function printTable(table) {
  const width = Math.max(...table.map(({ client }) => client.length));
  for (const { client, result, check } of table) {
    process.stdout.write(`${result}  ${client.padEnd(width)}  ${check}\n`);
  }
}
