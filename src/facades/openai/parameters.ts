/**
 * What becomes of every parameter of OpenAI's three generating routes: one table, which the decoders
 * obey and from which `docs/reference/parameters.md` is made.
 *
 * - forwarded: sent on under this name (or the one in `as`).
 * - translated: read by the decoder, and expressed in the upstream's words or kept by the relay.
 * - disclosed: left out, and named in `x-airelays-ignored-parameters` and in the log.
 * - refused: 400 with `param`, because leaving it out would change what the answer is.
 */

export type Fate = "forwarded" | "translated" | "disclosed" | "refused";
export type OpenAiRoute = "responses" | "chat" | "completions";

export interface Parameter {
  readonly name: string;
  readonly fates: Readonly<Partial<Record<OpenAiRoute, Fate>>>;
  /** One sentence for the manual, and for the log when it is left out. */
  readonly note: string;
  /** Its name in a Responses request. Handed on under it; an upstream that refuses it discloses. */
  readonly as?: string;
  /** A refused parameter may be there with a value that asks for nothing. */
  readonly isHarmless?: (value: unknown) => boolean;
}

const all = (fate: Fate) => ({ responses: fate, chat: fate, completions: fate }) as const;
const noSampling = "The upstream chooses how it samples.";
const noCap = "The upstream has no limit on the length of an answer.";
const notTaken = "The upstream does not take it.";
const isOne = (value: unknown): boolean => value === 1;

const row = (
  name: string,
  fates: Parameter["fates"],
  note: string,
  extra: Pick<Parameter, "as" | "isHarmless"> = {},
): Parameter => ({ name, fates, note, ...extra });

