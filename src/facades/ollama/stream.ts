/**
 * Events to lines of JSON. What is around a text is serialised once a stream, and the delta is
 * spliced in as the literal that came from the upstream; a test holds it equal to the plain form.
 * A call leaves in one piece, because its arguments are an object.
 */
import type { ItemEvent } from "../../protocol/events.ts";
import { deltaLiteral } from "../delta-literal.ts";
import type { Encoder, Stamp } from "../facade.ts";
import { Speech } from "../speech.ts";
import { identity, type Place, type Said, thoughtGap, toEnding } from "./answer.ts";
import { ollamaErrorBody } from "./error.ts";
import type { OllamaOptions } from "./settings.ts";
import { toToolCall } from "./tools.ts";

export function createLineEncoder(place: Place, options: OllamaOptions, stamp: Stamp): Encoder {
  const base = identity(options, stamp);
  const line = (said: Said): string => toLine({ ...base, ...place(said), done: false });
  const [head = "", tail = ""] = line({ text: "\u0000" }).split(JSON.stringify("\u0000"));
  const speech = new Speech();
  const thoughts = new Speech();
  let calls = 0;
  /** The part of a summary that was told last. */
  let thought: string | undefined;

  const say = (text: string): string => (text === "" ? "" : line({ text }));

  const think = (part: string, text: string): string => {
    if (text === "") return "";
    const gap = thought === undefined || thought === part ? "" : thoughtGap;
    thought = part;
    return line({ text: "", thinking: gap + text });
  };

  const begin = ({ item }: ItemEvent): string => {
    if (item.type === "reasoning") return thoughts.open();
    return item.type === "message" ? speech.open() : "";
  };

  const finish = ({ item, output_index: index }: ItemEvent): string => {
    switch (item.type) {
      case "message":
        return say(
          speech
            .unsaid(item.content)
            .map(({ text, refusal }) => text ?? refusal ?? "")
            .join(""),
        );
      case "reasoning":
        return thoughts
          .unsaid(item.summary)
          .map(({ text }, part) => think(`${index}.${part}`, text))
          .join("");
      case "function_call": {
        const call = toToolCall(item, calls);
        calls += 1;
        return line({ text: "", calls: [call] });
      }
      default:
        return "";
    }
  };

  return {
    write(frame) {
      if (frame.type === "response.output_text.delta") {
        speech.say();
        const literal = deltaLiteral(frame.data);
        if (literal !== undefined) return head + literal + tail;
      }
      if (!read.has(frame.type)) return "";
      const { event } = frame;
      switch (event.type) {
        case "response.output_text.delta":
        case "response.refusal.delta":
          speech.say();
          return say(event.delta);
        case "response.reasoning_summary_text.delta":
          thoughts.say();
          return think(`${event.output_index}.${event.summary_index}`, event.delta);
        case "response.output_item.added":
          return begin(event);
        case "response.output_item.done":
          return finish(event);
        case "response.completed":
        case "response.incomplete":
          return toLine({
            ...base,
            ...place({ text: "" }),
            ...toEnding(event.response, options, stamp),
          });
        default:
          return "";
      }
    },
    end: () => "",
    fail: (error) => toLine(ollamaErrorBody(error)),
  };
}

function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Only these are parsed; the others cost a look at their name. */
const read: ReadonlySet<string> = new Set([
  "response.output_text.delta",
  "response.refusal.delta",
  "response.reasoning_summary_text.delta",
  "response.output_item.added",
  "response.output_item.done",
  "response.completed",
  "response.incomplete",
]);
