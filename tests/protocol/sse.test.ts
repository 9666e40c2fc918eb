import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/protocol/json.ts";
import {
  createFrameReader,
  formatComment,
  formatData,
  formatFrame,
} from "../../src/protocol/sse.ts";
import { cutAt } from "../helpers/cut-randomly.ts";

/** Reads the text in these pieces. */
function readAll(pieces: readonly string[]): { type: string; data: string }[] {
  const reader = createFrameReader();
  const frames = [...pieces.flatMap((piece) => reader.read(piece)), ...reader.end()];
  return frames.map(({ type, data }) => ({ type, data }));
}

/** The plain form: everything through the parser, and only what has a name. */
function parsed(text: string): { type: string; data: string }[] {
  const frames: { type: string; data: string }[] = [];
  const parser = createParser({
    onEvent({ event, data }) {
      if (event === undefined) return;
      frames.push({ type: event === "response.done" ? "response.completed" : event, data });
    },
  });
  parser.feed(text);
  // A stream that ends without its blank line.
  const whole = frames.length;
  parser.feed("\n\n");
  return frames.filter(({ data }, index) => index < whole || parseJson(data) !== undefined);
}

describe("createFrameReader", () => {
  it("takes the upstream's own form out of a text as the parser would", () => {
    const name = fc.constantFrom(
      "response.output_text.delta",
      "response.output_text.done",
      "response.done",
      "x",
      "",
      " x",
    );
    const data = fc.constantFrom('{"a":1}', "", " ", '{"b":"data: "}', "event: x", "[DONE]");
    const piece = fc.oneof(
      fc.tuple(name, data).map(([type, text]) => `event: ${type}\ndata: ${text}\n\n`),
      fc.constantFrom(
        ...["event: x\n", "event:x\ndata:1\n\n", "data: 1\n", "data: 2\n\n", "\n", "\n\n", "\r"],
        ...["\r\n", ": comment\n\n", "id: 7\n", "retry: 5\n", "event", ": ", "data", "\u2028", "ü"],
      ),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (pieces, cuts) => {
          const text = pieces.join("");
          const reader = createFrameReader();
          const parts = cutAt(text, cuts);
          const frames = [...parts.flatMap((part) => reader.read(part)), ...reader.end()];
          expect(frames.map(({ type, data }) => ({ type, data }))).toEqual(parsed(text));
          // What is passed on as it came says what a frame made of its parts would.
          for (const frame of frames) {
            const { type, data } = frame;
            expect(frame.text ?? formatFrame(type, data)).toBe(formatFrame(type, data));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("reads the frames that one piece of text completes", () => {
    const reader = createFrameReader();
    expect(reader.read('event: a\ndata: {"x":1}\n\nevent: b\nda')).toMatchObject([
      { type: "a", data: '{"x":1}' },
    ]);
    expect(reader.read("ta: {}\n\n")).toMatchObject([{ type: "b", data: "{}" }]);
    expect(reader.end()).toEqual([]);
  });

  it.each([
    ["at the beginning", ""],
    ["behind a comment", ": keepalive\n\n"],
    ["behind an event of another form", "event:x\ndata:{}\n\n"],
  ])("keeps the text of an event in the upstream's own form, %s", (_where, before) => {
    const event = formatFrame("response.output_text.delta", '{"delta":"a"}');
    const reader = createFrameReader();
    reader.read(before);
    expect(reader.read(event + event).map(({ text }) => text)).toEqual([event, event]);
  });

  it("keeps it behind an event that came in two pieces", () => {
    const event = formatFrame("response.output_text.delta", '{"delta":"a"}');
    const reader = createFrameReader();
    reader.read(event.slice(0, 50));
    expect(reader.read(event.slice(50) + event).at(-1)?.text).toBe(event);
  });

  it("gives the same frames however the text is cut, with LF, CR or CRLF", () => {
    const frame = fc.record({
      type: fc.stringMatching(/^[a-z.]{1,12}$/),
      data: fc.string({ unit: "binary" }).map((text) => JSON.stringify({ text })),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 5 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat(), { maxLength: 8 }),
        (frames, newline, cuts) => {
          const text = frames
            .map(({ type, data }) => formatFrame(type, data).replaceAll("\n", newline))
            .join("");
          expect(readAll(cutAt(text, cuts))).toEqual(frames);
        },
      ),
    );
  });

  it.each(["\u2028", "\u2029", "\u0085", "\v", "\f"])(
    "does not take %j inside the JSON for the end of a line",
    (character) => {
      const data = `{"delta":"a${character}b"}`;
      expect(readAll([`event: x\ndata: ${data}\n\n`])).toEqual([{ type: "x", data }]);
    },
  );

  it("takes the name from the JSON when the stream has no event lines", () => {
    expect(readAll(['data: {"type":"response.created"}\n\n'])).toEqual([
      { type: "response.created", data: '{"type":"response.created"}' },
    ]);
  });

  it("reads `response.done` as the end that it is", () => {
    const reader = createFrameReader();
    const text = 'data: {"type":"response.done"}\n\nevent: response.done\ndata: {}\n\n';
    expect(reader.read(text).map(({ type }) => type)).toEqual([
      "response.completed",
      "response.completed",
    ]);
  });

  it("passes over comments and over data that names nothing", () => {
    expect(readAll([": keepalive\n\n", "data: [DONE]\n\n"])).toEqual([]);
  });

  it("gives the last frame of a stream that ends without its blank line", () => {
    expect(readAll(['event: response.completed\ndata: {"a":1}\n'])).toEqual([
      { type: "response.completed", data: '{"a":1}' },
    ]);
  });

  it("gives nothing of an event that was cut in the middle", () => {
    expect(readAll(['event: response.completed\ndata: {"type":"response.com'])).toEqual([]);
  });

  it("refuses an event that never ends", () => {
    const reader = createFrameReader();
    const megabyte = "x".repeat(1024 * 1024);
    reader.read("data: ");
    const readForever = (): void => {
      for (let i = 0; i < 65; i += 1) reader.read(megabyte);
    };
    expect(readForever).toThrow("The upstream sent one event of more than 64 MiB.");
  });
});

describe("formatting", () => {
  it("writes an event, a message without a name, and a comment", () => {
    expect(formatFrame("a", "{}") + formatData("[DONE]") + formatComment("keepalive")).toBe(
      "event: a\ndata: {}\n\ndata: [DONE]\n\n: keepalive\n\n",
    );
  });

  it("T50 cannot be split by a line break in the data", () => {
    expect(formatFrame("a", "1\n2")).toBe("event: a\ndata: 1\ndata: 2\n\n");
  });
});
