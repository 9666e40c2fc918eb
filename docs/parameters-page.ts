/** Renders docs/reference/parameters.md from the table that the decoders obey. */
import { type OpenAiRoute, parameters } from "../src/facades/openai/parameters.ts";
import { code, notice, table } from "./markdown.ts";

const routes: readonly (readonly [OpenAiRoute, string])[] = [
  ["responses", "`/v1/responses`"],
  ["chat", "`/v1/chat/completions`"],
  ["completions", "`/v1/completions`"],
];

export function renderParameters(): string {
  return [
    notice,
    "# Parameters",
    "",
    "What becomes of each parameter of a request. The `/no-tools` twins differ in one thing: they refuse tools.",
    "",
    "- **forwarded**: sent on.",
    "- **translated**: read by the relay, and expressed in the upstream's words or answered here.",
    "- **disclosed**: left out, and named in the response header `x-airelays-ignored-parameters` and in the log.",
    "- **refused**: 400 with `param`, because leaving it out would change what the answer is.",
    "",
    "An explicit `null`, an empty object and an empty text mean that the parameter was not set. A parameter that is not listed is disclosed. What was sent in another form than it came in is named in `x-airelays-adapted-parameters`.",
    "",
    ...table(
      ["Parameter", ...routes.map(([, path]) => path), "What happens"],
      parameters.map(({ name, fates, note }) => [
        code(name),
        ...routes.map(([route]) => fates[route] ?? ""),
        note,
      ]),
    ),
    "",
  ].join("\n");
}
