/** The relay as a user unit of systemd. Pure. */
import { posix } from "node:path";
import { endSeconds, type ServiceOptions, type ServicePlan, signature } from "./plan.ts";

const unit = "airelays.service";

/** `configDirectory` is where programs of this person keep their settings: `~/.config`. */
export function systemdPlan(
  options: ServiceOptions & { readonly configDirectory: string },
): ServicePlan {
  const systemctl = (...words: string[]) => ({ argv: ["systemctl", "--user", ...words] });
  return {
    manager: "systemd",
    file: {
      path: posix.join(options.configDirectory, "systemd", "user", unit),
      text: formatUnit(options),
      encoding: "utf8",
    },
    install: [
      systemctl("daemon-reload"),
      systemctl("enable", unit),
      // Also when it ran before, with the unit of before.
      systemctl("restart", unit),
    ],
    uninstall: [{ ...systemctl("disable", "--now", unit), mayFail: true }],
    afterwards: [{ ...systemctl("daemon-reload"), mayFail: true }],
    query: ["systemctl", "--user", "is-enabled", unit],
    restart: [systemctl("restart", unit)],
    remarks: [
      "It runs while you are logged in. Always, from the start of the machine: loginctl enable-linger",
      `Its output: journalctl --user -u ${unit}`,
    ],
  };
}

export function formatUnit({ argv, ...options }: ServiceOptions): string {
  const [command = "", ...words] = argv;
  // Only words after the first are searched for variables (systemd.service(5)).
  const line = [quoted(command), ...words.map((word) => quoted(word).replaceAll("$", "$$$$"))];
  return `# ${signature}
[Unit]
Description=AIRelays: your ChatGPT subscription as a local API
# A relay that cannot start at all is not tried for ever.
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
ExecStart=${line.join(" ")}
Restart=on-failure
RestartSec=5
# Answers that run may come to their end.
TimeoutStopSec=${endSeconds(options)}
UMask=0077

[Install]
WantedBy=default.target
`;
}

/** Between double quotes; `%` begins a specifier everywhere (systemd.syntax(7)). */
function quoted(word: string): string {
  return `"${word.replaceAll(/[\\"]/g, "\\$&").replaceAll("%", "%%")}"`;
}
