/** `airelays logout`: ends the login at the server as far as it answers, and deletes it here. */
import { reasonOf } from "../../errors.ts";
import { createSignIn } from "../../sign-in.ts";
import { has, loadFor, note, type Run } from "../context.ts";
import { formatJson, formatSteps } from "../render.ts";

export const logout: Run = async (context) => {
  const { args, io, runtime } = context;
  const { config } = await loadFor(context);
  const signIn = createSignIn(config, runtime, (text) => note(io, text));
  const { removed: deleted, last } = await signIn.session.remove();
  if (last?.refreshToken !== undefined) {
    const { oauth } = await signIn.server();
    await oauth.revoke(last.refreshToken).catch((error: unknown) => {
      note(io, `The login server did not confirm the sign-out: ${reasonOf(error)}`);
    });
  }
  if (has(args, "json")) {
    io.stdout(formatJson({ deleted }));
    return;
  }
  io.stdout(
    `${deleted ? "Signed out. The login was deleted from this machine." : "There was no login to delete."}\n` +
      formatSteps(["airelays login"], io.stdoutColors),
  );
};
