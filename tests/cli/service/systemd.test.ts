import { expect, it } from "vitest";
import { formatUnit, systemdPlan } from "../../../src/cli/service/systemd.ts";

const options = {
  argv: ["/opt/my node/bin/node", '/home/jö/100% $HOME/"x"/main.js', "serve", "--config=a\\b"],
  homeDirectory: "/home/jö",
  dataDir: "/home/jö/.airelays",
  logFile: "/home/jö/.airelays/background.log",
  drainSeconds: 10.5,
  configDirectory: "/home/jö/.config",
};

it("is a user unit whose words arrive as they are, whatever is in them", () => {
  expect(formatUnit(options)).toMatchInlineSnapshot(`
    "# Written by airelays service install; airelays service uninstall removes it.
    [Unit]
    Description=AIRelays: your ChatGPT subscription as a local API
    # A relay that cannot start at all is not tried for ever.
    StartLimitIntervalSec=300
    StartLimitBurst=5

    [Service]
    ExecStart="/opt/my node/bin/node" "/home/jö/100%% $$HOME/\\"x\\"/main.js" "serve" "--config=a\\\\b"
    Restart=on-failure
    RestartSec=5
    # Answers that run may come to their end.
    TimeoutStopSec=21
    UMask=0077

    [Install]
    WantedBy=default.target
    "
  `);
});

it("does not take the name of the program for one with variables", () => {
  const text = formatUnit({ ...options, argv: ["/opt/$x/node", "$x"] });
  expect(text).toContain('\nExecStart="/opt/$x/node" "$$x"\n');
});

it("is enabled and started, and taken away by its own name", () => {
  const { file, install, uninstall, afterwards, restart } = systemdPlan(options);
  const words = (commands: typeof install) => commands.map(({ argv }) => argv.join(" "));
  expect({
    path: file.path,
    install: words(install),
    uninstall: words([...uninstall, ...afterwards]),
    restart: words(restart),
  }).toEqual({
    path: "/home/jö/.config/systemd/user/airelays.service",
    install: [
      "systemctl --user daemon-reload",
      "systemctl --user enable airelays.service",
      "systemctl --user restart airelays.service",
    ],
    uninstall: [
      "systemctl --user disable --now airelays.service",
      "systemctl --user daemon-reload",
    ],
    restart: ["systemctl --user restart airelays.service"],
  });
});
