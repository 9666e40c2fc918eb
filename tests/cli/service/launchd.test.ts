import { expect, it } from "vitest";
import { formatPropertyList, launchdPlan } from "../../../src/cli/service/launchd.ts";

const options = {
  argv: ["/opt/my node/bin/node", "/Users/jö/<A & B>/main.js", "serve"],
  homeDirectory: "/Users/jö",
  dataDir: "/Users/jö/.airelays",
  logFile: "/Users/jö/.airelays/background.log",
  drainSeconds: 10,
  userId: 501,
};

it("is a property list whose words arrive as they are, whatever is in them", () => {
  expect(formatPropertyList(options)).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <!-- Written by airelays service install; airelays service uninstall removes it. -->
    <plist version="1.0">
    <dict>
      <key>Label</key>
      <string>airelays</string>
      <key>ProgramArguments</key>
      <array>
        <string>/opt/my node/bin/node</string>
        <string>/Users/jö/&lt;A &amp; B&gt;/main.js</string>
        <string>serve</string>
      </array>
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
      <integer>20</integer>
      <!-- 077: what it writes is this person's only. -->
      <key>Umask</key>
      <integer>63</integer>
      <key>StandardOutPath</key>
      <string>/Users/jö/.airelays/background.log</string>
      <key>StandardErrorPath</key>
      <string>/Users/jö/.airelays/background.log</string>
    </dict>
    </plist>
    "
  `);
});

it("is loaded for the person who is logged in, and taken away by its own name", () => {
  const { file, install, uninstall, query, restart } = launchdPlan(options);
  const words = (commands: typeof install) => commands.map(({ argv }) => argv.join(" "));
  const path = "/Users/jö/Library/LaunchAgents/airelays.plist";
  expect({
    path: file.path,
    install: words(install),
    uninstall: words(uninstall),
    query: query.join(" "),
    restart: words(restart),
  }).toEqual({
    path,
    install: [
      "launchctl bootout gui/501/airelays",
      "launchctl enable gui/501/airelays",
      `launchctl bootstrap gui/501 ${path}`,
    ],
    uninstall: ["launchctl bootout gui/501/airelays"],
    query: "launchctl print gui/501/airelays",
    restart: ["launchctl kickstart -k gui/501/airelays"],
  });
});
