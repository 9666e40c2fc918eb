/**
 * What bodies cost that are larger than they may be, measured on a relay in a process of its own.
 * Linux alone tells the peak of a span of time.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestHead } from "../helpers/raw-client.ts";
import { createTextWatch } from "../helpers/text-watch.ts";

const root = join(import.meta.dirname, "..", "..");
const token = "a-relay-token-for-the-memory-test";
const mega = 1024 * 1024;
const gigabyte = 1024 * mega;

let home: string;
let child: ChildProcess;
let url: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "airelays-memory-"));
  const env = {
    HOME: home,
    PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
    AIRELAYS_AUTH_STORAGE: "file",
    AIRELAYS_BEARER_TOKEN: token,
    // A body of the usual limit is held whole, as it must be to be read; what is beyond it is not.
    AIRELAYS_MAX_BODY_BYTES: String(2 * mega),
    AIRELAYS_MAX_UPLOAD_BYTES: String(2 * mega),
    AIRELAYS_RATE_LIMIT_BURST: "1000",
  };
  const main = join(root, "src", "main.ts");
  const args = ["--import", "tsx", main, "serve", "--port", "0"];
  child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
  const watch = createTextWatch();
  child.stderr?.setEncoding("utf8").on("data", (text) => watch.add(text));
  [, url = ""] = await watch.until(/Base URL: +(\S+)\/v1\n/);
});
afterAll(async () => {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
  await rm(home, { recursive: true, force: true });
});

async function memoryOf(field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
}

/** The most that the process took while the work was done, above what it had before. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = await memoryOf("VmRSS");
  // Sets the peak back to what is used now (proc(5)).
  await writeFile(`/proc/${child.pid}/clear_refs`, "5");
  await work();
  return (await memoryOf("VmHWM")) - before;
}

const chunk = Buffer.concat([
  Buffer.from(`${mega.toString(16)}\r\n`),
  Buffer.alloc(mega, 0x20),
  Buffer.from("\r\n"),
]);

/** Sends a head and chunks, a gigabyte at most, until the relay closes; gives what it answered. */
function flood(head: string, first = ""): Promise<{ answer: string; sent: number }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = "";
    let sent = 0;
    const socket = connect(Number(port), hostname);
    const pour = (): void => {
      while (sent < gigabyte && socket.writable) {
        sent += mega;
        if (!socket.write(chunk)) return;
      }
      socket.end("0\r\n\r\n");
    };
    socket.on("connect", () => {
      socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
      if (first !== "") socket.write(`${first.length.toString(16)}\r\n${first}\r\n`);
      pour();
    });
    socket.on("drain", pour);
    socket.setEncoding("latin1").on("data", (text) => {
      answer += text;
    });
    // Reset by a relay that does not read the rest.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ answer, sent }));
  });
}

const json = { "content-type": "application/json" };
const form = { "content-type": "multipart/form-data; boundary=x" };
const part = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';

describe.runIf(process.platform === "linux")(
  "T44 a body of a gigabyte",
  { timeout: 60_000 },
  () => {
    it.each([
      ["of JSON", 413, () => flood(requestHead(token, "POST", "/v1/responses", json))],
      ["without the token", 401, () => flood(requestHead("wrong", "POST", "/v1/responses", json))],
      ["that is uploaded", 413, () => flood(requestHead(token, "POST", "/v1/files", form), part)],
    ])("%s costs less than 20 MB, and is answered", async (_, status, send) => {
      // What is loaded with the first request of its kind is no cost of the body.
      const first = await send();
      const answers: string[] = [first.answer];
      const grown = await growth(async () => {
        answers.push((await send()).answer);
      });
      expect(answers.some((answer) => answer.startsWith(`HTTP/1.1 ${status} `))).toBe(true);
      expect(grown / mega).toBeLessThan(20);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    });

    it("T45 that comes as a megabyte of gzip costs no more", async () => {
      const bomb = gzipSync(Buffer.alloc(gigabyte / 2));
      const send = () =>
        fetch(`${url}/v1/responses`, {
          method: "POST",
          body: bomb,
          headers: { ...json, authorization: `Bearer ${token}`, "content-encoding": "gzip" },
        });
      await send();
      const statuses: number[] = [];
      const grown = await growth(async () => {
        statuses.push((await send()).status);
      });
      expect(statuses).toEqual([413]);
      expect(grown / mega).toBeLessThan(20);
    });
  },
);
