/**
 * The second port, where clients expect Ollama. An Ollama that runs there must not be hidden: on
 * some systems a port of 127.0.0.1 can be had while somebody listens on it for all addresses.
 */
import { connect } from "node:net";
import { isRelayError, RelayError } from "../errors.ts";
import type { Door } from "./door.ts";
import { type Listening, listen } from "./listen.ts";

export interface OllamaDoor extends Door {
  readonly address: { readonly host: string; readonly port: number };
}

export async function listenAsOllama({ handler, life, address }: OllamaDoor): Promise<Listening> {
  if (await isAnswered(address)) throw taken(address);
  try {
    return await listen(handler, address, life);
  } catch (error) {
    if (!isRelayError(error)) throw error;
    const { cause } = error.details;
    const { code } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {};
    if (code === "EADDRINUSE") throw taken(address, cause);
    throw new RelayError(error.code, error.message, { hint: another, cause });
  }
}

const another = "Choose another address: airelays serve --ollama 127.0.0.1:11435";

function taken({ host, port }: OllamaDoor["address"], cause?: unknown): RelayError {
  return new RelayError(
    "port_in_use",
    `Port ${port} on ${host} is in use, most likely by Ollama itself; the relay does not take its place.`,
    { hint: `Stop it first. ${another}`, cause },
  );
}

/** How long somebody may take to accept; on this machine it is a moment. */
const knockMs = 1_000;

function isAnswered({ host, port }: OllamaDoor["address"]): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: knockMs });
    const tell = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", tell(true));
    socket.once("timeout", tell(false));
    socket.once("error", tell(false));
  });
}
