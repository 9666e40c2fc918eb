/**
 * Text of an event stream to frames, and frames back to text. Splits on CR and LF only (WHATWG),
 * so U+2028 inside the JSON does not cut an event.
 */
import { createParser, type EventSourceParser } from "eventsource-parser";
import { RelayError } from "../errors.ts";
import { Frame, type FrameBatch, typeNamed } from "./frame.ts";
import { asString, isJsonObject, parseJson } from "./json.ts";

/** One event may hold a whole answer with images in it; past this the upstream is broken. */
const maxEventLength = 64 * 1024 * 1024;

export interface FrameReader {
  /** The frames that this text completes. Throws RelayError when an event outgrows its bound. */
  read(text: string): FrameBatch;
  /** The frame that a stream without a closing blank line still holds. */
  end(): FrameBatch;
}

export function createFrameReader(): FrameReader {
  return new EventReader();
}

const eventField = "event: ";
const dataField = "\ndata: ";

/**
 * Takes whole events of the form that the upstream writes out of a text by itself, as the parser would
 * do it (`tests/protocol/sse.test.ts` proves it); everything else is the parser's. An event costs
 * half of what it costs there, 0.1 us, and a passed-on one keeps its text.
 */
class EventReader implements FrameReader {
  #batch: Frame[] = [];
  /** The parser holds nothing of an event that is not whole yet. */
  #isBetween = true;
  /** A CR was seen: lines may end otherwise than with LF. */
  #hasReturns = false;
  #parser: EventSourceParser | undefined;
  #overflow = false;
  /** How the last event began: nearly always as the next one does. At first as none does. */
  #head = "\r";
  #type = "";
  /** The event's own name is the type that it stands for. */
  #isNamedSo = true;

  read(text: string): FrameBatch {
    this.#batch = [];
    this.#hasReturns ||= text.includes("\r");
    if (this.#hasReturns) this.#parse(text);
    else {
      const start = this.#isBetween ? 0 : this.#finishOpen(text);
      const rest = this.#isBetween ? this.#readPlain(text, start) : text.length;
      if (rest < text.length) {
        this.#parse(text.slice(rest));
        this.#isBetween = text.endsWith("\n\n");
      }
    }
    return this.#batch;
  }

  end(): FrameBatch {
    this.#batch = [];
    if (this.#isBetween && !this.#hasReturns) return this.#batch;
    // The parser drops an unfinished event at the end of the text, as the standard says. Some
    // servers leave the last blank line out, and that event is the one that counts.
    // One that was cut in the middle is no event.
    this.#parse("\n\n");
    return this.#batch.filter(({ data }) => parseJson(data) !== undefined);
  }

  /** Gives the parser what belongs to the event that it has the beginning of; where that ends. */
  #finishOpen(text: string): number {
    const blank = text.indexOf("\n\n");
    const end = blank === -1 ? text.length : blank + 2;
    this.#parse(text.slice(0, end));
    this.#isBetween = blank !== -1;
    return end;
  }

  /** Where the first event begins that is not whole, or not of the upstream's form. */
  #readPlain(text: string, start: number): number {
    let at = start;
    for (;;) {
      // Not `startsWith`, which compares letter by letter and takes three times as long.
      let begin = at + this.#head.length;
      if (text.slice(at, begin) !== this.#head) {
        if (!this.#readHead(text, at)) return at;
        begin = at + this.#head.length;
      }
      const end = text.indexOf("\n", begin);
      if (end === -1 || text.charCodeAt(end + 1) !== 10) return at;
      const whole = this.#isNamedSo ? text.slice(at, end + 2) : undefined;
      this.#batch.push(new Frame(this.#type, text.slice(begin, end), whole));
      at = end + 2;
      if (at === text.length) return at;
    }
  }

  #readHead(text: string, at: number): boolean {
    const begin = at + eventField.length;
    const end = text.indexOf("\n", begin);
    if (end <= begin || !text.startsWith(eventField, at)) return false;
    if (!text.startsWith(dataField, end)) return false;
    const name = text.slice(begin, end);
    this.#type = typeNamed(name);
    this.#isNamedSo = this.#type === name;
    this.#head = `${eventField}${name}${dataField}`;
    return true;
  }

  #parse(text: string): void {
    this.#parser ??= this.#createParser();
    this.#parser.feed(text);
    if (this.#overflow) {
      throw new RelayError("upstream_failed", "The upstream sent one event of more than 64 MiB.");
    }
  }

  #createParser(): EventSourceParser {
    return createParser({
      maxBufferSize: maxEventLength,
      onEvent: ({ event, data }) => {
        const name = event ?? nameInside(data);
        if (name !== undefined) this.#batch.push(new Frame(typeNamed(name), data));
      },
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") this.#overflow = true;
      },
    });
  }
}

/** The upstream names every event; a data-only stream carries the name inside the JSON. */
function nameInside(data: string): string | undefined {
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
