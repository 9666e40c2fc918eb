/**
 * Text of an event stream to frames, and frames back to text. Splits on CR and LF only (WHATWG),
 * so U+2028 inside the JSON does not cut an event.
 */
import { createParser } from "eventsource-parser";
import { RelayError } from "../errors.ts";
import { Frame, type FrameBatch } from "./frame.ts";
import { asString, isJsonObject, parseJson } from "./json.ts";

/** One event may hold a whole answer with images in it; past this the upstream is broken. */
const maxEventLength = 64 * 1024 * 1024;

/** Some streams end under another name (dialects.md d0); it means the same. */
const renamed: ReadonlyMap<string, string> = new Map([["response.done", "response.completed"]]);

export interface FrameReader {
  /** The frames that this text completes. Throws RelayError when an event outgrows its bound. */
  read(text: string): FrameBatch;
  /** The frame that a stream without a closing blank line still holds. */
  end(): FrameBatch;
}

export function createFrameReader(): FrameReader {
  let batch: Frame[] = [];
  let overflow = false;
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent({ event, data }) {
      const type = event ?? typeInside(data);
      if (type !== undefined) batch.push(new Frame(renamed.get(type) ?? type, data));
    },
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") overflow = true;
    },
  });
  const read = (text: string): FrameBatch => {
    batch = [];
    parser.feed(text);
    if (overflow) {
      throw new RelayError("upstream_failed", "The upstream sent one event of more than 64 MiB.");
    }
    return batch;
  };
  return {
    read,
    // The parser drops an unfinished event at the end of the text, as the standard says. Some
    // servers leave the last blank line out, and that event is the one that counts.
    // One that was cut in the middle is no event.
    end: () => read("\n\n").filter(({ data }) => parseJson(data) !== undefined),
  };
}

/** The upstream names every event; a data-only stream carries the name inside the JSON. */
function typeInside(data: string): string | undefined {
  const body = parseJson(data);
  return isJsonObject(body) ? asString(body["type"]) : undefined;
}

/** `event:` and `data:` lines and the blank line that ends them. */
export function formatFrame(type: string, data: string): string {
  return `event: ${type}\ndata: ${dataLines(data)}\n\n`;
}

/** A message without a name, as chat completions sends them. */
export function formatData(data: string): string {
  return `data: ${dataLines(data)}\n\n`;
}

/** A comment: says that the connection lives; clients skip it. */
export function formatComment(text: string): string {
  return `: ${text}\n\n`;
}

function dataLines(data: string): string {
  return data.includes("\n") ? data.replaceAll("\n", "\ndata: ") : data;
}
