/** Renders docs/reference/anthropic.md: the table that the decoder obeys, and what is around it. */
import { parameters } from "../src/facades/anthropic/parameters.ts";
import { code, notice, table } from "./markdown.ts";

export function renderAnthropic(): string {
  return [
    notice,
    "# Anthropic Messages",
    "",
    "`POST /v1/messages`, whole and streamed, `POST /v1/messages/count_tokens`, and `GET /v1/models` for clients that send `anthropic-version`. Their base URL is the relay's address without `/v1`. [Claude Code](../guides/claude-code.md) has a guide.",
    "",
    "`anthropic-version` and `anthropic-beta` are not looked at otherwise: any value is fine, and none is needed.",
    "",
    "## Parameters",
    "",
    "- **translated**: read, and expressed in the upstream's words or done by the relay.",
    "- **disclosed**: left out, and named in the response header `x-airelays-ignored-parameters` and in the log.",
    "- **refused**: 400, because leaving it out would change what the answer is.",
    "",
    "A parameter that is not listed is disclosed. What was sent in another form than it came in is named in `x-airelays-adapted-parameters`.",
    "",
    ...table(
      ["Parameter", "Fate", "What happens"],
      parameters.map(({ name, fate, note }) => [code(name), fate, note]),
    ),
    "",
    "## Content",
    "",
    ...table(["Block", "What happens"], blocks),
    "",
    "A message with the role `system` among the others becomes a developer message in its place. The last message of the assistant is sent, but the upstream answers after it and does not continue it; that is told as adapted.",
    "",
    "## Tools",
    "",
    ...table(["Tool", "What happens"], tools),
    "",
    "Names of more than 64 characters are shortened on the way out and given back in the answer.",
    "",
    "## Thinking",
    "",
    ...table(["`thinking`", "Effort", "In the answer"], thinking),
    "",
    "`output_config.effort` counts before the budget. Where the model does not have the effort, the nearest one is asked for, and that is told as adapted (`thinking` or `output_config.effort`).",
    "",
    "The `signature` of a thinking block holds the upstream's reasoning, sealed by the upstream. A client that sends the block back lets the next turn go on from it; the relay keeps nothing. Without `thinking` in the request there are no thinking blocks, and nothing to go on from.",
    "",
    "## The answer",
    "",
    "`model` is the name that was asked for; who answered is in `x-airelays-model`. Reasoning, text, calls and searches become `thinking`, `text` (with `citations`), `tool_use`, and `server_tool_use` with `web_search_tool_result`. The upstream does not tell what a search found: the result is empty, and what the text cites is in its citations.",
    "",
    ...table(["`stop_reason`", "When"], stops),
    "",
    "`input_tokens` leaves out what came from the upstream's cache, which is in `cache_read_input_tokens`.",
    "",
    "A stream is `message_start` (its `input_tokens` is an estimate), `ping`, the blocks one after the other, `message_delta` with the whole usage, `message_stop`. A `ping` comes in longer silences. An answer that fails ends in an `error` event and has no `message_stop`.",
    "",
    "## Counting",
    "",
    'The answer of `count_tokens` is `{"input_tokens": 812}`: an estimate from the length of the text, made here without asking the upstream, as the header `x-airelays-estimated: input_tokens` says.',
    "",
    "## Errors",
    "",
    '`{"type": "error", "error": {"type", "message"}, "request_id"}`, on every path below `/v1/messages`. The id is in the header `request-id` too.',
    "",
    ...table(["Status", "`type`"], errors),
    "",
    "When the conversation is too long, the message begins with `prompt is too long`, the words that make clients compact it. A plan that is spent says when it opens again, and has `x-should-retry: false`, so that agents do not ask again and again.",
    "",
  ].join("\n");
}

const blocks: readonly (readonly string[])[] = [
  ["`text`", "a text"],
  ["`image`", "`base64`, `url`, or the `file` of an id from `POST /v1/files`"],
  [
    "`document`",
    "`base64` (PDF), `text`, `content`, `file`; `url` is refused, because the relay fetches nothing for a client. `citations` are disclosed",
  ],
  ["`search_result`", "a text with its title and source"],
  ["`tool_reference`", "a text that the tool is there"],
  [
    "`tool_use`, `tool_result`",
    "a call and its output, with images; `is_error` becomes a line at its beginning",
  ],
  [
    "`thinking`, `redacted_thinking`",
    "the upstream's own reasoning again, when this relay signed it; another vendor's is left out and disclosed",
  ],
  [
    "`server_tool_use`, `…_tool_result`",
    "left out and disclosed: the text after them tells what came of it",
  ],
  ["any other", "400"],
];

const tools: readonly (readonly string[])[] = [
  ["with an `input_schema`", "a function; `strict` is disclosed"],
  [
    "`web_search_…`",
    "the upstream's search, with `allowed_domains` and `user_location`; `blocked_domains` and `max_uses` are disclosed",
  ],
  ["`bash_…`, `text_editor_…`", "functions with their schema written out; the client runs them"],
  ["`tool_search_tool_…`", "left out and disclosed: every tool is shown to the model"],
  ["any other", "400 with its name"],
];

const thinking: readonly (readonly string[])[] = [
  ["not given", "the model's own", "no thinking blocks"],
  ["`disabled`", "`none`", "no thinking blocks"],
  ["`enabled`, up to 512 tokens", "`minimal`", "summaries"],
  ["up to 1,024", "`low`", "summaries"],
  ["up to 8,192", "`medium`", "summaries"],
  ["up to 24,576", "`high`", "summaries"],
  ["above", "`xhigh`", "summaries"],
  ["`adaptive`", "the model's own", "summaries"],
  ['with `display: "omitted"`', "the same", "blocks without text, with their signature"],
];

const stops: readonly (readonly string[])[] = [
  ["`end_turn`", "the answer is whole"],
  ["`tool_use`", "there are calls in it"],
  ["`stop_sequence`", "the relay cut it; `stop_sequence` says where"],
  ["`max_tokens`", "the upstream cut it, in the middle of a call perhaps"],
  ["`refusal`", "the model refused, or a filter did"],
];

const errors: readonly (readonly string[])[] = [
  ["400 and others below 500", "`invalid_request_error`"],
  ["401", "`authentication_error`: the relay token is wrong, or the ChatGPT sign-in has ended"],
  ["402", "`billing_error`"],
  ["403", "`permission_error`"],
  ["404", "`not_found_error`"],
  ["409", "`conflict_error`"],
  ["413", "`request_too_large`"],
  ["429", "`rate_limit_error`"],
  ["500, 502 and others", "`api_error`"],
  ["504", "`timeout_error`"],
  ["529", "`overloaded_error`: the upstream is overloaded"],
];
