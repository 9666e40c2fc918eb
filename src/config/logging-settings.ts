/** The settings of the transit log: what it keeps of a request, and how much of it is kept. */
import { boolean, integer, number, oneOf } from "./setting.ts";

export const logging = {
  content: oneOf(
    "LOG_CONTENT",
    "full",
    ["full", "metadata"],
    "`full` keeps what was asked and answered in the transit log; `metadata` keeps sizes, times and outcomes.",
  ),
  streamLines: boolean(
    "LOG_STREAM_LINES",
    false,
    "Also log every line of an upstream stream. It makes each event several times as expensive.",
  ),
  maxTotalBytes: integer(
    "LOG_MAX_TOTAL_BYTES",
    1_073_741_824,
    "The room for all files of the transit log together; the oldest go first. `0` sets no bound.",
    { unit: "bytes", min: 0, max: Number.MAX_SAFE_INTEGER },
  ),
  retentionDays: number(
    "LOG_RETENTION_DAYS",
    30,
    "How long a file of the transit log is kept; `0` keeps it for ever, as far as there is room.",
    { unit: "days", min: 0, max: 36_500 },
  ),
};
