/**
 * Connections between two turns: each waits for the next turn of its conversation and login, for a
 * while, and tells meanwhile whether it still lives. Few of them, the oldest is let go first.
 */
import type { Clock } from "../../../scope.ts";
import type { UpstreamCredentials } from "../../upstream.ts";
import type { Chain } from "./chain.ts";
import type { Connection } from "./connection.ts";

export interface Conversation {
  readonly connection: Connection;
  readonly chain: Chain;
  /** Whose it is: another login never gets it. */
  readonly login: UpstreamCredentials;
}

export interface KeepLimits {
  readonly maxKept: number;
  readonly idleMs: number;
  readonly pingMs: number;
  /** Unheard for longer, it may be dead: a machine that slept does not notice by itself. */
  readonly staleMs: number;
  /** The service ends a connection after an hour; an answer that began late should not meet that. */
  readonly lifetimeMs: number;
}

export const usualLimits: KeepLimits = {
  maxKept: 8,
  idleMs: 5 * 60_000,
  pingMs: 20_000,
  staleMs: 45_000,
  lifetimeMs: 55 * 60_000,
};

export interface KeptConnections {
  /** The one of the session, which is then the caller's. */
  take(sessionId: string, login: UpstreamCredentials): Conversation | undefined;
  keep(sessionId: string, conversation: Conversation): void;
  close(): void;
}

interface Kept {
  readonly sessionId: string;
  readonly conversation: Conversation;
  readonly stop: () => void;
}

export function createKept(clock: Clock, limits: KeepLimits = usualLimits): KeptConnections {
  /** The oldest first. */
  const kept = new Set<Kept>();
  let isOver = false;

  const release = (each: Kept): void => {
    each.stop();
    kept.delete(each);
  };
  const end = (each: Kept): void => {
    release(each);
    each.conversation.connection.close();
  };
  const isGood = ({ connection }: Conversation): boolean =>
    connection.isFree &&
    clock.now() - connection.heardAt < limits.staleMs &&
    clock.now() - connection.openedAt < limits.lifetimeMs;

  return {
    take(sessionId, login) {
      for (const each of [...kept].reverse()) {
        const { conversation } = each;
        if (!isSame(conversation.login, login) || !isGood(conversation)) end(each);
        else if (each.sessionId === sessionId) {
          release(each);
          return conversation;
        }
      }
      return undefined;
    },
    keep(sessionId, conversation) {
      const { connection } = conversation;
      if (isOver || !isGood(conversation)) {
        connection.close();
        return;
      }
      const pulse = setInterval(() => {
        if (isGood(conversation)) connection.ping();
        else end(each);
      }, limits.pingMs).unref();
      const idle = setTimeout(() => end(each), limits.idleMs).unref();
      const stop = (): void => {
        clearInterval(pulse);
        clearTimeout(idle);
      };
      const each: Kept = { sessionId, conversation, stop };
      kept.add(each);
      for (const oldest of kept) {
        if (kept.size <= limits.maxKept) break;
        end(oldest);
      }
    },
    close() {
      isOver = true;
      for (const each of [...kept]) end(each);
    },
  };
}

/** Signed in again, even to the same account, is another login. */
function isSame(a: UpstreamCredentials, b: UpstreamCredentials): boolean {
  return a.accountId === b.accountId && a.accessToken === b.accessToken;
}
