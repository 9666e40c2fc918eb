/**
 * What a sign-in shows while it goes on: text for a person, or one JSON event a line for a script.
 * Knows no login server; shows no token.
 */

import type { DevicePrompt } from "../auth/device-login.ts";
import { withoutControls } from "../transit/redact.ts";
import { note, talk } from "./context.ts";
import type { CliIO, Progress } from "./io.ts";
import { formatSeconds, maskEmail } from "./render.ts";

export interface LoginScreen {
  browserUrl(url: string, canPaste: boolean): void;
  browserNotOpened(reason: string): void;
  deviceCode(prompt: DevicePrompt): void;
  waiting(secondsLeft: number): void;
  /** The text that was pasted is not the address of this sign-in. */
  notExpected(): void;
  /** The browser cannot come back to this machine: why. The device code follows. */
  fellBack(reason: string): void;
  /** Another account was signed in here. */
  replaces(before: string | null, after: string | null): void;
  /** Nothing more is waited for. */
  stop(): void;
}

export function createLoginScreen(io: CliIO): LoginScreen {
  const { bold } = io.stderrColors;
  let progress: Promise<Progress> | undefined;
  let isStopped = false;
  return {
    browserUrl(url, canPaste) {
      talk(io, `Open this page in the browser of this machine:\n\n  ${bold(url)}\n\n`);
      // No spinner here: it would draw over what the person pastes.
      talk(
        io,
        canPaste
          ? "Waiting for the browser; Ctrl-C cancels. Is the browser on another machine?\nThen paste the address here that it ends on, the page that it cannot reach.\n\n"
          : "Waiting for the browser; Ctrl-C cancels.\n",
      );
    },
    browserNotOpened: (reason) =>
      note(io, `The browser could not be opened: ${reason}. Open the page yourself.`),
    deviceCode({ verificationUrl, userCode }) {
      talk(
        io,
        `Open this page on any device and enter the code:\n\n  ${bold(verificationUrl)}\n  ${bold(userCode)}\n\nNever enter a code that somebody else sent you.\n\n`,
      );
    },
    waiting(secondsLeft) {
      const text = `Waiting for the sign-in, ${formatSeconds(secondsLeft)} left. Ctrl-C cancels.`;
      if (progress === undefined) progress = io.progress(text);
      else {
        void progress.then((line) => {
          if (!isStopped) line.update(text);
        });
      }
    },
    notExpected: () =>
      note(io, "That is not the address of this sign-in. Copy the whole address, and paste again."),
    fellBack: (reason) => note(io, `${reason} Going on with a code.\n`),
    replaces: (before, after) =>
      note(
        io,
        `The sign-in of ${maskEmail(before) ?? "another account"} is replaced by ${maskEmail(after) ?? "this one"}.`,
      ),
    stop() {
      isStopped = true;
      void progress?.then((line) => line.stop());
    },
  };
}

/** The events of `login --json`; each is written as it happens. */
export function createLoginEvents(io: CliIO): LoginScreen {
  const emit = (event: string, fields: object = {}): void => printEvent(io, event, fields);
  return {
    browserUrl: (url) => emit("browser_url", { url }),
    browserNotOpened: (reason) => emit("browser_not_opened", { reason }),
    deviceCode: ({ verificationUrl, userCode, expiresAt }) =>
      emit("device_code", {
        verification_url: verificationUrl,
        user_code: userCode,
        expires_at: new Date(expiresAt).toISOString(),
      }),
    waiting: (secondsLeft) => emit("waiting", { seconds_left: secondsLeft }),
    notExpected: () => emit("not_expected"),
    fellBack: (reason) => emit("device_code_instead", { reason }),
    replaces: (before, after) => emit("replaces", { email_before: before, email_after: after }),
    stop: () => undefined,
  };
}

/** One line of `login --json`. */
export function printEvent(io: CliIO, event: string, fields: object): void {
  io.stdout(`${withoutControls(JSON.stringify({ event, ...fields }))}\n`);
}
