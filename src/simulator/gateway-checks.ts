/** What the gateway refuses before the engine sees a request, in its order and one at a time. */
import { gatewayRefusal } from "./exchange.ts";
import { isObject, type JsonObject } from "./json.ts";
import { findModel } from "./models.ts";
import type { Check } from "./refusals.ts";

/** Everything else at the top level is refused by name. */
const accepted: ReadonlySet<string> = new Set([
  "model",
  "instructions",
  "input",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "store",
  "stream",
  "stream_options",
  "include",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_options",
  "text",
  "client_metadata",
  "context_management",
  "access_programs",
]);

const acceptedStreamOptions: ReadonlySet<string> = new Set([
  "reasoning_summary_delivery",
  "include_obfuscation",
]);

/** The gateway's refusal of the body, or undefined when it goes on to the engine. */
export function checkGateway(body: JsonObject): Check {
  if (body["stream"] !== true) return gatewayRefusal("Stream must be set to true");
  if (body["store"] !== false) return gatewayRefusal("Store must be set to false");
  const unknown = Object.keys(body).find((key) => !accepted.has(key));
  if (unknown !== undefined) return gatewayRefusal(`Unsupported parameter: ${unknown}`);
  return checkStreamOptions(body) ?? checkTier(body) ?? checkModel(body) ?? checkInput(body);
}

function checkStreamOptions({ stream_options: options }: JsonObject): Check {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) return gatewayRefusal("Bad Request");
  const unknown = Object.keys(options).find((key) => !acceptedStreamOptions.has(key));
  return unknown === undefined
    ? undefined
    : gatewayRefusal(`Unsupported parameter: stream_options.${unknown}`);
}

function checkTier({ service_tier: tier }: JsonObject): Check {
  if (tier === undefined || tier === null || tier === "priority") return undefined;
  return gatewayRefusal(`Unsupported service_tier: ${String(tier)}`);
}

/** The model must be one of the account's. */
export function checkModel({ model }: JsonObject): Check {
  if (typeof model !== "string") return gatewayRefusal("Bad Request");
  return findModel(model) === undefined ? modelRefusal(model) : undefined;
}

/** What a model that the plan does not include is answered with. */
export function modelRefusal(model: string) {
  return gatewayRefusal(
    `The '${model}' model is not supported when using Codex with a ChatGPT account.`,
  );
}

function checkInput({ input }: JsonObject): Check {
  if (!Array.isArray(input)) return undefined;
  const hasSystem = input.some((item) => isObject(item) && item["role"] === "system");
  return hasSystem ? gatewayRefusal("System messages are not allowed") : undefined;
}
