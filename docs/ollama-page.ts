/** Renders docs/reference/ollama.md: the table that the decoders obey, and what is around it. */
import { parameters } from "../src/facades/ollama/parameters.ts";
import { code, notice, table } from "./markdown.ts";

export function renderOllama(): string {
  return [
    notice,
    "# Ollama",
    "",
    "`/api/*` speaks Ollama's API to programs that know no other; [Ollama's clients](../guides/ollama.md) has the steps. Their base URL is the relay's address without `/v1` and without `/api`. The relay token is needed as everywhere.",
    "",
    "`POST /api/chat` and `POST /api/generate` stream unless `stream` is `false`. `GET /api/tags`, `POST /api/show`, `GET /api/ps` and `GET /api/version` tell of the models. `/api/embed`, `/api/embeddings`, `/api/pull`, `/api/push`, `/api/create`, `/api/copy`, `/api/delete` and `/api/blobs` answer 501: nothing is stored here, and the upstream has no embeddings.",
    "",
    "A body may come without its type, as `curl -d` sends it, but not from a browser.",
    "",
    "## Parameters",
    "",
    "- **translated**: read, and expressed in the upstream's words or done by the relay.",
    "- **disclosed**: left out, and named in the response header `x-airelays-ignored-parameters` and in the log.",
    "- **refused**: 400, because leaving it out would change what the answer is.",
    "",
    "A parameter that is not listed is disclosed; so is one on the route where it has no fate. What was sent in another form than it came in is named in `x-airelays-adapted-parameters`.",
    "",
    ...table(
      ["Parameter", "`/api/chat`", "`/api/generate`", "What happens"],
      parameters.map(({ name, fates, note }) => [
        code(name),
        fates.chat ?? "",
        fates.generate ?? "",
        note,
      ]),
    ),
    "",
    "## Messages",
    "",
    ...table(["Field", "What happens"], messages),
    "",
    "## The answer",
    "",
    "One JSON object a line (`application/x-ndjson`), the last of them with `done: true`; or one object with all of it. `model` is the name that was asked for; who answered is in `x-airelays-model`.",
    "",
    "- A tool call comes whole, in one line, with an object for its `arguments`. A call whose arguments are no JSON object fails the answer.",
    "- Summaries of the model's reasoning are in `thinking`, where `think` asked for some.",
    "- `total_duration` counts from the request to its end, `prompt_eval_duration` to the first output, `eval_duration` from there; all in nanoseconds, measured in milliseconds. The counts are the upstream's usage.",
    "",
    ...table(["`done_reason`", "When"], reasons),
    "",
    "## Models",
    "",
    "`/api/tags` lists what `GET /v1/models` lists; `/api/ps` those that were asked for in the last ten minutes. `modified_at` is 1970 and `size` 1: the catalogue has no dates, and nothing is stored here. `/api/version` tells the level of Ollama's API; the relay's own version is in `x-airelays-version`.",
    "",
    "## A second port",
    "",
    "With [`ollama.listen`](../../CONFIGURATION.md) the relay has a second port, with every route of the main one; `GET /` there is `Ollama is running`. With `ollama.open` that port needs no token from this machine; who comes by a proxy (`x-forwarded-for`, `forwarded`) needs it.",
    "",
    "## Errors",
    "",
    'Always `{"error": "text"}`, on every path below `/api`, with the status that the error has on every route. An answer that fails after its first line ends with a line `{"error": "text"}` and none with `done: true`.',
    "",
  ].join("\n");
}

const messages: readonly (readonly string[])[] = [
  [
    "`role`",
    "leading `system` messages become `instructions`, later ones developer messages; `user`, `assistant` and `tool` stay",
  ],
  ["`content`", "a text"],
  ["`images`", "sent with the type that their first bytes tell; a `data:` URL as it is"],
  ["`thinking`", "disclosed: the upstream takes reasoning back only sealed"],
  ["`tool_calls`", "calls of the assistant; those without an `id` get one"],
  [
    "`tool_call_id`, `tool_name`",
    "say which call a result answers; without them it is the oldest open one of that name, else the oldest",
  ],
];

const reasons: readonly (readonly string[])[] = [
  ["`stop`", "the answer is whole"],
  ["`length`", "the upstream cut it"],
  ["`content_filter`", "the answer was withheld"],
  ["`load`, `unload`", "nothing was asked"],
];
