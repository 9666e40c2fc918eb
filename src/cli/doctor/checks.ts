/** Every check of `airelays doctor` in its order: from this machine outwards, and back to its port. */
import { clock, cloudflare } from "./answering.ts";
import type { Check } from "./check.ts";
import { dataFolder } from "./data-folder.ts";
import { answer, models } from "./models.ts";
import { connection, dns, proxy, tls } from "./network.ts";
import { port } from "./port.ts";
import { relayToken } from "./relay-token.ts";
import { keyring, signedIn } from "./sign-in.ts";
import { transport } from "./transport.ts";

export const checks: readonly Check[] = [
  dataFolder,
  relayToken,
  keyring,
  signedIn,
  proxy,
  dns,
  connection,
  tls,
  cloudflare,
  clock,
  models,
  transport,
  answer,
  port,
];
