/**
 * `/v1/completions`, the dialect before chat: one prompt in, one text out, no tools. Small enough
 * to be one file.
 */
import type { ResponseSnapshot } from "../../protocol/events.ts";
import { type MessageItem, toOutputItem } from "../../protocol/items.ts";
import { formatComment, formatData } from "../../protocol/sse.ts";
import { deltaLiteral } from "../delta-literal.ts";
import type { Encoder, Facade, Stamp } from "../facade.ts";
import {
  asBody,
  invalid,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredString,
  unsupported,
} from "../fields.ts";
import { Speech } from "../speech.ts";
import { carryParameters } from "./carry.ts";
import { toChatUsage, toFinishReason } from "./chat-answer.ts";
import { openAiErrorBody } from "./error.ts";

interface CompletionOptions {
  readonly includeUsage: boolean;
}

const noCalls = { count: 0, isLegacy: false };

export const completions: Facade<CompletionOptions> = {
  name: "completions",
  path: "/v1/completions",
  contentType: "text/event-stream",
  keepalive: formatComment("keepalive"),
  idPrefix: "cmpl-",
  decode(value) {
    const body = asBody(value);
    const { fields, changes, spelled } = carryParameters(body, "completions");
    const effort = optionalString(body, "reasoning_effort");
    const streamOptions = optionalObject(body, "stream_options") ?? {};
    return {
      request: {
        ...fields,
        model: requiredString(body, "model"),
        input: [
          {
            type: "message",
            role: "user",
            content: [{ type: "input_text", text: decodePrompt(body["prompt"]) }],
          },
        ],
        ...(effort === undefined ? {} : { reasoning: { effort } }),
      },
      stream: optionalBoolean(body, "stream") ?? false,
      state: { store: false },
      options: {
        includeUsage:
          optionalBoolean(streamOptions, "include_usage", "stream_options.include_usage") ?? false,
      },
      changes,
      spelled,
    };
  },
  encoder: createCompletionEncoder,
  whole(response, _options, stamp) {
    const usage = toChatUsage(response.usage);
    return {
      ...identity(stamp),
      choices: [choice(textOf(response), toFinishReason(response, noCalls))],
      ...(usage === undefined ? {} : { usage }),
    };
  },
  errorBody: openAiErrorBody,
};

function decodePrompt(value: unknown): string {
  const prompt = value ?? "";
  if (typeof prompt === "string") return prompt;
  if (!Array.isArray(prompt)) throw invalid("prompt", "must be a string.");
  const [only, ...others] = prompt as readonly unknown[];
  if (others.length > 0)
    throw unsupported("prompt", "must be one text; send others by themselves.");
  if (typeof only !== "string") throw unsupported("prompt", "must be text; tokens are not taken.");
  return only;
}

function identity({ id, created, model }: Stamp) {
  return { id, object: "text_completion", created, model };
}

function choice(text: string, finishReason: string | null) {
  return { text, index: 0, logprobs: null, finish_reason: finishReason };
}

/** The text of every message; a refusal is text here, the only place there is. */
function textOf(response: ResponseSnapshot): string {
  return response.output
    .map(toOutputItem)
    .flatMap((item) => (item.type === "message" ? item.content : []))
    .map(textOfPart)
    .join("");
}

function textOfPart({ text, refusal }: MessageItem["content"][number]): string {
  return text ?? refusal ?? "";
}

function createCompletionEncoder(options: CompletionOptions, stamp: Stamp): Encoder {
  const base = identity(stamp);
  const noUsage = options.includeUsage ? { usage: null } : {};
  const chunk = (text: string, finishReason: string | null): string =>
    formatData(JSON.stringify({ ...base, choices: [choice(text, finishReason)], ...noUsage }));
  // As for chat: everything around the text is written once a stream.
  const [head = "", tail = ""] = chunk("\u0000", null).split(JSON.stringify("\u0000"));
  const speech = new Speech();
  return {
    write(frame) {
      if (frame.type === "response.output_text.delta") {
        speech.say();
        const literal = deltaLiteral(frame.data);
        if (literal !== undefined) return head + literal + tail;
      }
      if (
        !/^response\.(output_text\.delta|refusal\.delta|output_item\.(added|done)|completed|incomplete)$/.test(
          frame.type,
        )
      ) {
        return "";
      }
      const { event } = frame;
      switch (event.type) {
        case "response.output_text.delta":
        case "response.refusal.delta":
          speech.say();
          return chunk(event.delta, null);
        case "response.output_item.added":
          return speech.open();
        case "response.output_item.done": {
          if (event.item.type !== "message") return "";
          const rest = speech.unsaid(event.item.content).map(textOfPart).join("");
          return rest === "" ? "" : chunk(rest, null);
        }
        case "response.completed":
        case "response.incomplete": {
          const last = chunk("", toFinishReason(event.response, noCalls));
          const usage = toChatUsage(event.response.usage);
          if (!options.includeUsage || usage === undefined) return last;
          return last + formatData(JSON.stringify({ ...base, choices: [], usage }));
        }
        default:
          return "";
      }
    },
    end: () => "data: [DONE]\n\n",
    fail: (error) => formatData(JSON.stringify(openAiErrorBody(error))),
  };
}
