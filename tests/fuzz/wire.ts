/** Sends one request as it is, byte by byte, and reads its answer. */
import { connect } from "node:net";

export interface WireAnswer {
  /** 0 when the connection closed without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Longer than any limit of the relay under test; reached by a hang only. */
const hangMs = 15_000;

/** Resolves with the first answer, whole; rejects when it hangs. */
export function sendOnWire(port: number, bytes: Buffer, method: string): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const parts: Buffer[] = [];
    const settle = (answer: WireAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      socket.destroy();
      const got = JSON.stringify(Buffer.concat(parts).toString("latin1").slice(0, 500));
      reject(new Error(`No whole answer came. So far: ${got}`));
    }, hangMs);
    socket.on("data", (part) => {
      parts.push(part);
      const answer = parse(Buffer.concat(parts).toString("latin1"), method);
      if (answer !== undefined) settle(answer);
    });
    // The relay may close while we still send.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const text = Buffer.concat(parts).toString("latin1");
      settle(parse(text, method) ?? { status: 0, head: text, body: "" });
    });
  });
}

/** Runs the work on every item, so many at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as Item, at);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** The answer in the text, if it is all there. */
function parse(text: string, method: string): WireAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const rest = text.slice(end + 4);
  if (status === 100) return parse(rest, method);
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  if (method === "HEAD" || status === 101 || status === 204) return { status, head, body: "" };
  if (length !== undefined) {
    const body = Buffer.from(rest.slice(0, Number(length)), "latin1").toString("utf8");
    return rest.length < Number(length) ? undefined : { status, head, body };
  }
  const isWhole = rest.startsWith("0\r\n\r\n") || rest.includes("\r\n0\r\n\r\n");
  return isWhole ? { status, head, body: rest } : undefined;
}
