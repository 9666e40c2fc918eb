/**
 * Thinking, both ways: what a client asks for as an effort and a summary, and the signature of a
 * thinking block, which carries the upstream's sealed reasoning through the client and back. So the
 * next turn goes on from it, and the relay keeps nothing.
 */
import { asNumber, asString, type JsonObject } from "../../protocol/json.ts";
import type { InputItem, ReasoningOptions } from "../../protocol/request.ts";
import { invalid, optionalObject, optionalString, shown } from "../fields.ts";

/** Are thinking blocks in the answer, and with their text? */
export type ThinkingStyle = "none" | "shown" | "omitted";

export interface Thinking {
  readonly style: ThinkingStyle;
  readonly reasoning: ReasoningOptions | undefined;
  /** The parameter that the effort is from. */
  readonly effortFrom: "thinking" | "output_config.effort";
}

const words = ["low", "medium", "high", "xhigh", "max"];

export function decodeThinking(body: JsonObject): Thinking {
  const thinking = optionalObject(body, "thinking") ?? {};
  const type = optionalString(thinking, "type", "thinking.type");
  const asked = decodeEffort(body);
  const effortFrom = asked === undefined ? "thinking" : "output_config.effort";
  const silent = (effort: string | undefined): Thinking => ({
    style: "none",
    reasoning: effort === undefined ? undefined : { effort },
    effortFrom,
  });
  switch (type) {
    case undefined:
      return silent(asked);
    case "disabled":
      return { ...silent("none"), effortFrom: "thinking" };
    case "enabled":
    case "adaptive": {
      const effort = asked ?? (type === "enabled" ? effortOfBudget(thinking) : undefined);
      const isOmitted = thinking["display"] === "omitted";
      return {
        style: isOmitted ? "omitted" : "shown",
        reasoning: {
          ...(effort === undefined ? {} : { effort }),
          ...(isOmitted ? {} : { summary: "auto" }),
        },
        effortFrom,
      };
    }
    default:
      throw invalid(
        "thinking.type",
        `must be \`enabled\`, \`adaptive\` or \`disabled\`; it is ${shown(type)}.`,
      );
  }
}

function decodeEffort(body: JsonObject): string | undefined {
  const config = optionalObject(body, "output_config") ?? {};
  const effort = optionalString(config, "effort", "output_config.effort");
  if (effort === undefined || words.includes(effort)) return effort;
  throw invalid("output_config.effort", `must be one of ${words.join(", ")}; it is \`${effort}\`.`);
}

function effortOfBudget(thinking: JsonObject): string {
  const budget = asNumber(thinking["budget_tokens"]);
  if (budget === undefined || budget < 1) {
    throw invalid("thinking.budget_tokens", "must be a number of tokens.");
  }
  if (budget <= 512) return "minimal";
  if (budget <= 1_024) return "low";
  if (budget <= 8_192) return "medium";
  return budget <= 24_576 ? "high" : "xhigh";
}

/** Tells our signatures from those of another vendor, which no one here could open. */
const ours = "ar1.";

/** Empty where there is nothing to carry. */
export function toSignature(sealed: unknown): string {
  return typeof sealed === "string" && sealed !== "" ? ours + sealed : "";
}

/** The reasoning that a block of an earlier answer carries; undefined for another vendor's. */
export function fromThinking(block: JsonObject): InputItem | undefined {
  const carried = asString(
    block["type"] === "redacted_thinking" ? block["data"] : block["signature"],
  );
  if (carried === undefined || !carried.startsWith(ours)) return undefined;
  const text = asString(block["thinking"]) ?? "";
  return {
    type: "reasoning",
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    encrypted_content: carried.slice(ours.length),
  };
}
