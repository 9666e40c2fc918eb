/** What one check of `airelays doctor` is given, in a home folder of the test's own. */
import type { Keyring } from "../../src/auth/keyring-store.ts";
import type { Patient } from "../../src/cli/doctor/check.ts";
import { serversOf } from "../../src/cli/doctor/servers.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createSignIn } from "../../src/sign-in.ts";
import { makeHome } from "./test-io.ts";
import { testRuntime } from "./test-relay.ts";

export interface PatientOptions {
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly keyring?: Keyring;
}

export async function makePatient(options: PatientOptions = {}): Promise<Patient> {
  const home = options.home ?? (await makeHome());
  const env = { AIRELAYS_AUTH_STORAGE: "file", ...options.env };
  const runtime = { ...testRuntime(home), env };
  const loaded = await loadConfig(runtime);
  const signIn = createSignIn(loaded.config, runtime, () => undefined);
  return {
    loaded,
    runtime,
    signIn: options.keyring === undefined ? signIn : { ...signIn, keyring: options.keyring },
    servers: serversOf(loaded.config),
    isLive: false,
    stepMs: 5_000,
    learned: { aheadMs: new Map(), models: [] },
  };
}
