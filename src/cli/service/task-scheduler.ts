/**
 * The relay as a task of the Windows task scheduler, which starts it when the person logs in. The
 * task starts it in the background and is done: a task that went on would keep a console window open.
 */
import { type ServiceOptions, type ServicePlan, signature } from "./plan.ts";
import { asXml } from "./xml.ts";

const taskName = "AIRelays";

/** `account` is the person: `DESKTOP\me`; `file` is where the definition is kept. */
export function taskSchedulerPlan(
  options: ServiceOptions & { readonly account: string; readonly file: string },
): ServicePlan {
  const { file: path } = options;
  const run = { argv: ["schtasks", "/Run", "/TN", taskName] };
  return {
    manager: "task scheduler",
    file: { path, text: formatTask(options), encoding: "utf16le" },
    install: [{ argv: ["schtasks", "/Create", "/TN", taskName, "/XML", path, "/F"] }, run],
    uninstall: [{ argv: ["schtasks", "/Delete", "/TN", taskName, "/F"], mayFail: true }],
    afterwards: [],
    query: ["schtasks", "/Query", "/TN", taskName],
    restart: [run],
    remarks: [
      "It starts when you log in; a window is seen for a moment then. Windows does not start it again when it fails.",
      `Its output: ${options.logFile}`,
    ],
  };
}

export function formatTask({
  argv,
  account,
}: Pick<ServiceOptions, "argv"> & { readonly account: string }): string {
  const [command = "", ...words] = argv;
  const user = asXml(account);
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>AIRelays: your ChatGPT subscription as a local API. ${signature}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${user}</UserId>
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
      <Command>${asXml(command)}</Command>
      <Arguments>${asXml(words.map(quoted).join(" "))}</Arguments>
    </Exec>
  </Actions>
</Task>
`.replaceAll("\n", "\r\n");
}

/** As programs of Windows take their command line apart: backslashes count only before a quote. */
function quoted(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, "$&$&")}"`;
}