export const parameters: readonly Parameter[] = [
  row("model", all("translated"), "Aliases and effort suffixes are resolved."),
  row(
    "stream",
    all("translated"),
    "The upstream always streams; a whole answer is folded from its events.",
  ),
  row(
    "stream_options",
    all("translated"),
    "`include_usage` is answered by the relay; on `/v1/responses` the other options are forwarded.",
  ),
  row(
    "store",
    { responses: "translated", chat: "disclosed" },
    "Nothing is stored upstream. On `/v1/responses` the relay keeps the answer, as `[state]` says.",
  ),

  // What is asked.
  row(
    "input",
    { responses: "translated", chat: "translated" },
    "System messages become developer messages. On chat it stands for `messages`, as some editors send it.",
  ),
  row(
    "instructions",
    { responses: "forwarded", chat: "translated" },
    "On chat it comes before the system messages.",
  ),
  row(
    "messages",
    { chat: "translated" },
    "Leading system and developer messages become `instructions`, the others input items.",
  ),
  row(
    "prompt",
    { responses: "refused", completions: "translated" },
    "Templates are kept by the platform, which this relay does not use; on completions it is the text.",
  ),
  row(
    "previous_response_id",
    { responses: "translated" },
    "The kept turn is put before the input.",
  ),
  row(
    "conversation",
    { responses: "translated", chat: "translated" },
    "Its items are put before the input, and the turn is added to it.",
  ),
  row(
    "background",
    { responses: "refused" },
    "The upstream keeps no answer that could be fetched later.",
  ),

  // How it is answered.
  row("reasoning", { responses: "forwarded", chat: "translated" }, "Sent as it is."),
  row(
    "reasoning_effort",
    { chat: "translated", completions: "translated" },
    "Sent as `reasoning.effort`.",
  ),
  row("text", { responses: "translated", chat: "translated" }, "Strict schemas are completed."),
  row(
    "response_format",
    { chat: "translated" },
    "`json_schema` is sent as `text.format`; `json_object` is refused.",
  ),
  row("verbosity", { chat: "translated" }, "Sent as `text.verbosity`."),
  row(
    "include",
    { responses: "forwarded", chat: "translated" },
    "`reasoning.encrypted_content` is always asked for.",
  ),
  row(
    "service_tier",
    { responses: "forwarded", chat: "forwarded" },
    "`priority` is sent; `auto` and `default` ask for what happens anyway; others are disclosed.",
    { as: "service_tier" },
  ),
  row("modalities", { chat: "refused" }, "The upstream makes no audio.", {
    isHarmless: (value) => Array.isArray(value) && value.every((each) => each === "text"),
  }),
  row("audio", { chat: "refused" }, "The upstream makes no audio."),
  row("n", { chat: "refused", completions: "refused" }, "This relay returns one choice.", {
    isHarmless: isOne,
  }),
  row("best_of", { completions: "refused" }, "The upstream makes one answer.", {
    isHarmless: isOne,
  }),
  row("echo", { completions: "refused" }, "The upstream does not repeat the prompt."),
  row("suffix", { completions: "refused" }, "The upstream does not fill in the middle."),
  row(
    "logprobs",
    { chat: "refused", completions: "refused" },
    "The upstream gives no log probabilities.",
  ),

  // Tools.
  row(
    "tools",
    { responses: "translated", chat: "translated" },
    "Untouched on `/v1/responses`, but for `web_search_preview`, which the upstream calls `web_search`.",
  ),
  row("tool_choice", { responses: "forwarded", chat: "translated" }, "All forms."),
  row("parallel_tool_calls", { responses: "forwarded", chat: "translated" }, "Sent as it is."),
  row("functions", { chat: "translated" }, "Sent as `tools`; the answer has `function_call`."),
  row("function_call", { chat: "translated" }, "Sent as `tool_choice`."),
  row("web_search_options", { chat: "translated" }, "Sent as the tool `web_search`."),
  row("max_tool_calls", { responses: "disclosed" }, notTaken, { as: "max_tool_calls" }),

  // What the upstream has no say in.
  row("temperature", all("disclosed"), noSampling, { as: "temperature" }),
  row("top_p", all("disclosed"), noSampling, { as: "top_p" }),
  row("frequency_penalty", all("disclosed"), noSampling),
  row("presence_penalty", all("disclosed"), noSampling),
  row("logit_bias", { chat: "disclosed", completions: "disclosed" }, noSampling),
  row("seed", { chat: "disclosed", completions: "disclosed" }, noSampling),
  row(
    "top_logprobs",
    { responses: "disclosed", chat: "disclosed" },
    "The upstream gives no log probabilities.",
    { as: "top_logprobs" },
  ),
  row(
    "stop",
    { chat: "disclosed", completions: "disclosed" },
    "The upstream has no stop sequences.",
  ),
  row("prediction", { chat: "disclosed" }, "The upstream takes no predicted output."),
  row("max_tokens", { chat: "disclosed", completions: "disclosed" }, noCap, {
    as: "max_output_tokens",
  }),
  row("max_completion_tokens", { chat: "disclosed" }, noCap, { as: "max_output_tokens" }),
  row("max_output_tokens", { responses: "disclosed", chat: "disclosed" }, noCap, {
    as: "max_output_tokens",
  }),
  row("truncation", { responses: "disclosed" }, notTaken, { as: "truncation" }),
  row("context_management", { responses: "disclosed" }, notTaken, { as: "context_management" }),
  row("moderation", { responses: "disclosed", chat: "disclosed" }, notTaken, { as: "moderation" }),

  // Who asks, and for what cache.
  row("prompt_cache_key", { responses: "forwarded", chat: "forwarded" }, "Sent as it is.", {
    as: "prompt_cache_key",
  }),
  row("prompt_cache_retention", { responses: "disclosed", chat: "disclosed" }, notTaken, {
    as: "prompt_cache_retention",
  }),
  row("prompt_cache_options", { responses: "disclosed", chat: "disclosed" }, notTaken),
  row("user", all("disclosed"), notTaken, { as: "user" }),
  row("safety_identifier", { responses: "disclosed", chat: "disclosed" }, notTaken, {
    as: "safety_identifier",
  }),
  row("metadata", { responses: "disclosed", chat: "disclosed" }, notTaken, { as: "metadata" }),
  row("client_metadata", { responses: "forwarded" }, "Sent by coding tools; passed on."),
  row("access_programs", { responses: "forwarded" }, "Sent by coding tools; passed on."),
];
