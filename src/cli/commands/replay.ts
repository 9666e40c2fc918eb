/** `airelays replay <request-id>`: sends what a client sent once more, and prints the answer as it comes. */
import { isRelayError, RelayError } from "../../errors.ts";
import { isJsonObject, parseJson } from "../../protocol/json.ts";
import { withoutControls } from "../../transit/redact.ts";
import { createHttpClient, type HttpAnswer } from "../../upstreams/http.ts";
import { type CommandContext, has, loadFor, note, type Run } from "../context.ts";
import type { CliIO } from "../io.ts";
import { formatJson, printable } from "../render.ts";
import { runningRelay } from "../running-relay.ts";
import {
  createAnswerReader,
  failureIn,
  textOfAnswer,
  textOfEvent,
} from "../transits/answer-stream.ts";
import { findRecords, requestIdOf } from "../transits/find.ts";
import { type RecordedRequest, toRecordedRequest } from "../transits/recorded-request.ts";

const connectMs = 5_000;
/** The relay has the limit of silence, and says which; this one is for a relay that hangs. */
const graceMs = 60_000;
const largestAnswer = 64 * 1024 * 1024;

export const replay: Run = async (context) => {
  const { args, io, runtime } = context;
  const id = requestIdOf(args);
  const loaded = await loadFor(context);
  const { paths, upstream } = loaded.config;
  const request = toRecordedRequest(await findRecords(paths.logsDir, id));
  const relay = await runningRelay(loaded, runtime);
  note(io, `This asks the model once more, which spends a little of the plan.${onSocket(request)}`);
  const http = await createHttpClient({
    connectTimeoutMs: connectMs,
    silenceTimeoutMs: upstream.requestTimeoutSeconds * 1_000 + graceMs,
  });
  const signal = io.stopSignal();
  try {
    const answer = await http.send({
      method: "POST",
      url: relay.url + request.path,
      headers: {
        ...request.headers,
        ...relay.headers,
        "content-type": "application/json",
        "user-agent": runtime.userAgent,
      },
      body: JSON.stringify(request.body),
      signal,
    });
    await show(context, answer);
  } catch (error) {
    if (signal.aborted) throw new RelayError("cancelled", "Stopped; the answer is not whole.");
    throw ofRelay(error, relay.url);
  } finally {
    await http.close();
  }
};

function onSocket({ wasOnSocket }: RecordedRequest): string {
  return wasOnSocket ? " It came on a WebSocket, and goes as a POST." : "";
}

async function show({ args, io }: CommandContext, answer: HttpAnswer): Promise<void> {
  const type = answer.header("content-type") ?? "";
  const newId = answer.header("x-request-id");
  const isJson = has(args, "json");
  if (answer.status >= 400 || type.includes("application/json")) {
    await showWhole(io, answer, isJson);
  } else {
    await showStream(io, answer, isJson);
  }
  // The two requests can be laid side by side.
  if (newId !== undefined && !isJson)
    io.stderr(`\n${io.stderrColors.dim(`id: ${printable(newId)}`)}\n`);
}

async function showWhole(io: CliIO, answer: HttpAnswer, isJson: boolean): Promise<void> {
  const text = await answer.wholeText(largestAnswer);
  const body = parseJson(text);
  const failure = isJsonObject(body) ? failureIn(body) : undefined;
  if (isJson && isJsonObject(body)) io.stdout(formatJson(body));
  if (answer.status >= 400 || failure !== undefined) {
    const reason = failure ?? text.slice(0, 200);
    throw new RelayError("request_failed", `The relay answered ${answer.status}: ${reason}`);
  }
  if (isJson) return;
  const shown = isJsonObject(body) ? textOfAnswer(body) : "";
  if (shown === "") note(io, "The answer has no text, calls of tools perhaps. --json shows it.");
  else io.stdout(`${printable(shown)}\n`);
}

async function showStream(io: CliIO, answer: HttpAnswer, isJson: boolean): Promise<void> {
  const reader = createAnswerReader();
  let hasText = false;
  let failure: string | undefined;
  const take = (events: ReturnType<typeof reader.read>): void => {
    for (const event of events) {
      failure ??= failureIn(event);
      const text = isJson
        ? `${withoutControls(JSON.stringify(event))}\n`
        : printable(textOfEvent(event));
      hasText ||= text !== "";
      if (text !== "") io.stdout(text);
    }
  };
  // Its reader has an end too: what a last line without its break holds.
  const events = { read: reader.read, end: reader.rest };
  for await (const some of answer.pieces(events)) take(some);
  if (!isJson && hasText) io.stdout("\n");
  if (failure !== undefined) {
    throw new RelayError("request_failed", `The answer failed: ${failure}`);
  }
  if (!reader.isWhole) throw new RelayError("request_failed", "The answer broke off.");
  if (!hasText) note(io, "The answer has no text, calls of tools perhaps. --json shows it.");
}

/** The client speaks of an upstream; here that is the relay. */
function ofRelay(error: unknown, url: string): unknown {
  if (!isRelayError(error) || !error.code.startsWith("upstream_")) return error;
  const what =
    error.code === "upstream_unreachable"
      ? `No relay answers at \`${url}\`. Run: airelays serve`
      : "The relay broke the answer off, or was silent for too long.";
  const code = error.code === "upstream_unreachable" ? "relay_unreachable" : "request_failed";
  return new RelayError(code, what, { cause: error });
}
