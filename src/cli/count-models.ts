/** The cheapest real call with the login: what `login` and `status --check` prove it with. */
import type { LoadedConfig } from "../config/load.ts";
import type { Runtime } from "../runtime.ts";
import type { SignIn } from "../sign-in.ts";

const limitMs = 30_000;

/** How many models the plan has. Rejects with the RelayError of the call. */
export async function countModels(
  { config }: LoadedConfig,
  runtime: Runtime,
  { session }: SignIn,
): Promise<number> {
  // A command that was not asked to call does not load what calls.
  const { connectUpstream } = await import("../upstream-connection.ts");
  const connection = connectUpstream(config, runtime, session);
  try {
    return (await connection.upstream.models(AbortSignal.timeout(limitMs))).length;
  } finally {
    await connection.close();
  }
}
