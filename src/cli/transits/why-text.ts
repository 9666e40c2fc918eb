/** `airelays why` for a person: one request from the client to the upstream and back. Pure. */
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Colors } from "../io.ts";
import { type Field, formatSeconds, formatSection, formatTitle } from "../render.ts";
import { formatAnswer } from "./answer-lines.ts";
import { type DiffPart, diffBodies } from "./body-diff.ts";
import { formatMoment, formatMs } from "./figures.ts";
import { contentOf, type KeptBody } from "./kept-body.ts";
import { createPage, type Page } from "./page.ts";
import { addedNotes, noteOf, reasonFor } from "./parameter-notes.ts";
import type { TransitStory } from "./story.ts";

export function formatStory(
  story: TransitStory,
  colors: Colors,
  columns: number | undefined,
): string {
  const page = createPage(columns, colors);
  const fields = overview(story);
  return (
    formatTitle(story.summary.requestId, colors) +
    (columns !== undefined && columns < 60
      ? `\n${fields.map(({ label, value }) => page.words(`${label}: ${String(value)}`)).join("")}`
      : formatSection("Request", fields, colors)) +
    changesSection(story, page) +
    bodySection(story, page) +
    answerSection(story, page) +
    page.ending()
  );
}

const endings: Readonly<Record<string, string>> = {
  completed: "the answer is whole and was sent",
  rejected: "an error was sent in place of an answer",
  failed: "the answer was declared failed after its stream had begun",
  upstream_cut: "the upstream's stream broke off or fell silent after it had begun",
  client_gone: "the client left first",
};

function overview({ summary, userAgent, retries, fallbacks, sent }: TransitStory): Field[] {
  const { method = "?", path = "?", model, sentModel, status, outcome, tokens } = summary;
  const ending =
    outcome === undefined
      ? "unknown: its last record was never written"
      : `${status ?? "-"} ${outcome}: ${endings[outcome] ?? ""}`;
  const times = [
    ...(summary.firstByteMs === undefined ? [] : [`first byte ${formatMs(summary.firstByteMs)}`]),
    ...(summary.durationMs === undefined ? [] : [`whole ${formatMs(summary.durationMs)}`]),
  ];
  const isRenamed = model !== undefined && sentModel !== undefined && model !== sentModel;
  const optional: (Field | false)[] = [
    userAgent !== undefined && { label: "Client", value: userAgent },
    model !== undefined && {
      label: "Model",
      value: isRenamed ? `${model}, sent as ${sentModel}` : model,
    },
    { label: "Ended", value: ending },
    times.length > 0 && { label: "Times", value: times.join(", ") },
    tokens !== undefined && {
      label: "Tokens",
      value: `${tokens.input} in, ${tokens.cached} of them cached, ${tokens.output} out`,
    },
    retries.length > 0 && {
      label: "Tried again",
      value: retries.map(({ code }) => `after \`${code ?? "?"}\``).join(", "),
    },
    ...fallbacks.map((fallback) => ({ label: "Transport", value: formatFallback(fallback) })),
    sent.length > 1 && { label: "Upstream calls", value: sent.length },
  ];
  return [
    { label: "Time", value: `${formatMoment(summary.at)} UTC` },
    { label: "Asked", value: `${method} ${path}` },
    ...optional.filter((field) => field !== false),
  ];
}

/** `http instead of websocket, for 10 minutes: …`. */
function formatFallback(fallback: TransitStory["fallbacks"][number]): string {
  const { from = "?", to = "?", code, message, forSeconds } = fallback;
  const time = forSeconds === undefined ? "" : `, for ${formatSeconds(forSeconds)}`;
  const reason = message ?? code;
  return `${to} instead of ${from}${time}${reason === undefined ? "" : `: ${reason}`}`;
}

function changesSection({ changes, summary: { path = "" } }: TransitStory, page: Page): string {
  const none = [page.words("Nothing was left out or adapted.")];
  const lines = changes.map((change) =>
    page.words(
      `${change.kind}  ${change.parameter}: ${reasonFor(change, path)}`,
      page.mark(change.kind === "ignored" ? "-" : "~"),
    ),
  );
  return page.section("Changes", changes.length === 0 ? none : lines);
}

