/** `airelays models`: the models of the plan, asked of the upstream; no relay has to run. */
import { toModelRecord } from "../../server/routes/models.ts";
import { createSignIn } from "../../sign-in.ts";
import { connectUpstream } from "../../upstream-connection.ts";
import type { Model } from "../../upstreams/upstream.ts";
import { has, loadFor, note, type Run } from "../context.ts";
import { formatJson, printable } from "../render.ts";
import { formatTable } from "../table.ts";

export const models: Run = async (context) => {
  const { args, io, runtime } = context;
  const { config } = await loadFor(context);
  const { session } = createSignIn(config, runtime, (text) => note(io, text));
  const connection = connectUpstream(config, runtime, session);
  try {
    const known = await connection.upstream.models(AbortSignal.timeout(30_000));
    const names = namesOf(known, config.models.aliases);
    if (has(args, "json")) {
      io.stdout(formatJson({ object: "list", data: known.map(toModelRecord), aliases: names.all }));
      return;
    }
    const rows = known.map((model) => [
      model.id,
      model.contextWindow === undefined ? "" : `${Math.round(model.contextWindow / 1000)}k`,
      model.efforts.map((each) => (each === model.defaultEffort ? `${each}*` : each)).join(" "),
      model.takesImages ? "text, images" : "text",
      names.of(model.id).join(", "),
    ]);
    const headings = ["Model", "Context", "Efforts", "Takes", "Aliases"];
    const { stdoutColors: colors, stdoutTerminal: terminal } = io;
    io.stdout(formatTable(headings, rows, colors, terminal?.columns));
    io.stdout(colors.dim("* is the default effort\n"));
    const elsewhere = names.elsewhere.map((name) => `${name} for ${names.all[name]}`);
    if (elsewhere.length > 0) io.stdout(printable(`Other aliases: ${elsewhere.join(", ")}\n`));
  } finally {
    await connection.close();
  }
};

/** The person's own names by the model that they stand for, with or without an effort behind it. */
function namesOf(known: readonly Model[], all: Readonly<Record<string, string>>) {
  const targetOf = (name: string): string | undefined =>
    known
      .map(({ id }) => id)
      .filter((id) => all[name] === id || all[name]?.startsWith(`${id}-`))
      .sort((one, other) => other.length - one.length)[0];
  const names = Object.keys(all);
  return {
    all,
    of: (id: string) => names.filter((name) => targetOf(name) === id),
    /** For what the list does not have: a model that is hidden, or a slip. */
    elsewhere: names.filter((name) => targetOf(name) === undefined),
  };
}
