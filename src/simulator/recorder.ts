/** The last calls that came in, for a test to read back; secrets never get in here. */
import { createHash } from "node:crypto";
import { type Received, readFields } from "./exchange.ts";
import { parseJson } from "./json.ts";

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON of a backend call; of a login call only the names of the fields. */
  readonly body: unknown;
  /** The client left before the answer was over. */
  aborted: boolean;
  /** The answer was written to its end. */
  finished: boolean;
}

export interface Recorder {
  /** Keeps the call; its two outcomes are set by the caller later. */
  add(received: Received): RecordedCall;
  /** Newest last. */
  list(): readonly RecordedCall[];
  clear(): void;
}

const kept = 200;
const largestBody = 1_000_000;

export function createRecorder(): Recorder {
  let calls: RecordedCall[] = [];
  return {
    add(received) {
      const call: RecordedCall = {
        method: received.method,
        path: received.url.pathname + received.url.search,
        headers: describeHeaders(received),
        body: describeBody(received),
        aborted: false,
        finished: false,
      };
      calls.push(call);
      if (calls.length > kept) calls.shift();
      return call;
    },
    list: () => calls,
    clear() {
      calls = [];
    },
  };
}

function describeHeaders({ headers }: Received): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(", ") : (value ?? "");
      return [name, name === "authorization" ? redact(text) : text];
    }),
  );
}

/** Enough to tell two tokens apart, and nothing to use. */
function redact(authorization: string): string {
  const [scheme = "", ...rest] = authorization.split(" ");
  const hash = createHash("sha256").update(rest.join(" ")).digest("hex");
  return rest.length === 0 ? "(redacted)" : `${scheme} sha256:${hash.slice(0, 12)}`;
}

function describeBody(received: Received): unknown {
  if (received.body === "") return null;
  if (!received.url.pathname.startsWith("/backend-api/")) {
    return [...(readFields(received)?.keys() ?? [])];
  }
  if (received.body.length > largestBody) return { omitted: `${received.body.length} characters` };
  return parseJson(received.body) ?? null;
}
