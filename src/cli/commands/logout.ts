/** `airelays logout`: ends the login at the server as far as it answers, and deletes it here. */
import { reasonOf } from "../../errors.ts";
import { createSignIn } from "../../sign-in.ts";
import { has, loadFor, note, type Run } from "../context.ts";
import { formatJson, formatSteps } from "../render.ts";

export const logout: Run = async (context) => {
  const { args, io, runtime, repeat } = context;
  const { config } = await loadFor(context);
  const signIn = createSignIn(config, runtime, (text) => note(io, text));
  const revoke = async (refreshToken: string): Promise<boolean> => {
    try {
      const { oauth } = await signIn.server();
      await oauth.revoke(refreshToken);
      return true;
    } catch (error) {
      note(io, `The login server did not confirm the sign-out: ${reasonOf(error)}`);
      return false;
    }
  };
  const { removed: deleted, last } = await signIn.session.remove();
  if (deleted && last === undefined) {
    note(
      io,
      "The login could not be read, so the login server was not asked to end it. To end it there too, log out of all devices in the settings of ChatGPT.",
    );
  }
  const revoked = last?.refreshToken === undefined ? null : await revoke(last.refreshToken);
  if (has(args, "json")) {
    io.stdout(formatJson({ deleted, revoked }));
    return;
  }
  const lines = [
    deleted
      ? "Signed out. The login was deleted from this machine."
      : "There was no login to delete.",
    ...(revoked === true ? ["The login server has ended it."] : []),
  ];
  io.stdout(`${lines.join("\n")}\n${formatSteps([repeat("airelays login")], io.stdoutColors)}`);
};
