/** The relay as a user agent of launchd. Pure. */
import { posix } from "node:path";
import { endSeconds, type ServiceOptions, type ServicePlan, signature } from "./plan.ts";
import { asXml } from "./xml.ts";

const label = "airelays";

export function launchdPlan(options: ServiceOptions & { readonly userId: number }): ServicePlan {
  const domain = `gui/${options.userId}`;
  const target = `${domain}/${label}`;
  const path = posix.join(options.homeDirectory, "Library", "LaunchAgents", `${label}.plist`);
  const bootout = { argv: ["launchctl", "bootout", target], mayFail: true };
  return {
    manager: "launchd",
    file: { path, text: formatPropertyList(options), encoding: "utf8" },
    install: [
      // The one of before, if there is one; it has to be gone before another takes its name.
      bootout,
      { argv: ["launchctl", "enable", target] },
      { argv: ["launchctl", "bootstrap", domain, path] },
    ],
    uninstall: [bootout],
    afterwards: [],
    query: ["launchctl", "print", target],
    restart: [{ argv: ["launchctl", "kickstart", "-k", target] }],
    remarks: ["It runs while you are logged in.", `Its output: ${options.logFile}`],
  };
}

export function formatPropertyList(options: ServiceOptions): string {
  const words = options.argv.map((word) => `    <string>${asXml(word)}</string>\n`).join("");
  const log = asXml(options.logFile);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${signature} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${label}</string>
  <key>ProgramArguments</key>
  <array>
${words}  </array>
  <key>RunAtLoad</key>
  <true/>
  <!-- Again after a failure, not after an end that was asked for. -->
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <!-- Answers that run may come to their end. -->
  <key>ExitTimeOut</key>
  <integer>${endSeconds(options)}</integer>
  <!-- 077: what it writes is this person's only. -->
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  <string>${log}</string>
  <key>StandardErrorPath</key>
  <string>${log}</string>
</dict>
</plist>
`;
}