/** The client's body against what was sent, as far as both were kept. */
function bodySection(story: TransitStory, page: Page): string {
  const { clientBody, sent } = story;
  const last = sent.at(-1);
  const title = "Body: - as the client sent it, + as it was sent upstream";
  const gaps = [
    gap("The client's body", clientBody),
    ...(last === undefined ? [] : [gap("What was sent upstream", last.body)]),
  ].flatMap((text) => (text === undefined ? [] : [page.words(text)]));
  const before = contentOf(clientBody);
  if (last === undefined) {
    const alone = before === undefined ? [] : diffBodies(before, {});
    const lines = alone.flatMap((part) => partLines(part, story, page, false));
    return page.section("Body", [page.words("Nothing was sent upstream."), ...gaps, ...lines]);
  }
  const after = contentOf(last.body);
  if (before === undefined || after === undefined) return page.section("Body", gaps);
  const parts = diffBodies(before, after);
  const same = parts.filter(({ kind }) => kind === "same").map(({ name }) => name);
  const lines = parts
    .filter(({ kind }) => kind !== "same")
    .flatMap((part) => partLines(part, story, page, true));
  const unchanged = same.length === 0 ? [] : [page.words(`Sent as they came: ${same.join(", ")}.`)];
  return page.section(title, [...gaps, ...unchanged, ...lines]);
}

function partLines(
  { name, kind, lines, more }: DiffPart,
  story: TransitStory,
  page: Page,
  withNotes: boolean,
): string[] {
  const note = withNotes ? explain(name, kind, story) : undefined;
  return [
    ...lines.map(({ sign, place, text }) => page.cut(`${place}: ${text}`, page.mark(sign))),
    ...(more === 0 ? [] : [page.words(`and ${more} more like these`, "  ")]),
    ...(note === undefined ? [] : [page.words(`why: ${note}`, "    ")]),
  ];
}

/** The disclosures of this request first: they are about this value. */
function explain(
  name: string,
  kind: DiffPart["kind"],
  { changes, summary: { path = "" } }: TransitStory,
): string | undefined {
  const told = changes.find(
    ({ parameter }) =>
      parameter === name || parameter.startsWith(`${name}[`) || parameter.startsWith(`${name}.`),
  );
  if (told !== undefined) return reasonFor(told, path);
  return kind === "gone" ? noteOf(path, name) : (addedNotes[name] ?? noteOf(path, name));
}

function gap(what: string, body: KeptBody): string | undefined {
  switch (body.kept) {
    case "whole":
      return undefined;
    case "in part":
      return `${what} is here without ${body.replaced === 1 ? "one value" : `${body.replaced} values`}: secrets and files are not logged.`;
    case "its size":
      return `${what} (${body.characters} characters) was not kept: \`logging.content\` was \`metadata\`.`;
    case "nothing":
      return `${what} is not in the log.`;
    default:
      return body satisfies never;
  }
}

function answerSection({ answer, error }: TransitStory, page: Page): string {
  const told = error === undefined ? [] : errorLines(error, page);
  if (answer === undefined) return told.length === 0 ? "" : page.section("What came back", told);
  const { status, events, endedBy, upstreamRequestId } = answer;
  const head = [
    `${status ?? "-"}, ${events ?? 0} events`,
    endedBy === undefined ? "broken off before its end" : `ended by ${endedBy}`,
    ...(upstreamRequestId === undefined ? [] : [`the upstream's id ${upstreamRequestId}`]),
  ].join(", ");
  const missing = gap("The answer", answer.body);
  return page.section("What came back", [
    page.words(`${head}.`),
    ...(missing === undefined ? [] : [page.words(missing)]),
    ...formatAnswer(contentOf(answer.body)).map(({ label, text }) => page.cut(`${label}: ${text}`)),
    ...told,
  ]);
}

function errorLines(error: JsonObject, page: Page): string[] {
  const { code, message, upstream, cause } = error;
  const told = isJsonObject(message) ? "its message was not kept" : String(message ?? "");
  const theirs = isJsonObject(upstream)
    ? Object.entries(upstream).map(([name, value]) => `${name} ${String(value)}`)
    : [];
  return [
    page.words(`error ${String(code)}: ${told}`, page.mark("!")),
    ...(theirs.length === 0 ? [] : [page.words(`the upstream said: ${theirs.join(", ")}`, "  ")]),
    ...(typeof cause === "string" ? [page.cut(`cause: ${cause.split("\n", 1)[0]}`, "  ")] : []),
  ];
}
