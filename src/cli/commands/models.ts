/** `airelays models`: the models of the plan, asked of the upstream; no relay has to run. */
import { toModelRecord } from "../../server/routes/models.ts";
import { createSignIn } from "../../sign-in.ts";
import { connectUpstream } from "../../upstream-connection.ts";
import { has, loadFor, note, type Run } from "../context.ts";
import { formatJson, printable } from "../render.ts";

export const models: Run = async (context) => {
  const { args, io, runtime } = context;
  const { config } = await loadFor(context);
  const { session } = createSignIn(config, runtime, (text) => note(io, text));
  const connection = connectUpstream(config, runtime, session);
  try {
    const known = await connection.upstream.models(AbortSignal.timeout(30_000));
    if (has(args, "json")) {
      io.stdout(formatJson({ object: "list", data: known.map(toModelRecord) }));
      return;
    }
    const width = Math.max(...known.map((model) => model.id.length), 5);
    const { bold, dim } = io.stdoutColors;
    io.stdout(bold(`${"Model".padEnd(width)}  ${"Context".padStart(8)}  Reasoning efforts\n`));
    for (const { id, contextWindow, efforts, defaultEffort } of known) {
      const context = contextWindow === undefined ? "" : `${Math.round(contextWindow / 1000)}k`;
      const levels = efforts.map((effort) => (effort === defaultEffort ? `${effort}*` : effort));
      io.stdout(printable(`${id.padEnd(width)}  ${context.padStart(8)}  ${levels.join(" ")}`));
      io.stdout("\n");
    }
    io.stdout(dim("* is the default\n"));
  } finally {
    await connection.close();
  }
};
