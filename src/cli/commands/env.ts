/** `airelays env`: the variables by which clients find the relay, as lines for a shell. The token is data here. */
import { clientTarget, notRunning } from "../client-target.ts";
import { clientVariables, conflictingVariables } from "../client-variables.ts";
import { has, loadFor, note, type Run } from "../context.ts";
import { formatJson } from "../render.ts";
import { detectShell, formatExports, toShell } from "../shell.ts";

export const env: Run = async (context) => {
  const { args, io, runtime } = context;
  const named = args["shell"];
  const shell =
    typeof named === "string" ? toShell(named) : detectShell(runtime.env, runtime.platform);
  const target = await clientTarget(await loadFor(context), runtime);
  const variables = clientVariables(target, runtime.env);
  const removed = conflictingVariables(runtime.env);
  if (has(args, "json")) {
    io.stdout(
      formatJson({
        relay: { url: target.url, answers: target.isAnswering },
        env: variables,
        unset: removed,
      }),
    );
  } else {
    io.stdout(formatExports(shell, variables, removed));
  }
  if (target.isAnswering) return;
  const { message, details } = notRunning(target.url);
  note(io, `${message} ${details.hint ?? ""}`);
};
