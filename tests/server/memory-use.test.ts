/**
 * What bodies cost that are larger than they may be, measured on a relay in a process of its own.
 * Linux alone tells the peak of a span of time.
 */
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestHead } from "../helpers/raw-client.ts";
import { type SourceRelay, startSourceRelay } from "../helpers/source-relay.ts";

const mega = 1024 * 1024;
const gigabyte = 1024 * mega;

let relay: SourceRelay;
let url: string;
let token: string;
beforeAll(async () => {
  relay = await startSourceRelay({
    // A body of the usual limit is held whole, as it must be to be read; what is beyond it is not.
    AIRELAYS_MAX_BODY_BYTES: String(2 * mega),
    AIRELAYS_MAX_UPLOAD_BYTES: String(2 * mega),
    AIRELAYS_RATE_LIMIT_BURST: "1000",
  });
  ({ url, token } = relay);
});
afterAll(() => relay.remove());

async function memoryOf(field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${relay.child.pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
}

/** The most that the process took while the work was done, above what it had before. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = await memoryOf("VmRSS");
  // Sets the peak back to what is used now (proc(5)).
  await writeFile(`/proc/${relay.child.pid}/clear_refs`, "5");
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
    ])("%s costs less than 20 MB", async (_, status, send) => {
      // What is loaded with the first request of its kind is no cost of the body.
      const first = await send();
      const answers: string[] = [first.answer];
      const grown = await growth(async () => {
        answers.push((await send()).answer);
      });
      // The reset of a connection on which much is under way may overtake the answer.
      for (const answer of answers.filter((each) => each !== "")) {
        expect(answer.slice(0, 13)).toBe(`HTTP/1.1 ${status} `);
      }
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
