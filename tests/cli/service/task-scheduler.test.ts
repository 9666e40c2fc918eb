import { expect, it } from "vitest";
import { formatTask, taskSchedulerPlan } from "../../../src/cli/service/task-scheduler.ts";

const options = {
  argv: ["C:\\Program Files\\node.exe", "C:\\Users\\Jö & Co\\main.js", "serve", "--detach"],
  account: "DESKTOP\\Jö",
};

it("is a task whose words arrive as they are, whatever is in them", () => {
  expect(formatTask(options).replaceAll("\r\n", "\n")).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-16"?>
    <Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
      <RegistrationInfo>
        <Description>AIRelays: your ChatGPT subscription as a local API. Written by airelays service install; airelays service uninstall removes it.</Description>
      </RegistrationInfo>
      <Triggers>
        <LogonTrigger>
          <Enabled>true</Enabled>
          <UserId>DESKTOP\\Jö</UserId>
        </LogonTrigger>
      </Triggers>
      <Principals>
        <Principal id="Author">
          <UserId>DESKTOP\\Jö</UserId>
          <LogonType>InteractiveToken</LogonType>
          <RunLevel>LeastPrivilege</RunLevel>
        </Principal>
      </Principals>
      <Settings>
        <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
        <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
        <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
        <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
      </Settings>
      <Actions Context="Author">
        <Exec>
          <Command>C:\\Program Files\\node.exe</Command>
          <Arguments>&quot;C:\\Users\\Jö &amp; Co\\main.js&quot; serve --detach</Arguments>
        </Exec>
      </Actions>
    </Task>
    "
  `);
  expect(formatTask(options).split("\r\n").join("")).not.toContain("\n");
});

it.each([
  ["--port=1", "--port=1"],
  ["", '""'],
  ["a b", '"a b"'],
  ["C:\\a b\\", '"C:\\a b\\\\"'],
  ['say "x"', '"say \\"x\\""'],
  ['a\\"b', '"a\\\\\\"b"'],
])("quotes %s as programs of Windows read it", (word, quoted) => {
  const [, text = ""] =
    /<Arguments>(.*)<\/Arguments>/.exec(formatTask({ ...options, argv: ["node", word] })) ?? [];
  expect(text.replaceAll("&quot;", '"')).toBe(quoted);
});

it("is made and started, and deleted by its own name", () => {
  const plan = taskSchedulerPlan({
    ...options,
    homeDirectory: "C:\\Users\\x",
    dataDir: "C:\\d",
    logFile: "C:\\d\\background.log",
    drainSeconds: 10,
    file: "C:\\d\\service.xml",
  });
  const words = (commands: typeof plan.install) => commands.map(({ argv }) => argv.join(" "));
  expect({
    encoding: plan.file.encoding,
    install: words(plan.install),
    uninstall: words(plan.uninstall),
    query: plan.query.join(" "),
    restart: words(plan.restart),
  }).toEqual({
    encoding: "utf16le",
    install: [
      "schtasks /Create /TN AIRelays /XML C:\\d\\service.xml /F",
      "schtasks /Run /TN AIRelays",
    ],
    uninstall: ["schtasks /Delete /TN AIRelays /F"],
    query: "schtasks /Query /TN AIRelays",
    restart: ["schtasks /Run /TN AIRelays"],
  });
});
